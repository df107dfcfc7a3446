// A list of messages that is brought up to date by id and revision, and never loses focus, place or half-done things.

import { element, fromTemplate } from "./page.js";
import { showTimes } from "./times.js";

export class MessageList {
  /** `list` is an <ol>; `me()` is the id of the person whose own messages stand out. */
  constructor(list, me) {
    this.list = list;
    this.me = me;
    this.entries = new Map();
  }

  clear() {
    this.entries.clear();
    this.list.replaceChildren();
  }

  get size() {
    return this.entries.size;
  }

  /** Show the item if it is new or newer; returns whether it had not been there. */
  put(item) {
    let entry = this.entries.get(item.id);
    const isNew = !entry || entry.dataset.revision === "-1";
    if (entry && Number(entry.dataset.revision) >= item.revision) return false;
    if (!entry) {
      entry = document.createElement("li");
      entry.className = "entry";
      entry.dataset.id = item.id;
      this.entries.set(item.id, entry);
    }
    entry.dataset.revision = item.revision;
    entry.dataset.order = item.order;
    entry.classList.toggle("own", Boolean(item.author) && item.author === this.me());
    redraw(entry, element(item.html));
    this.#place(entry);
    showTimes(entry);
    return isNew;
  }

  /** Something typed here that the desk has not confirmed yet. */
  pending(id, text) {
    if (this.entries.has(id)) return this.entries.get(id);
    const entry = document.createElement("li");
    entry.className = "entry own";
    Object.assign(entry.dataset, { id, revision: "-1", order: "~" });
    const bubble = fromTemplate("pending-template");
    bubble.querySelector(".words").textContent = text;
    entry.append(bubble);
    this.entries.set(id, entry);
    this.list.append(entry);
    return entry;
  }

  drop(id) {
    this.entries.get(id)?.remove();
    this.entries.delete(id);
  }

  /** Forget what the desk no longer knows; what is still on its way stays. */
  keepOnly(ids) {
    for (const [id, entry] of this.entries) {
      if (!ids.has(id) && entry.dataset.revision !== "-1") this.drop(id);
    }
  }

  #place(entry) {
    const key = (one) => `${one.dataset.order} ${one.dataset.id}`;
    let after = this.list.lastElementChild;
    while (after && (after === entry || key(after) > key(entry))) after = after.previousElementSibling;
    const before = after ? after.nextElementSibling : this.list.firstElementChild;
    if (before !== entry) this.list.insertBefore(entry, before);
  }
}

/** Put the new body in place of the old one: the focused button stays focused, an open menu or long text open. */
function redraw(entry, body) {
  const old = entry.firstElementChild;
  if (!old) {
    entry.append(body);
    return;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  if (old.querySelector("details[open]")) body.querySelector("details")?.setAttribute("open", "");
  if (old.querySelector(".unfolded")) unfold(body);
  old.replaceWith(body);
  if (!focused) return;
  const { button, value, act } = focused.dataset;
  const same = [...body.querySelectorAll("button")].find(
    (one) => one.dataset.button === button && one.dataset.value === value && one.dataset.act === act,
  );
  (same || body.querySelector("button, summary") || body).focus({ preventScroll: true });
}

function unfold(body) {
  const text = body.querySelector(".folded");
  const button = body.querySelector(".unfold");
  if (!text || !button) return;
  const open = text.classList.toggle("unfolded");
  button.textContent = open ? "Show less" : "Show all";
  button.setAttribute("aria-expanded", String(open));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".unfold");
  if (button) unfold(button.closest("article"));
});

/** Keeps a scrolling list at its end while the reader is there, and says so when there is more below. */
export class Follower {
  constructor(scroller, newer) {
    this.scroller = scroller;
    this.newer = newer;
    this.following = true;
    scroller.addEventListener("scroll", () => {
      this.following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
      if (this.following) newer.hidden = true;
    });
    newer.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.following && this.jump()).observe(scroller);
  }

  jump() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toEnd() {
    this.following = true;
    this.newer.hidden = true;
    this.jump();
  }

  /** The reader has just done something: what comes of it is to be seen. */
  follow() {
    this.following = true;
  }

  /** After messages were added; `fresh` are those that had not been there. What is taller than the view is shown
   * from its beginning. */
  grew(fresh) {
    if (!this.following) {
      if (fresh.length) this.#offer("New messages");
      return;
    }
    this.jump();
    const over = fresh.length ? this.scroller.getBoundingClientRect().top - fresh[0].getBoundingClientRect().top : 0;
    if (over > 0) {
      this.scroller.scrollTop -= over + 12;
      this.#offer("More below");
    }
  }

  #offer(words) {
    this.newer.firstElementChild.textContent = words;
    this.newer.hidden = false;
  }
}
