// Messages on their way: kept in this browser until the desk has them, sent in order, each under one id for ever.

import { page, remember, remembered, view } from "./page.js";
import { attempt, pause, Refused } from "./requests.js";

const KEY = "unsent";
const listeners = new Set();
let sending = false;
let wake = () => {};

/** `changed(message, state, detail)`: state is `sending`, `waiting`, `sent` or `refused`. */
export const onOutgoing = (changed) => listeners.add(changed);

const states = new Map(); // id → how far it got, while it is unsent

function tell(message, state, detail) {
  if (state === "sent") states.delete(message.id);
  else states.set(message.id, state);
  listeners.forEach((changed) => changed(message, state, detail));
}

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
export const isUnsent = (id) => load().find((message) => message.id === id);
export const stateOf = (message) => (message.refused ? "refused" : states.get(message.id) || "sending");

export function send(message) {
  store([...load(), message]);
  tell(message, "sending");
  flush();
}

export function withdraw(id) {
  store(load().filter((message) => message.id !== id));
}

/** Send what is unsent, oldest first. Where windows of one browser can agree, one of them sends at a time. */
export async function flush() {
  if (sending) {
    wake();
    return;
  }
  sending = true;
  for (let tries = 0; ; ) {
    const outcome = await inTurn(() => sendNext(tries));
    if (outcome === "nothing") break;
    if (outcome === "done") tries = 0;
    else await nextTry(pause(tries++, outcome));
  }
  sending = false;
}

const inTurn = (work) => (navigator.locks ? navigator.locks.request("firstline-outgoing", work) : work());

/** Resolves to `nothing`, `done`, or the error after which to try again. */
async function sendNext(tries) {
  const next = unsent().find((message) => !message.refused);
  if (!next) return "nothing";
  try {
    const answer = await attempt("/api/message", { as: next.as, route: next.route, id: next.id, text: next.text });
    withdraw(next.id);
    tell(next, "sent", answer);
    return "done";
  } catch (error) {
    const isFinal = error instanceof Refused && (error.status !== 500 || tries > 4);
    if (isFinal) refuse(next, error.message);
    else tell(next, "waiting");
    return isFinal ? "done" : error;
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
export const isFor = (message, route) =>
  message.route === route && [view.employee, view.technician].includes(message.as);
