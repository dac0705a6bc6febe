// What every part of the page uses: finding and cloning elements, faces, scrolling, posting; nothing here knows a device.

export const $ = (selector, root = document) => root.querySelector(selector);
export const shape = (id) => $(`#t-${id}`).content.firstElementChild.cloneNode(true);
export const named = (list, id) => list.find((item) => item.id === id);

export async function post(path, body) {
  const answer = await fetch(`/sandbox/${path}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  if (answer.ok) return;
  const problem = await answer.json().catch(() => ({}));
  const fault = problem.errors?.[0];
  throw new Error(fault ? `${fault.field}: ${fault.expected}` : problem.detail ?? problem.title ?? answer.statusText);
}

export function paint(face, name) {
  face.textContent = name.split(/\s+/).map((word) => word[0]).filter((c) => /\p{L}/u.test(c)).slice(0, 2).join("");
  face.dataset.hue = hue(name);
}

export const hue = (name) => [...name].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 997, 7) % 6;

export const isAtEnd = ({ log }) => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
export const toEnd = ({ log }) => log.scrollTo({ top: log.scrollHeight, behavior: "instant" });

// A log stays at its end until its reader scrolls away: a scroll that comes with a new size is the layout's, not his.
const size = ({ log }) => `${log.clientWidth} ${log.clientHeight} ${log.scrollHeight}`;

export function settle(view) {
  if (view.pinned) toEnd(view);
  view.size = size(view);
}

export function scrolled(view) {
  if (view.size !== size(view)) return settle(view);
  view.pinned = isAtEnd(view);
}
