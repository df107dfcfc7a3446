// Times in the zone of whoever looks at that part of the page, reckoned from the desk's clock.

import { browserZone } from "./page.js";

let ahead = 0; // milliseconds by which the desk's clock is ahead of this computer's

export const deskNow = () => new Date(Date.now() + ahead);

export function setDeskNow(iso) {
  ahead = new Date(iso) - Date.now();
  showTimes(document);
}

const formats = new Map();

export function inZone(date, zone, options) {
  const key = JSON.stringify([zone, options]);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone || browserZone, ...options }));
  }
  return formats.get(key).format(date);
}

const DAY = { year: "numeric", month: "numeric", day: "numeric" };
const CLOCK = { hour: "2-digit", minute: "2-digit" };

/** `14:05` today, `Fri 14:05` this week, `14 Nov, 14:05` otherwise. */
export function brief(date, zone) {
  const clock = inZone(date, zone, CLOCK);
  const now = deskNow();
  if (inZone(date, zone, DAY) === inZone(now, zone, DAY)) return clock;
  if (Math.abs(now - date) < 6 * 86400e3) return `${inZone(date, zone, { weekday: "short" })} ${clock}`;
  return `${inZone(date, zone, { day: "numeric", month: "short" })}, ${clock}`;
}

export function full(date, zone) {
  const words = inZone(date, zone, { weekday: "long", day: "numeric", month: "long", ...CLOCK });
  return `${words} (${place(zone)})`;
}

/** `Europe/Warsaw` as people say it. */
export const place = (zone) => (zone || browserZone).split("/").pop().replaceAll("_", " ");

export function showTimes(root) {
  for (const time of root.querySelectorAll("time[data-at]")) {
    const zone = time.closest("[data-zone]")?.dataset.zone;
    const date = new Date(time.dateTime);
    time.textContent = brief(date, zone);
    time.title = full(date, zone);
  }
  for (const due of root.querySelectorAll("[data-due]")) {
    due.title = full(new Date(due.dataset.due), due.closest("[data-zone]")?.dataset.zone);
  }
}

setInterval(() => showTimes(document), 60_000);
