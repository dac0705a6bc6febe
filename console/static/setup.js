// The page that waits while the hub starts anew: asks whether it is there again, and goes on.

const PAUSE_MS = 300;

// The way that leads on; nothing while the hub of before still answers, or none does. Only what has been asked in vain
// can be asked again: a page that is gone to at the wrong moment would be the browser's own, and an end.
async function ahead() {
  try {
    if (!(await fetch("/healthz", { cache: "no-store" })).ok) return "";
    const answer = await fetch(location.href, { cache: "no-store" });
    return answer.redirected ? answer.url : "";
  } catch {
    return "";
  }
}

async function goOn() {
  const way = await ahead();
  if (way) location.replace(way);
  else setTimeout(goOn, PAUSE_MS);
}

setTimeout(goOn, PAUSE_MS);
