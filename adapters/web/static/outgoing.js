// Messages on their way: kept in this browser until the desk has them, sent in order, each under one id for ever.

import { page, remember, remembered, view } from "./page.js";
import { attempt, pause, Refused } from "./requests.js";

const KEY = "unsent";
const listeners = new Set();
let sending = false;
let wake = () => {};

/** `changed(message, state, detail)`: state is `sending`, `waiting`, `sent` or `refused`. */
export const onOutgoing = (changed) => listeners.add(changed);
const tell = (message, state, detail) => listeners.forEach((changed) => changed(message, state, detail));

const unsaved = []; // what storage would not take
const load = () => {
  try {
    return [...JSON.parse(remembered(KEY, "[]")), ...unsaved];
  } catch {
    return [...unsaved];
  }
};

function store(messages) {
  const text = JSON.stringify(messages);
  remember(KEY, text);
  unsaved.length = 0;
  if (remembered(KEY) !== text) unsaved.push(...messages);
}

const mine = (message) => page.mode === "demo" || message.as === page.person;

export const unsent = () => load().filter(mine);

export function send(message) {
  store([...load(), message]);
  tell(message, "sending");
  flush();
}

export function withdraw(id) {
  store(load().filter((message) => message.id !== id));
}

/** Send what is unsent, oldest first. Only one window of this browser does so at a time, where it can tell. */
export async function flush() {
  if (sending) {
    wake();
    return;
  }
  sending = true;
  try {
    if (navigator.locks) await navigator.locks.request("firstline-outgoing", sendAll);
    else await sendAll();
  } finally {
    sending = false;
  }
  if (unsent().some((message) => !message.refused)) flush();
}

async function sendAll() {
  let tries = 0;
  for (;;) {
    const next = unsent().find((message) => !message.refused);
    if (!next) return;
    try {
      const answer = await attempt("/api/message", { as: next.as, route: next.route, id: next.id, text: next.text });
      withdraw(next.id);
      tell(next, "sent", answer);
      tries = 0;
    } catch (error) {
      if (error instanceof Refused && (error.status !== 500 || tries > 4)) {
        refuse(next, error.message);
        tries = 0;
        continue;
      }
      tell(next, "waiting");
      await nextTry(pause(tries++, error));
    }
  }
}

function refuse(message, sentence) {
  store(load().map((one) => (one.id === message.id ? { ...one, refused: sentence } : one)));
  tell({ ...message, refused: sentence }, "refused", sentence);
}

export function tryAgain(id) {
  store(load().map((one) => (one.id === id ? { ...one, refused: undefined } : one)));
  const message = load().find((one) => one.id === id);
  if (message) tell(message, "sending");
  flush();
}

/** Wait, but not past the moment the network or the desk is back. */
const nextTry = (ms) =>
  new Promise((done) => {
    wake = done;
    setTimeout(done, ms);
  });

addEventListener("online", () => wake());
export const deskIsBack = () => wake();
export const isFor = (message, route) => message.route === route && (message.as === view.employee || message.as === view.technician);
