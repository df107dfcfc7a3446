// How far one's own message has got, on the message itself.

import { tryAgain, withdraw } from "./outgoing.js";

const WORDS = { sending: "Sending…", waiting: "Will be sent as soon as the desk is back", sent: "Sent", refused: "Not sent" };

/** One of our messages got further on its way. */
export function showOutgoing(list, message, state, detail) {
  const entry = list.pending(message.id, message.text);
  const bubble = entry.querySelector(".pending");
  if (!bubble) return entry; // the desk's own copy is there already
  bubble.dataset.state = state;
  bubble.querySelector(".delivery").textContent = state === "refused" ? `Not sent: ${detail}` : WORDS[state];
  for (const button of bubble.querySelectorAll("button")) button.hidden = state !== "refused";
  bubble.onclick = (event) => {
    const act = event.target.closest("button")?.dataset.act;
    if (act === "again") tryAgain(message.id);
    if (act === "back") putBack(list, message, entry);
  };
  return entry;
}

function putBack(list, message, entry) {
  const box = entry.closest(".thread, .talk").querySelector("textarea");
  withdraw(message.id);
  list.drop(message.id);
  box.value = box.value ? `${message.text}\n${box.value}` : message.text;
  box.dispatchEvent(new Event("input"));
  box.focus();
}
