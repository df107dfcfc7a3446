// A message box: Enter sends, Shift+Enter starts a line, it grows with its text, and keeps a draft for each place.

import { sessionRemember, sessionRemembered } from "./page.js";

const KEY = "drafts";
const drafts = new Map(Object.entries(JSON.parse(sessionRemembered(KEY) || "{}")));

export class Composer {
  /** `route()` names the place it writes to; `submit(text)` takes what was written. */
  constructor(form, { route, submit }) {
    this.form = form;
    this.box = form.querySelector("textarea");
    this.route = route;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.box.value;
      if (!text.trim()) return;
      this.write("");
      submit(text);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.box.addEventListener("input", () => this.#changed());
  }

  write(text) {
    this.box.value = text;
    this.#changed();
  }

  /** The place has changed: bring its own draft. */
  refresh() {
    this.write(drafts.get(this.route()) || "");
  }

  #changed() {
    if (this.box.value) drafts.set(this.route(), this.box.value);
    else drafts.delete(this.route());
    sessionRemember(KEY, JSON.stringify(Object.fromEntries(drafts)));
    this.form.classList.toggle("filled", Boolean(this.box.value.trim()));
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight + 2, 220)}px`;
  }
}
