// A phone or a chat window: its frame, who writes on it, its topics, folding it away, and what is typed on it.

import { aim, complain, dropBubble, filter, isSeen, putBubble, quote, step, toast } from "./bubble.js";
import { $, named, paint, post, scrolled, settle, shape, toEnd } from "./page.js";

const WORDS = { all: "All", closed: "closed", write: "Write on" };

const HOVER = matchMedia("(hover: hover)"); // without a mouse, focus would raise the keyboard over the conversation

export const views = new Map(); // device id -> view: its elements and what the person is doing on it

export function putDevice(device) {
  const view = views.get(device.id) ?? openDevice(device);
  const { el, tab } = view;
  if (view.folded === undefined || view.device.folded !== device.folded) fold(view, device.folded);
  view.device = device;
  el.dataset.kind = device.kind;
  for (const face of [$(".avatar", el), $(".avatar", tab)]) paint(face, device.title);
  $("h2", el).textContent = $("b", tab).textContent = device.title;
  $(".subtitle", el).textContent = $("small", tab).textContent = device.subtitle;
  $(".channel", el).textContent = device.channel;
  $(".log", el).setAttribute("aria-label", device.title);
  view.input.placeholder = device.hint;
  view.input.setAttribute("aria-label", `${WORDS.write} ${device.title}`);
  putPeople(view);
  putThreads(view);
  putOffers(view);
  putPictures(view);
  for (const id of view.bubbles.keys()) if (!named(device.bubbles, id)) dropBubble(view, id);
  device.bubbles.forEach((bubble) => putBubble(view, bubble, false));
}

function openDevice(device) {
  const el = shape("device");
  const tab = shape("switch");
  const view = { el, tab, device, bubbles: new Map(), person: null, thread: null, replyTo: null, unread: 0, pinned: true };
  view.log = $(".log", el);
  view.input = $("textarea", el);
  views.set(device.id, view);
  el.dataset.device = tab.dataset.switch = device.id;
  view.input.dataset.target = `say:${device.id}`;
  tab.addEventListener("click", () => { fold(view, false); activate(device.id); if (HOVER.matches) view.input.focus(); });
  $(".fold", el).addEventListener("click", () => { fold(view, true); tab.focus(); });
  $("form", el).addEventListener("submit", (event) => { event.preventDefault(); say(view); });
  $(".quote button", el).addEventListener("click", () => quote(view, null));
  $(".newer", el).addEventListener("click", () => { view.pinned = true; settle(view); });
  view.log.addEventListener("scroll", () => {
    scrolled(view);
    if (view.pinned) $(".newer", el).hidden = true;
  });
  new ResizeObserver(() => settle(view)).observe(view.log);
  view.input.addEventListener("keydown", (event) => typed(view, event));
  for (const [it, kind] of [[view.input, "input"], [el, "quoted"]]) it.addEventListener(kind, () => warn(view));
  el.addEventListener("keydown", (event) => { if (event.key === "Escape") leave(view); });
  $("#stage").append(el);
  $("#switch").append(tab);
  return view;
}

export function dropDevice(id) {
  const { el, tab } = views.get(id);
  el.remove();
  tab.remove();
  views.delete(id);
}

function fold(view, folded) {
  view.folded = folded;
  for (const part of [view.el, view.tab]) part.classList.toggle("folded", folded);
  if (!folded) seen(view);
}

