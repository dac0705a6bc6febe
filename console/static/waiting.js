// While somebody signs in at the provider, or opens his invitation: looks whether it is done, and shows what came of it.

const PAUSE_MS = 1500;

// Still waited for, as far as this page can know; a hub that does not answer now will later.
async function isWaiting() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    return !answer.ok || (await answer.text()).includes("data-waiting");
  } catch {
    return true;
  }
}

async function look() {
  if (await isWaiting()) setTimeout(look, PAUSE_MS);
  else location.replace(location.href);
}

setTimeout(look, PAUSE_MS);
