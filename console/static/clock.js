// The clock of the demo as the page sees it: every time on the page is shown in its zone.

import { $ } from "./page.js";

const clock = { at: 0, read: 0, offset: 0, due: null };

export function setClock({ now, next_due: due, zone }) {
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)$/.exec(now) ?? [null, "+", 0, 0];
  Object.assign(clock, { at: Date.parse(now), read: performance.now(), due: due && Date.parse(due) });
  clock.offset = (sign === "-" ? -1 : 1) * (hours * 60 + +minutes) * 60_000;
  $("#zone").textContent = zone || `UTC${sign}${hours}:${minutes}`;
  const button = $("[data-target='clock:due']");
  button.setAttribute("aria-disabled", String(!clock.due));
  $("#due").textContent = clock.due ? `· ${moment(clock.due)}` : "";
  tick();
  document.querySelectorAll("time[data-at]").forEach((time) => stamp(time));
}

const nowMs = () => clock.at + performance.now() - clock.read;
const wall = (ms, options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(ms + clock.offset);
const hour = (ms) => wall(ms, { hour: "2-digit", minute: "2-digit" });
const day = (ms) => wall(ms, { weekday: "short", day: "numeric", month: "short" });
const moment = (ms) => (day(ms) === day(nowMs()) ? hour(ms) : `${day(ms)} ${hour(ms)}`);

export function tick() {
  const now = nowMs();
  $("#day").textContent = wall(now, { weekday: "short", day: "numeric", month: "short" });
  $("#year").textContent = wall(now, { year: "numeric" });
  $("#hour").textContent = hour(now);
  document.querySelectorAll("[data-hour]").forEach((place) => { place.textContent = hour(now); });
}

export function stamp(time, at = time.dataset.at) {
  time.dataset.at = time.dateTime = at;
  time.textContent = moment(Date.parse(at));
  time.title = `${day(Date.parse(at))} ${hour(Date.parse(at))} ${$("#zone").textContent}`;
}
