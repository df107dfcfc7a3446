// The technicians' side: cards in their channel, and the thread under each.

import { $, fromTemplate, keepView, page, uuid, view } from "./page.js";
import { listen } from "./actions.js";
import { Composer } from "./composer.js";
import { Follower, MessageList } from "./messages.js";
import { announce, toast } from "./notices.js";
import { isFor, onOutgoing, send, stateOf, unsent } from "./outgoing.js";
import { showOutgoing, showUnsent } from "./pending.js";

const pane = $("pane-channel");
const me = () => view.technician;
const messages = pane && new MessageList($("channel-messages"), me);
const follower = pane && new Follower($("channel-scroller"), $("channel-newer"));
const threads = new Map(); // id of the card → Thread
let reopen = () => {};
let hint = ""; // what the box in a thread says about who reads it, where that is not the usual
let wanted = ""; // key of a card to go to when it is there

export function startChannel(open) {
  if (!pane) return;
  reopen = open;
  listen(pane, me);
  $("technician")?.addEventListener("change", (event) => {
    view.technician = event.target.value;
    clear();
    readZone();
    keepView();
    reopen();
  });
  $("channel").addEventListener("change", (event) => go(event.target.value));
  $("channel-earlier").addEventListener("click", () => {
    view.depth = "all";
    reopen();
  });
  onOutgoing((message, state, detail) => {
    const thread = [...threads.values()].find((one) => isFor(message, one.route()));
    thread?.outgoing(message, state, detail);
  });
  readZone();
}

/** The zone of whoever looks, for the channel and for the queue. */
function readZone() {
  const option = $("technician")?.selectedOptions[0];
  for (const part of [pane, $("pane-queue")]) part.dataset.zone = option?.dataset.zone ?? page.zone;
}

function clear() {
  messages.clear();
  threads.clear();
  $("channel-empty").hidden = true;
  follower.toEnd();
}

function go(route) {
  if (route === view.channel) return;
  view.channel = route;
  view.depth = "";
  clear();
  keepView();
  reopen();
}

/** The channels that this technician may see. */
export function receiveChannels({ chosen, channels }) {
  hint = channels.find(({ route }) => route === chosen)?.hint ?? "";
  const select = $("channel");
  const options = channels.map(({ route, name }) => new Option(name, route, false, route === chosen));
  select.replaceChildren(...options);
  select.disabled = channels.length < 2;
  view.channel = chosen;
  keepView();
}

export function receive({ items, everything, more }) {
  const fresh = [];
  for (const item of items) {
    const isNew = item.parent ? threadOf(item.parent)?.put(item) : put(item);
    if (isNew && !everything && item.author !== view.technician) {
      announce(item.say);
      if (!item.parent) fresh.push(messages.entries.get(item.id));
    }
  }
  if (everything) forgetOthers(items, more);
  $("channel-empty").hidden = messages.size > 0;
  follower.grew(fresh);
  goToWanted();
}

function put(item) {
  const isNew = messages.put(item);
  const entry = messages.entries.get(item.id);
  if (entry.querySelector(".card")) threadOf(item.id);
  return isNew;
}

function threadOf(id) {
  const entry = messages.entries.get(id);
  if (entry && !threads.has(id)) threads.set(id, new Thread(entry));
  return threads.get(id);
}

function forgetOthers(items, more) {
  const ids = new Set(items.map((item) => item.id));
  messages.keepOnly(ids);
  for (const [id, thread] of threads) {
    if (ids.has(id)) thread.messages.keepOnly(ids);
    else threads.delete(id);
    thread.count();
  }
  $("channel-earlier").hidden = !more;
}

class Thread {
  constructor(entry) {
    this.entry = entry;
    this.root = fromTemplate("thread-template");
    this.messages = new MessageList(this.root.querySelector("ol"), me);
    this.toggle = this.root.querySelector(".thread-toggle");
    this.body = this.root.querySelector(".thread-body");
    this.composer = new Composer(this.root.querySelector("form"), {
      route: () => this.route(),
      submit: (text) => send({ id: uuid(), as: view.technician, route: this.route(), text }),
    });
    this.toggle.addEventListener("click", () => this.open(this.body.hidden));
    if (hint) this.composer.box.placeholder = hint;
    entry.append(this.root);
    for (const message of unsent()) {
      if (isFor(message, this.route())) this.outgoing(message, stateOf(message), message.refused);
    }
    this.count();
  }

  route() {
    return `${view.channel}/${this.entry.dataset.id}`;
  }

  open(open) {
    this.body.hidden = !open;
    this.count();
    if (open) {
      this.composer.refresh();
      this.composer.box.focus({ preventScroll: true });
      this.root.scrollIntoView({ block: "nearest" });
    }
  }

  put(item) {
    const isNew = this.messages.put(item);
    if (item.author === view.technician) showUnsent(this.messages, item.id);
    this.count();
    return isNew;
  }

  outgoing(message, state, detail) {
    showOutgoing(this.messages, message, state, detail);
    if (state === "sent" && detail.kind === "toast") toast(detail.text);
    this.count();
  }

  count() {
    const open = !this.body.hidden;
    const many = this.messages.size;
    const words = many === 1 ? "1 message" : `${many} messages`;
    this.toggle.setAttribute("aria-expanded", String(open));
    const closed = many ? `Thread: ${words}` : "Open the thread";
    this.toggle.querySelector(".thread-words").textContent = open ? "Close the thread" : closed;
  }
}

/** Bring the card of a ticket into view, in whichever channel and however far back it is. */
export function goToTicket(ticketId, route) {
  wanted = `ticket:${ticketId}`;
  if (route && route !== view.channel) go(route);
  else goToWanted();
}

function goToWanted() {
  if (!wanted) return;
  const card = messages.list.querySelector(`article[data-key="${CSS.escape(wanted)}"]`);
  if (card) {
    wanted = "";
    follower.following = false;
    card.scrollIntoView({ block: "center" });
    card.classList.add("found");
    card.addEventListener("animationend", () => card.classList.remove("found"), { once: true });
    card.focus({ preventScroll: true });
  }
}

/** The stream has told everything it knows: a card that is still missing is further back, or nowhere. */
export function settled() {
  if (!wanted) return;
  if (view.depth !== "all" && !$("channel-earlier").hidden) {
    view.depth = "all";
    reopen();
    return;
  }
  wanted = "";
  toast("The card of this ticket is not in a channel on this page.");
}
