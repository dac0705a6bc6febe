// Keeps an open page up to date: hears what changed, reads the page again, and swaps only what differs.

const TRIES_MS = 30000;
let stream = null;
let wanted = false;
let busy = false;

// ---- swapping

function held(area) {
  const focus = area.contains(document.activeElement) ? document.activeElement.id : "";
  const isAtEnd = area.scrollHeight - area.scrollTop - area.clientHeight < 60;
  return { focus, top: area.scrollTop, isAtEnd };
}

function swap(area, fresh) {
  const bare = (text) => text.replace(/ name="key" value="[^"]*"/g, "");
  if (bare(area.innerHTML) === bare(fresh.innerHTML)) return;
  const before = held(area);
  area.replaceChildren(...fresh.childNodes);
  if (before.focus) document.getElementById(before.focus)?.focus({ preventScroll: true });
  area.scrollTop = "end" in area.dataset && before.isAtEnd ? area.scrollHeight : before.top;
}

async function look() {
  if (busy) { wanted = true; return; }
  busy = true;
  wanted = false;
  try {
    const address = new URL(location.href);
    address.searchParams.delete("form");
    const answer = await fetch(address, { headers: { "X-Live": "1" } });
    if (answer.redirected) { location.assign("/sign-in"); return; }
    if (answer.status === 404) { location.reload(); return; }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const area of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(area.id);
      if (fresh) swap(area, fresh);
    }
  } catch { /* the stream says when the hub is back */ } finally {
    busy = false;
    if (wanted) look();
  }
}

// ---- where one is: on a phone the ways are wider than the screen

function showWay() {
  const now = document.querySelector("nav.ways [aria-current]");
  if (!now) return;
  const [ways, own] = [now.parentElement.getBoundingClientRect(), now.getBoundingClientRect()];
  now.parentElement.scrollLeft += own.left - ways.left - (ways.width - own.width) / 2;
}

// ---- hearing

const concerns = (news) =>
  news.all || document.querySelector("[data-all]") || news.tickets.includes(document.querySelector("[data-ticket]")?.dataset.ticket);

function connect() {
  if (stream) return;
  stream = new EventSource("/events");
  stream.addEventListener("hello", () => { offline(false); document.body.dataset.connected = "yes"; look(); });
  stream.addEventListener("changed", (event) => { if (concerns(JSON.parse(event.data))) look(); });
  stream.addEventListener("over", () => { disconnect(); look(); });
  stream.addEventListener("error", () => {
    offline(true);
    if (stream?.readyState === EventSource.CLOSED) { disconnect(); setTimeout(connect, 3000); look(); }
  });
}

function disconnect() {
  stream?.close();
  stream = null;
}

function offline(isLost) {
  const said = document.getElementById("offline");
  if (said) said.hidden = !isLost;
}

// A tab nobody looks at holds no connection: a browser has six of them for all its tabs.
document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
addEventListener("pagehide", disconnect);
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
setInterval(() => { if (!document.hidden) look(); }, TRIES_MS);
showWay();
connect();

// ---- keys

document.addEventListener("keydown", (event) => {
  const isWriting = event.target.matches("input, textarea, select");
  if (event.key === "/" && !isWriting && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    document.getElementById("command")?.focus();
  }
  if (event.key === "Escape") document.querySelector(".me[open]")?.removeAttribute("open");
});
document.addEventListener("click", (event) => {
  const menu = document.querySelector(".me[open]");
  if (menu && !menu.contains(event.target)) menu.removeAttribute("open");
});
// A form is sent once, however often its button is pressed; the server would see to it too.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "yes";
});
document.getElementById("said")?.focus({ preventScroll: true });
