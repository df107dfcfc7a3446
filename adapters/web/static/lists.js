// Lists whose rows have keys: the server sends the order and only the rows that changed.

import { $, element } from "./page.js";
import { showTimes } from "./times.js";

/** Bring the list with this name up to date; rows that stay keep their focus. */
export function applyList({ list, order, rows }) {
  const place = $(list);
  const present = new Map([...place.children].map((row) => [row.dataset.key, row]));
  const focusedKey = place.contains(document.activeElement) ? document.activeElement.closest("li").dataset.key : null;
  for (const [key, html] of Object.entries(rows)) {
    const row = element(html);
    present.get(key)?.replaceWith(row);
    present.set(key, row);
  }
  const wanted = order.map((key) => present.get(key)).filter(Boolean);
  const kept = new Set(wanted);
  for (const row of [...place.children]) if (!kept.has(row)) row.remove();
  wanted.forEach((row, index) => {
    if (place.children[index] !== row) place.insertBefore(row, place.children[index] || null);
  });
  const empty = $(`${list}-empty`);
  if (empty) empty.hidden = wanted.length > 0;
  showTimes(place);
  if (focusedKey !== null && !place.contains(document.activeElement)) {
    present.get(focusedKey)?.querySelector("button")?.focus({ preventScroll: true });
  }
}

export const clearList = (list) => applyList({ list, order: [], rows: {} });
