// One message on a device: drawing it, its buttons, quoting it, and the topic that filters it.

import { stamp } from "./clock.js";
import { $, hue, named, post, settle, shape } from "./page.js";

const WORDS = { general: "General", to: "Goes to", failed: "That did not work:" };

export function putBubble(view, bubble, live) {
  const known = view.bubbles.get(bubble.id);
  const el = known?.el ?? newBubble(view, bubble);
  const stay = !live || view.pinned || bubble.side === "mine";
  view.bubbles.set(bubble.id, { el, bubble });
  fillBubble(view, el, bubble);
  if (JSON.stringify(known?.bubble.buttons ?? []) !== JSON.stringify(bubble.buttons)) putKeys(view, el, bubble);
  el.hidden = Boolean(view.thread) && bubble.thread !== view.thread;
  recite(view, bubble.id);
  if (known) return settle(view);
  view.log.append(el);
  view.pinned = stay;
  settle(view);
  if (live) arrived(view, el, stay);
}

function newBubble(view, bubble) {
  const el = shape("bubble");
  el.dataset.bubble = bubble.id;
  const reply = $(".reply", el);
  reply.dataset.target = `reply:${view.device.id}:${bubble.id}`;
  reply.addEventListener("click", () => quote(view, bubble.id));
  return el;
}

function fillBubble(view, el, bubble) {
  el.dataset.side = bubble.side;
  $(".who b", el).textContent = bubble.author;
  $(".who b", el).dataset.hue = hue(bubble.author);
  $(".who", el).hidden = bubble.author === view.device.title && !bubble.thread;
  $(".topic", el).textContent = named(view.device.threads, bubble.thread)?.title.split(" · ")[0] ?? "";
  $(".text", el).textContent = bubble.text;
  for (const part of ["subject", "gloss"]) {
    $(`.${part}`, el).textContent = bubble[part] ?? "";
    $(`.${part}`, el).hidden = !bubble[part];
  }
  enclose(view, el, bubble.files ?? []);
  $(".edited", el).hidden = !bubble.edited;
  $(".status", el).textContent = bubble.status;
  stamp($("time", el), bubble.at);
  cite($(".cited", el), view, bubble.reply_to);
}

function enclose(view, el, files) { // a picture is shown, any other file is named
  const place = $(".enclosed", el);
  if (place.dataset.shown === JSON.stringify(files)) return;
  place.dataset.shown = JSON.stringify(files);
  place.hidden = !files.length;
  place.replaceChildren(...files.map(({ name, path, is_picture }) => {
    const link = shape("enclosed");
    link.href = path;
    $("span", link).textContent = name;
    if (!is_picture) return link;
    const img = $("img", link);
    Object.assign(img, { src: path, alt: name, hidden: false });
    img.addEventListener("load", () => settle(view));
    $("span", link).hidden = true;
    return link;
  }));
}

function arrived(view, el, stay) {
  el.classList.add("fresh");
  if (!stay) $(".newer", view.el).hidden = el.hidden;
  if (isSeen(view)) return;
  view.unread += 1;
  $(".badge", view.tab).textContent = view.unread;
  $(".badge", view.tab).hidden = false;
}

function putKeys(view, el, { id, buttons }) {
  const place = $(".keys", el);
  const held = place.contains(document.activeElement);
  place.hidden = !buttons.length;
  place.replaceChildren(...buttons.map((row) => {
    const line = document.createElement("div");
    line.append(...row.map((button) => newKey(view, id, button)));
    return line;
  }));
  if (held) (place.querySelector("button") ?? view.input).focus();
}

function newKey(view, bubble, { text, data }) {
  const key = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  key.dataset.target = key.dataset.data = data;
  key.addEventListener("click", async () => {
    if (key.classList.contains("busy")) return;
    key.classList.add("busy");
    await post("press", { device: view.device.id, person: view.person, bubble, data }).catch((error) => complain(view, error));
    key.classList.remove("busy");
  });
  return key;
}

export function dropBubble(view, id) {
  view.bubbles.get(id)?.el.remove();
  view.bubbles.delete(id);
  recite(view, id);
  if (view.replyTo === id) quote(view, null);
}

function cite(place, view, id) {
  const cited = view.bubbles.get(id)?.bubble;
  place.hidden = !cited;
  $("b", place).textContent = cited?.author ?? "";
  $("span", place).textContent = cited?.text ?? "";
}

function recite(view, id) { // a quote shows what it quotes as that is now
  if (view.replyTo === id) cite($(".quote", view.el), view, id);
  for (const { el, bubble } of view.bubbles.values()) if (bubble.reply_to === id) cite($(".cited", el), view, id);
}

export const isSeen = (view) => view.el.offsetParent !== null;

// ---- quoting and topics

export function step(view, by) {
  const ids = [...view.bubbles.values()].filter(({ el, bubble }) => !el.hidden && bubble.side !== "note").map(({ bubble }) => bubble.id);
  const from = view.replyTo ? ids.indexOf(view.replyTo) : ids.length;
  quote(view, ids[Math.max(0, from + by)] ?? null);
}

export function quote(view, id) {
  if (id === view.replyTo) return id && view.input.focus();
  view.replyTo = id;
  cite($(".quote", view.el), view, id);
  for (const { el } of view.bubbles.values()) el.classList.toggle("quoted", el.dataset.bubble === id);
  view.bubbles.get(id)?.el.scrollIntoView({ block: "nearest" });
  filter(view);
  view.el.dispatchEvent(new CustomEvent("quoted", { bubbles: true }));
  return view.input.focus();
}

export function filter(view) {
  for (const chip of $(".threads", view.el).children) {
    chip.setAttribute("aria-pressed", String(chip.dataset.thread === (view.thread ?? "")));
  }
  for (const { el, bubble } of view.bubbles.values()) el.hidden = Boolean(view.thread) && bubble.thread !== view.thread;
  const where = $(".where", view.el);
  where.hidden = !view.device.threads.length;
  where.textContent = `${WORDS.to} ${named(view.device.threads, aim(view))?.title ?? WORDS.general}`;
}

export const aim = (view) => view.bubbles.get(view.replyTo)?.bubble.thread ?? view.thread;

// ---- toasts

export function complain(view, error) {
  toast(view, `${WORDS.failed} ${error.message}`, true);
}

export function toast(view, text, loud = false) {
  if (!view) return;
  for (const old of $(".toasts", view.el).querySelectorAll(":not(.loud)")) if (old.matches(".toast")) old.remove();
  const note = shape("toast");
  $("span", note).textContent = text;
  note.classList.toggle("loud", loud);
  $("button", note).addEventListener("click", () => { note.remove(); view.input.focus(); });
  $(".toasts", view.el).append(note);
  if (!loud) setTimeout(() => note.remove(), 5000);
}
