// The employee's side: the conversation, its composer, their tickets and earlier conversations.

import { $, keepView, page, remember, remembered, uuid, view } from "./page.js";
import { listen } from "./actions.js";
import { Composer } from "./composer.js";
import { applyList, clearList } from "./lists.js";
import { Follower, MessageList } from "./messages.js";
import { announce, toast } from "./notices.js";
import { isFor, onOutgoing, send, stateOf, unsent } from "./outgoing.js";
import { showOutgoing, showUnsent } from "./pending.js";

const pane = $("pane-chat");
const messages = new MessageList($("chat-messages"), () => view.employee);
const follower = new Follower($("chat-scroller"), $("chat-newer"));
const route = () => `person/${encodeRoute(view.employee)}/${view.conversation}`;
const composer = new Composer($("chat-composer"), { route, submit });
let reopen = () => {};
let isFresh = false; // empty by nobody's choice: a conversation that begins elsewhere may take its place

/** As the server writes it (`urllib.parse.quote`). */
const encodeRoute = (id) =>
  encodeURIComponent(id)
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%40|%2B/g, decodeURIComponent);

export function startChat(open) {
  reopen = open;
  listen(pane, () => view.employee);
  $("employee")?.addEventListener("change", (event) => {
    view.employee = event.target.value;
    clearList("tickets");
    clearList("conversations");
    keepView();
    begin();
    reopen();
  });
  $("new-question").addEventListener("click", () => {
    choose(uuid());
    composer.box.focus();
  });
  $("lists-open").addEventListener("click", () => showLists($("lists-open").ariaExpanded !== "true"));
  $("lists").addEventListener("click", (event) => {
    const key = event.target.closest("button[data-conversation]")?.dataset.conversation;
    if (key) choose(key);
  });
  $("chat-empty").addEventListener("click", (event) => {
    const example = event.target.closest(".suggestion");
    if (!example) return;
    composer.write(example.textContent);
    composer.box.focus();
  });
  $("chat-earlier").addEventListener("click", () => {
    view.depth = "all";
    reopen();
  });
  pane.addEventListener("keydown", (event) => {
    if (event.key === "Escape") showLists(false);
  });
  pane.addEventListener("click", (event) => {
    if (event.target.closest("[data-button]")) follower.follow();
  });
  onOutgoing(outgoing);
  begin();
}

/** Look through the eyes of the chosen employee: at the conversation they looked at last, or at a new one. */
function begin() {
  const option = $("employee")?.selectedOptions[0];
  pane.dataset.zone = option?.dataset.zone ?? page.zone;
  const last = remembered(`conversation:${view.employee}`);
  isFresh = !last;
  show(last || uuid());
}

function choose(conversation) {
  isFresh = false;
  showLists(false);
  if (conversation !== view.conversation) {
    show(conversation);
    reopen();
  }
  remember(`conversation:${view.employee}`, conversation);
}

function show(conversation) {
  view.conversation = conversation;
  view.depth = "";
  messages.clear();
  $("chat-empty").hidden = true;
  $("chat-earlier").hidden = true;
  composer.refresh();
  follower.toEnd();
  markChosen();
  for (const message of unsent()) if (isFor(message, route())) outgoing(message, stateOf(message), message.refused);
}

function showLists(open) {
  $("lists-open").ariaExpanded = String(open);
  pane.classList.toggle("lists-shown", open);
  if (open) $("lists").querySelector("button")?.focus();
}

function submit(text) {
  isFresh = false;
  remember(`conversation:${view.employee}`, view.conversation);
  send({ id: uuid(), as: view.employee, route: route(), text });
  follower.toEnd();
}

/** `messages` of the stream, for this pane. */
export function receive({ items, everything, more }) {
  const fresh = [];
  for (const item of items) {
    const isNew = messages.put(item);
    if (item.author === view.employee) showUnsent(messages, item.id);
    if (isNew && !everything && item.author !== view.employee) {
      fresh.push(messages.entries.get(item.id));
      announce(item.say);
    }
  }
  if (everything) {
    messages.keepOnly(new Set(items.map((item) => item.id)));
    $("chat-earlier").hidden = !more;
  }
  $("chat-empty").hidden = messages.size > 0;
  follower.grew(fresh);
}

export function receiveList(change) {
  applyList(change);
  if (change.list === "tickets") countTickets();
  if (change.list !== "conversations") return;
  if (isFresh && change.order.length && messages.size === 0 && !composer.box.value) {
    isFresh = false;
    show(change.order[0]);
    reopen();
  }
  markChosen();
}

function countTickets() {
  const open = $("tickets").querySelectorAll('[data-open="yes"]').length;
  $("own-count").textContent = open;
  $("own-count").hidden = open === 0;
}

function markChosen() {
  for (const row of $("conversations").querySelectorAll("button")) {
    row.setAttribute("aria-current", String(row.dataset.conversation === view.conversation));
  }
}

function outgoing(message, state, detail) {
  if (!isFor(message, route())) return;
  showOutgoing(messages, message, state, detail);
  $("chat-empty").hidden = true;
  if (state === "sent" && detail.kind === "toast") toast(detail.text);
  follower.grew([]);
}