export function activate(id) {
  for (const view of views.values()) {
    const active = view.el.dataset.device === id;
    view.el.classList.toggle("active", active);
    view.tab.setAttribute("aria-current", String(active));
    if (!active) continue;
    seen(view);
    view.tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function seen(view) {
  view.unread = 0;
  $(".badge", view.tab).hidden = true;
  view.tab.classList.remove("ring");
  toEnd(view);
}

function putPeople(view) {
  const { people, id } = view.device;
  if (!named(people, view.person)) view.person = people[0]?.id;
  const place = $(".people", view.el);
  place.hidden = people.length < 2;
  place.querySelectorAll("label").forEach((label) => label.remove());
  for (const person of people) {
    const label = shape("person");
    label.dataset.person = person.id;
    const radio = Object.assign($("input", label), { name: `person-${id}`, value: person.id, checked: person.id === view.person });
    radio.addEventListener("change", () => { view.person = person.id; });
    $("span", label).textContent = person.name;
    place.append(label);
  }
}

function putOffers(view) { // one press says what lies ready
  const offers = view.device.offers ?? [];
  const place = $(".offers", view.el);
  if (place.dataset.said === JSON.stringify(offers)) return;
  place.dataset.said = JSON.stringify(offers);
  const held = place.contains(document.activeElement);
  place.hidden = !offers.length;
  place.replaceChildren(...offers.map((offer) => {
    const key = shape("offer");
    key.textContent = offer.text;
    key.title = offer.say;
    key.dataset.target = `offer:${view.device.id}`;
    key.addEventListener("click", async () => {
      if (key.classList.contains("busy")) return;
      key.classList.add("busy");
      await post("say", { device: view.device.id, person: view.person, text: offer.say }).catch((error) => complain(view, error));
      setTimeout(() => key.classList.remove("busy"), 3000); // it goes when the hub has understood it
    });
    return key;
  }));
  if (held) view.input.focus();
}

function putPictures(view) { // one press sends a picture, with what is typed under it
  const pictures = view.device.pictures ?? [];
  const menu = $(".pictures", view.el);
  menu.hidden = !pictures.length;
  if ($(".shelf", menu).children.length === pictures.length) return;
  $(".shelf", menu).replaceChildren(...pictures.map(({ id, title }) => {
    const key = shape("picture");
    $("img", key).src = `/sandbox/ready/${id}`;
    $("span", key).textContent = title;
    key.dataset.picture = id;
    key.addEventListener("click", () => { menu.open = false; say(view, id); });
    return key;
  }));
}

function putThreads(view) {
  const { threads } = view.device;
  if (view.thread && !named(threads, view.thread)) view.thread = null;
  const place = $(".threads", view.el);
  place.hidden = !threads.length;
  place.replaceChildren(...[{ id: null, title: WORDS.all }, ...threads].map((thread) => {
    const chip = shape("thread");
    chip.dataset.thread = thread.id ?? "";
    chip.textContent = thread.closed ? `${thread.title} (${WORDS.closed})` : thread.title;
    chip.classList.toggle("closed", Boolean(thread.closed));
    chip.addEventListener("click", () => { view.thread = thread.id; filter(view); toEnd(view); });
    return chip;
  }));
  filter(view);
}

function typed(view, event) {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    say(view);
  }
  if (event.ctrlKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    step(view, event.key === "ArrowUp" ? -1 : 1);
  }
}

function leave(view) {
  const menu = $(".pictures", view.el);
  if (!menu.open) return quote(view, null);
  menu.open = false;
  return $("summary", menu).focus();
}

function isAside(view) { // plain words that answer nothing
  const text = view.input.value.trim();
  return Boolean(view.device.aside && text && !text.startsWith("/") && !view.replyTo && !aim(view));
}

function warn(view) {
  const place = $(".aside", view.el);
  place.textContent = view.device.aside;
  place.hidden = !isAside(view);
}

async function say(view, picture = null) {
  const text = view.input.value.trim();
  if ((!text && !picture) || view.sending) return;
  const said = isAside(view) ? view.device.aside : "";
  view.sending = true;
  view.el.classList.add("sending");
  try {
    await post("say", { device: view.device.id, person: view.person, text, picture, reply_to: view.replyTo, thread: aim(view) ?? null });
    if (view.input.value.trim() === text) view.input.value = "";
    quote(view, null);
    warn(view);
    if (said) toast(view, said);
    view.input.focus();
  } catch (error) {
    complain(view, error);
  }
  view.sending = false;
  view.el.classList.remove("sending");
}
