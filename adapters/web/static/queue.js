// The queue: every open ticket, what is due first, and which of them to show.

import { $ } from "./page.js";
import { goToTicket } from "./channel.js";
import { applyList } from "./lists.js";

const pane = $("pane-queue");
let whose = "";
let routes = new Map(); // queue id → route of its channel

export function startQueue(showPane) {
  if (!pane) return;
  $("queue").addEventListener("click", (event) => {
    const row = event.target.closest("button[data-ticket]");
    if (!row) return;
    showPane("channel");
    goToTicket(row.dataset.ticket, routes.get(row.closest("li").dataset.queue));
  });
  $("queue-filter").addEventListener("change", filter);
  pane.querySelector(".segments").addEventListener("click", (event) => {
    const segment = event.target.closest("button");
    if (!segment) return;
    whose = segment.dataset.whose;
    for (const one of segment.parentElement.children) one.setAttribute("aria-pressed", String(one === segment));
    filter();
  });
}

export function receiveChannels({ channels }) {
  routes = new Map(channels.map(({ id, route }) => [id, route]));
  const select = $("queue-filter");
  const kept = select.value;
  select.replaceChildren(new Option("All queues", ""), ...channels.map(({ id, name }) => new Option(name, id)));
  select.value = routes.has(kept) ? kept : "";
  filter();
}

export function receiveList(change) {
  applyList(change);
  filter();
}

function filter() {
  const queue = $("queue-filter").value;
  const rows = [...$("queue").children];
  let shown = 0;
  for (const row of rows) {
    row.hidden = (queue && row.dataset.queue !== queue) || (whose && row.dataset.whose !== whose);
    if (!row.hidden) shown += 1;
  }
  $("queue-count").textContent = shown;
  $("queue-count").hidden = rows.length === 0;
  $("queue-filtered").hidden = rows.length === 0 || shown > 0;
}
