// The composer: what a text costs, a key that sends, and words that are not lost; the conversation starts at its end.

const thread = document.getElementById("thread");
thread.scrollTop = thread.scrollHeight;

const form = document.querySelector(".composer");
const words = form.querySelector("textarea");
const size = form.querySelector(".size");
let waiting = 0;

words.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  const button = [...form.querySelectorAll(".send button[type=submit]")].find((one) => one.offsetParent);
  form.requestSubmit(button);
});

async function measure() {
  const body = new URLSearchParams({ csrf: form.elements.csrf.value, words: words.value });
  const answer = await fetch(form.dataset.measure, { method: "POST", body, headers: { "X-Live": "1" } }).catch(() => null);
  if (!answer?.ok) return;
  size.textContent = (await answer.json()).text;
}

if (form.dataset.measure) {
  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(measure, 250);
  });
}

// What is typed and not sent outlives a reload, in this tab alone.
const kept = `draft ${location.pathname}`;
if (!words.value) words.value = sessionStorage.getItem(kept) ?? "";
if (words.value && form.dataset.measure) measure();
words.addEventListener("input", () => sessionStorage.setItem(kept, words.value));
form.addEventListener("submit", () => sessionStorage.removeItem(kept));
