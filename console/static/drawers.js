// What lies in the drawers under the devices besides what happened: who was told of an outage, and troubles to switch on.

import { complain, isSeen } from "./bubble.js";
import { stamp } from "./clock.js";
import { views } from "./device.js";
import { $, post, shape } from "./page.js";

const WIDE = matchMedia("(min-width: 821px)"); // on a phone an opened drawer would cover the conversation

export function showLedger(ledger) {
  const drawer = $("#ledger");
  const isNew = ledger?.lines.length && drawer.dataset.name !== ledger.name;
  drawer.hidden = !ledger;
  if (!ledger) return;
  $("#outage").textContent = $("#named").textContent = ledger.name;
  $("#about").textContent = ledger.about;
  $("#told").replaceChildren(...ledger.lines.map((line) => {
    const row = shape("line");
    const [notice, who, channel, language, state] = row.children;
    notice.textContent = line.revision;
    who.textContent = line.contact;
    channel.textContent = line.channel;
    language.textContent = line.language;
    state.textContent = line.state;
    stamp($("time", row), line.at);
    row.title = line.text;
    return row;
  }));
  if (!isNew) return;
  drawer.dataset.name = ledger.name;
  drawer.open = WIDE.matches;
}

export function showSwitches(switches) {
  $("#engineers").hidden = !switches.length;
  const on = switches.filter((one) => one.on).length;
  $("#troubles").textContent = on;
  $("#troubles").hidden = !on;
  const held = document.activeElement?.closest("#switches [data-trouble]")?.dataset.trouble;
  $("#switches").replaceChildren(...switches.map((one) => (one.on === null ? once(one) : trouble(one))));
  if (held) ($(`[data-trouble="${CSS.escape(held)}"] input`) ?? $(`[data-trouble="${CSS.escape(held)}"]`))?.focus();
}

function trouble({ id, text, on }) {
  const label = shape("trouble");
  const box = $("input", label);
  label.dataset.trouble = id;
  box.checked = on;
  $("span", label).textContent = text;
  box.addEventListener("change", () => turn(id, box.checked).catch(() => { box.checked = !box.checked; }));
  return label;
}

function once({ id, text }) {
  const key = shape("once");
  key.dataset.trouble = id;
  key.textContent = text;
  key.addEventListener("click", () => turn(id, true).catch(() => {}));
  return key;
}

async function turn(id, on) {
  try {
    await post("switch", { switch: id, on });
  } catch (error) {
    complain([...views.values()].find(isSeen), error);
    throw error;
  }
}
