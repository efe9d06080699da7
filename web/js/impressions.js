// What was on the screen for a second or more: sent with the next call, and kept on this device until it is stored.

import { call } from "./api.js";
import { auth } from "./auth.js";
import { serverTime } from "./clock.js";
import { device } from "./memory.js";

const VISIBLE_MS = 1000;
const MAX_KEPT = 300;

/** The timers of the cards on the screen. @type {Map<Element, number>} */
const timers = new Map();
const key = () => `seen.${auth().listener.uid ?? ""}`;
/** @param {string} name @returns {Seen[]} the oldest first */
const kept = (name) => device.read(name, []);

const observer = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    clearTimeout(timers.get(target));
    if (isIntersecting) timers.set(target, setTimeout(saw, VISIBLE_MS, target));
  }
}, { threshold: 0.5 });

/** @param {HTMLElement} card */
function saw(card) {
  const { id = "", session = "", position } = card.dataset;
  const seen = { episode_id: id, session_id: session, position: Number(position), at: serverTime().toISOString() };
  device.write(key(), [...kept(key()), seen].slice(-MAX_KEPT));
  observer.unobserve(card);
}

/** Notes when a card was seen. @param {HTMLElement} card @param {string} session @param {number} [position] */
export function watch(card, session, position) {
  Object.assign(card.dataset, { session, position });
  observer.observe(card);
}

/**
 * Makes a call that carries what was seen, which the device of a signed-in listener then forgets.
 * @template {{ degraded?: string[] }} A @param {(seen: Seen[]) => Promise<A>} make
 */
export async function withSeen(make) {
  const name = key();
  const sent = kept(name);
  const answer = await make(sent);
  if (name !== "seen." && !answer.degraded?.includes("impressions_unsaved")) device.write(name, kept(name).slice(sent.length));
  return answer;
}

/** Sends what no later call may carry, when the page goes away. */
export function sendSeen() {
  const [first] = kept(key());
  if (!first || key() === "seen." || !auth().known) return;
  withSeen((seen) => call("POST", "/me/impressions", { session_id: first.session_id, seen })).catch(() => {}); // it is kept
}
