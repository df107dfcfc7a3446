// Requests that change something. One that may have arrived is sent again with the same id, so it happens once.

import { browserZone, page, sleep } from "./page.js";

const PATIENCE = [300, 1000, 2000, 4000, 8000];
const RETRIED = new Set([408, 429, 502, 503, 504]);

/** The server took the request and said no. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** One attempt. Throws `Refused` for a final no, and anything else when it may be tried again. */
export async function attempt(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Firstline-Token": page.token,
      "X-Firstline-Timezone": browserZone,
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout?.(30_000),
  });
  if (RETRIED.has(response.status)) {
    const error = new Error(`status ${response.status}`);
    error.wait = Math.min(Number(response.headers.get("Retry-After")) || 0, 30) * 1000;
    throw error;
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer.error || "This did not work. Please try again.");
  return answer;
}

/** Attempts until there is an answer or a no. `waiting` is told once when it takes more than one. */
export async function persist(path, body, waiting = () => {}) {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(path, body);
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (tries === 0) waiting();
      await sleep(pause(tries, error));
    }
  }
}

/** How long to wait before the next attempt, a little different in every browser. */
export function pause(tries, error) {
  const usual = PATIENCE[Math.min(tries, PATIENCE.length - 1)];
  return Math.max(usual, error.wait || 0) * (0.8 + 0.4 * Math.random());
}
