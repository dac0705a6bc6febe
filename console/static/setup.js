// The page that waits while the hub starts anew: asks whether it is there again, and goes on.

const PAUSE_MS = 300;

async function isThere() {
  try {
    return (await fetch("/healthz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

async function goOn() {
  // the hub of before may still answer: then this same page comes again, and the next one is asked for
  if (await isThere()) location.replace(location.href);
  else setTimeout(goOn, PAUSE_MS);
}

setTimeout(goOn, PAUSE_MS);
