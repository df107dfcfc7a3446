// How far one's own message has got, on the message itself.

import { fromTemplate } from "./page.js";
import { isUnsent, stateOf, tryAgain, withdraw } from "./outgoing.js";

const WORDS = { sending: "Sending…", waiting: "Will be sent as soon as the desk is back", sent: "Sent" };

/** One of our messages got further on its way. */
export function showOutgoing(list, message, state, detail) {
  const entry = list.pending(message.id, message.text);
  entry.querySelector(".delivery")?.remove();
  const isDesks = entry.dataset.revision !== "-1"; // its copy is there already; it says nothing unless there is trouble
  if (isDesks && (state === "sending" || state === "sent")) return;
  const line = fromTemplate("delivery-template");
  line.dataset.state = state;
  line.querySelector("span").textContent = state === "refused" ? `Not sent: ${detail}` : WORDS[state];
  const [again, back] = line.querySelectorAll("button");
  again.hidden = back.hidden = state !== "refused";
  again.addEventListener("click", () => tryAgain(message.id));
  back.addEventListener("click", () => putBack(list, message, entry));
  entry.querySelector(".bubble-main").append(line);
}

/** The desk's copy of a message has been drawn: it may have been kept and not yet been taken in. */
export function showUnsent(list, id) {
  const message = isUnsent(id);
  if (message) showOutgoing(list, message, stateOf(message), message.refused);
}

function putBack(list, message, entry) {
  const box = entry.closest(".thread, .talk").querySelector("textarea");
  withdraw(message.id);
  list.drop(message.id);
  box.value = box.value ? `${message.text}\n${box.value}` : message.text;
  box.dispatchEvent(new Event("input"));
  box.focus();
}
