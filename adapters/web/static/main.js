// Puts the page together.

import { $, forgetAll, keepView, page } from "./page.js";
import * as channel from "./channel.js";
import * as chat from "./chat.js";
import * as clock from "./clock.js";
import * as queue from "./queue.js";
import { flush } from "./outgoing.js";
import { open, startStream } from "./stream.js";

const reopen = () => open({ fresh: true });

/** On a narrow page one part is shown at a time. */
function showPane(name) {
  $("panes").dataset.shown = name;
  for (const tab of document.querySelectorAll(".tabs button")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.pane === name));
  }
}

document.querySelector(".tabs")?.addEventListener("click", (event) => {
  const tab = event.target.closest("button");
  if (tab) showPane(tab.dataset.pane);
});
if (page.mode === "technician") showPane("channel");

// One menu open at a time; a click elsewhere or Escape closes it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches("details.menu[open]")) unfoldInside(event.target);
  },
  true,
);

/** Let the menu open to where there is room for it. */
function unfoldInside(menu) {
  menu.classList.remove("leftward", "downward");
  const room = menu.closest(".scroller").getBoundingClientRect();
  const items = menu.querySelector(".menu-items").getBoundingClientRect();
  menu.classList.toggle("leftward", items.right > room.right);
  menu.classList.toggle("downward", items.top < room.top);
}

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
$("sign-out")?.addEventListener("submit", forgetAll);

chat.startChat(reopen);
channel.startChannel(reopen);
queue.startQueue(showPane);
clock.startClock();
keepView();

startStream({
  clock: clock.receive,
  messages: (change) => (change.pane === "chat" ? chat : channel).receive(change),
  list: (change) => (change.list === "queue" ? queue : chat).receiveList(change),
  channels: (change) => {
    channel.receiveChannels(change);
    queue.receiveChannels(change);
  },
  done: channel.settled,
});
flush();
