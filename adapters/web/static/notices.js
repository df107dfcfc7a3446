// Sentences for the person in front of the page: toasts, the screen reader's voice, the banner, the title.

import { $, fromTemplate } from "./page.js";

const TOAST_MS = 9000;
const title = document.title;
let unseen = 0;

export function toast(sentence) {
  const shown = fromTemplate("toast-template");
  shown.querySelector("p").textContent = sentence;
  const close = () => shown.remove();
  let timer = setTimeout(close, TOAST_MS);
  shown.addEventListener("pointerenter", () => clearTimeout(timer));
  shown.addEventListener("pointerleave", () => (timer = setTimeout(close, TOAST_MS / 2)));
  shown.querySelector("button").addEventListener("click", close);
  const toasts = $("toasts");
  while (toasts.children.length > 2) toasts.firstElementChild.remove();
  toasts.append(shown);
}

/** Said by a screen reader when it has finished its sentence; counted in the title while nobody looks. */
export function announce(sentence) {
  if (!sentence) return;
  const line = document.createElement("p");
  line.textContent = sentence;
  $("announcer").append(line);
  setTimeout(() => line.remove(), 5000);
  if (document.hidden) document.title = `(${++unseen}) ${title}`;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = title;
});

/** A standing notice under the top bar, with an action when there is something to do about it. */
export function banner(sentence, action = null) {
  const place = $("banner");
  place.replaceChildren(sentence);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button plain";
    button.textContent = action.label;
    button.addEventListener("click", action.run);
    place.append(" ", button);
  }
  place.hidden = false;
}

export const reloadAction = { label: "Reload the page", run: () => location.reload() };

const CONNECTION = { connecting: "Connecting…", live: "Live", away: "Reconnecting…", ended: "Signed out" };

export function connection(state) {
  const place = $("connection");
  if (place.dataset.state === state) return;
  place.dataset.state = state;
  place.querySelector(".connection-words").textContent = CONNECTION[state];
}
