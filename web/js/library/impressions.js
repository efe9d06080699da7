// What was on the screen for a second or more: sent with a later call, and kept on this device until it is stored.

import { device, serverTime } from "../device.js";
import { auth } from "../auth/auth.js";

const VISIBLE_MS = 1000;
const MAX_KEPT = 300;

/** @type {WeakMap<Element, number>} */
const timers = new WeakMap();
export const key = (uid = auth().listener.uid) => `seen.${uid ?? ""}`;
/** Whether the API stores them now. */
const stores = () => auth().known && key() !== "seen.";
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
  const { id: episode_id = "", session: session_id = "", position } = card.dataset;
  const seen = { episode_id, session_id, position: Number(position), at: serverTime().toISOString() };
  device.write(key(), [...kept(key()), seen].slice(-MAX_KEPT));
  observer.unobserve(card);
}

/** @param {HTMLElement} card @param {string} session @param {number} [position] */
export function watch(card, session, position) {
  Object.assign(card.dataset, { session, position });
  observer.observe(card);
}

/**
 * Makes a call that carries what was seen, which is then forgotten if it is stored.
 * @template {{ degraded?: string[] }} A @param {(seen: Seen[]) => Promise<A>} make
 * @param {number} [least] a call that need not carry it does so from this many on, and only if they are stored
 */
export async function withSeen(make, least = 0) {
  const [name, stored, all] = [key(), stores(), kept(key())];
  const sent = !least || (stored && all.length >= least) ? all : [];
  const answer = await make(sent);
  if (stored && !answer.degraded?.includes("impressions_unsaved")) {
    const done = JSON.stringify(sent); // and maybe by another call
    device.write(name, kept(name).filter((one) => !done.includes(JSON.stringify(one))));
  }
  return answer;
}
