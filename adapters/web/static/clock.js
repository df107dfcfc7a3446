// The clock of a demonstration: what it shows, and moving it.

import { $, browserZone, page } from "./page.js";
import { toast } from "./notices.js";
import { attempt } from "./requests.js";
import { deskNow, inZone, place, setDeskNow } from "./times.js";

const SHAPE = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
const HOUR = { weekday: "short", hour: "2-digit", minute: "2-digit" };

export function startClock() {
  if (page.mode !== "demo") return;
  const open = $("clock-open");
  const tools = $("clock-tools");
  open.addEventListener("click", () => {
    const shown = tools.classList.toggle("shown");
    open.ariaExpanded = String(shown);
  });
  tools.addEventListener("click", (event) => {
    const { minutes, to } = event.target.closest("button")?.dataset ?? {};
    if (minutes) move({ minutes: Number(minutes) });
    if (to) move({ to });
  });
  $("clock-set").addEventListener("submit", (event) => {
    event.preventDefault();
    if ($("clock-at").value) move({ to: $("clock-at").value });
  });
  $("clock-at").addEventListener("focus", (event) => {
    const swedish = deskNow().toLocaleString("sv-SE", { timeZone: page.zone, dateStyle: "short", timeStyle: "short" });
    event.target.value ||= swedish.replace(" ", "T"); // `2026-03-02 08:00`: Swedes write dates as forms want them
  });
  $("employee").addEventListener("change", show);
  setInterval(show, 1000);
}

async function move(how) {
  try {
    setDeskNow((await attempt("/api/clock", how)).now);
    show();
  } catch (error) {
    toast(error.message.startsWith("status") ? "The clock could not be moved just now." : error.message);
  }
}

/** `clock` of the stream: in this window or another one, somebody moved it. */
export function receive({ now }) {
  setDeskNow(now);
  if (page.mode === "demo") show();
}

function show() {
  const now = deskNow();
  const company = page.zone || browserZone;
  const employee = $("employee").selectedOptions[0]?.dataset.zone || company;
  set("clock-company", `${inZone(now, company, SHAPE)} ${place(company)}`);
  const same = inZone(now, company, HOUR) === inZone(now, employee, HOUR);
  set("clock-employee", same ? "" : `${inZone(now, employee, HOUR)} ${place(employee)}`);
}

function set(id, words) {
  if ($(id).textContent !== words) $(id).textContent = words;
}
