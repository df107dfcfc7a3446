// The page's one connection to the desk's news. It comes back by itself, and knows up to where it was told.

import { browserZone, page, sleep, view } from "./page.js";
import { banner, connection, reloadAction } from "./notices.js";
import { deskIsBack } from "./outgoing.js";

const SILENCE_MS = 30_000; // the server gives a sign of life every ten seconds
const HIDDEN_MS = 30_000; // browsers allow six connections to a host: hidden pages give theirs back
const GLANCE_MS = 60_000; // and look now and then, for the number in the title

let source = null;
let handlers = {};
let last = "";
let heardAt = Date.now();
let hiddenTimer = 0;
let ended = false;

export function startStream(handle) {
  handlers = handle;
  open();
  setInterval(watch, 5000);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    hiddenTimer = 0;
    if (document.hidden) hiddenTimer = setTimeout(glance, HIDDEN_MS);
    else if (!source) open();
  });
  addEventListener("online", () => open());
}

/** Connect for what the page shows now; after a change of view everything is told anew. */
export function open({ fresh = false } = {}) {
  if (ended) return;
  source?.close();
  if (fresh) last = "";
  heardAt = Date.now();
  const query = new URLSearchParams({ zone: browserZone, last });
  for (const name of ["employee", "technician", "conversation", "channel", "depth"]) {
    if (view[name]) query.set(name, view[name]);
  }
  const mine = new EventSource(`/events?${query}`);
  source = mine;
  mine.onerror = () => {
    if (mine !== source) return;
    connection("away");
    if (mine.readyState === EventSource.CLOSED) comeBack(mine);
  };
  for (const name of ["hello", "clock", "messages", "list", "channels", "done", "alive", "trouble", "ended"]) {
    mine.addEventListener(name, (event) => {
      if (mine === source) heard(name, event);
    });
  }
}

function heard(name, event) {
  heardAt = Date.now();
  const data = JSON.parse(event.data);
  if (name === "trouble") connection("away");
  else if (name === "ended") signedOut();
  else if (name === "hello" && data.version !== page.version) {
    banner("Firstline was updated.", reloadAction);
  } else if (name === "done") {
    last = event.lastEventId || last;
    connection("live");
    deskIsBack();
    if (document.hidden && hiddenTimer < 0) stop();
  }
  handlers[name]?.(data);
}

/** The browser has given up: the server answered with a refusal, or is being started. */
async function comeBack(given) {
  await sleep(1500 + 1500 * Math.random());
  if (given !== source) return;
  try {
    if ((await fetch("/", { method: "HEAD" })).status === 401) return signedOut();
  } catch {
    // not there yet
  }
  open();
}

function signedOut() {
  ended = true;
  source?.close();
  connection("ended");
  banner("You are signed out. What you had not sent is kept in this browser until you sign in again.");
}

/** A connection may be dead without an error, after a computer slept for example. */
function watch() {
  if (source && !document.hidden && Date.now() - heardAt > SILENCE_MS) {
    connection("away");
    open();
  }
}

function stop() {
  source?.close();
  source = null;
  hiddenTimer = setTimeout(glance, GLANCE_MS);
}

function glance() {
  if (!document.hidden || ended) return;
  hiddenTimer = -1;
  open();
}
