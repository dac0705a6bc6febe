// Keeps the sandbox page in step with the demo: reads the picture, follows the changes, moves the clock, shows the guide.
// Every text from outside goes in through textContent.

import { complain, dropBubble, isSeen, putBubble, toast } from "./bubble.js";
import { setClock, stamp, tick } from "./clock.js";
import { activate, dropDevice, putDevice, views } from "./device.js";
import { showLedger, showSwitches } from "./drawers.js";
import { $, named, post, shape } from "./page.js";

let waiting = []; // changes that came while the picture was on its way; null when nothing is being read
let steps = [];
let pointed = null; // the ringed place that was last brought into view

// ---- the wire

function follow() {
  const stream = new EventSource("/sandbox/events");
  stream.onmessage = (message) => hear(JSON.parse(message.data));
  stream.onerror = () => {
    $("#lost").hidden = false;
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  };
}

function hear(change) {
  if (change.kind === "hello") readPicture();
  else if (waiting) waiting.push(change);
  else apply(change);
}

async function readPicture() {
  const mine = (waiting = []);
  try {
    const answer = await fetch("/sandbox/picture", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const picture = await answer.json();
    if (waiting !== mine) return; // a newer hello is already reading
    showPicture(picture);
    $("#lost").hidden = true;
    waiting = null;
    mine.forEach(apply);
  } catch {
    if (waiting === mine) setTimeout(readPicture, 2000);
  }
}

const APPLY = {
  bubble: ({ device, bubble, gone }) => {
    const view = views.get(device);
    if (!view) return;
    if (gone) dropBubble(view, gone);
    else putBubble(view, bubble, true);
  },
  toast: ({ device, text, loud }) => toast(views.get(device), text, loud),
  clock: setClock,
  happening: ({ happening }) => putHappening(happening),
  steps: (change) => showSteps(change.steps),
  ledger: (change) => showLedger(change.ledger),
  switches: (change) => showSwitches(change.switches),
  ready: showReady,
  device: ({ device }) => putDevice(device),
};

function apply(change) {
  APPLY[change.kind]?.(change);
  ring();
}

function showPicture(picture) {
  const stage = $("#stage");
  stage.setAttribute("aria-busy", "true");
  setClock(picture);
  showReady(picture);
  for (const id of views.keys()) if (!named(picture.devices, id)) dropDevice(id);
  picture.devices.forEach((device) => putDevice(device));
  $("#happenings").replaceChildren();
  [...picture.happenings].reverse().forEach(putHappening);
  showSteps(picture.steps);
  showLedger(picture.ledger);
  showSwitches(picture.switches ?? []);
  if (!$(".device.active")) activate(picture.devices[0]?.id);
  stage.setAttribute("aria-busy", "false");
  tick();
  ring();
}

function showReady({ ready, notice }) {
  document.body.dataset.ready = ready ? "yes" : "no";
  $("#notice").textContent = notice;
  $("#notice").hidden = !notice;
}

// ---- the clock's buttons, the guide, what happened

async function push(button) {
  const group = button.closest(".push");
  if (button.getAttribute("aria-disabled") === "true" || group.classList.contains("busy")) return;
  group.classList.add("busy");
  await post("clock", { minutes: +button.dataset.minutes || null }).catch((error) => complain([...views.values()].find(isSeen), error));
  group.classList.remove("busy");
}

// ---- the guide and the list of what happened

function showSteps(list) {
  steps = list;
  const next = list.findIndex((step) => !step.done);
  $("#steps").replaceChildren(...list.map((step, place) => {
    const item = shape("step");
    item.dataset.done = step.done ? "yes" : "no";
    if (place === next || (next < 0 && place === list.length - 1)) item.setAttribute("aria-current", "step");
    item.dataset.place = `${place + 1}/${list.length}`;
    $("span", item).textContent = step.text;
    return item;
  }));
  $(".guide").hidden = !list.length;
}

function aimed(target) { // once what is to be answered is quoted, the place to type comes next
  const [kind, device, bubble] = target?.split(":") ?? [];
  return kind === "reply" && views.get(device)?.replyTo === bubble ? `say:${device}` : target;
}

function ring() {
  const target = aimed(steps.find((step) => !step.done)?.target);
  const name = target && CSS.escape(target);
  const places = target ? [...document.querySelectorAll(`[data-target="${name}"], [data-target^="${name}:"]`)] : [];
  const shown = places.filter((place) => place.offsetParent);
  const near = shown.length ? shown : places;
  const home = near[0]?.closest(".device") ?? null;
  const place = near.filter((other) => other.closest(".device") === home).at(-1); // the newest on that device
  const view = views.get(home?.dataset.device);
  const lit = [place, view && !isSeen(view) ? view.tab : null].filter(Boolean);
  const visible = shown.includes(place) ? place : null;
  if (visible && visible !== pointed) place.scrollIntoView({ block: "nearest", inline: "nearest" });
  pointed = visible;
  document.querySelectorAll(".ring").forEach((old) => lit.includes(old) || old.classList.remove("ring"));
  lit.forEach((it) => it.classList.add("ring"));
}

function putHappening({ id, at, text, link }) {
  const list = $("#happenings");
  const known = [...list.children].find((row) => row.dataset.happening === id);
  const row = shape("happening");
  row.dataset.happening = id;
  stamp($("time", row), at);
  const what = link && /^https?:$/.test(new URL(link, location).protocol) ? document.createElement("a") : $(".what", row);
  if (link && what.tagName === "A") Object.assign(what, { href: link, className: "what" });
  what.textContent = text;
  $(".what", row).replaceWith(what);
  if (known) known.replaceWith(row); // an answer that was queued has been sent
  else list.prepend(row);
  $("#count").textContent = list.children.length;
  $("#count").hidden = false;
  $("#latest").textContent = $(".what", list.firstElementChild).textContent;
}

document.querySelectorAll(".push button").forEach((button) => button.addEventListener("click", () => push(button)));
["click", "quoted"].forEach((kind) => document.addEventListener(kind, ring));
setInterval(tick, 1000);
follow();
