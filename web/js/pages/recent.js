// Recent searches of the listener, kept on this device.

import { library } from "../library/library.js";
import { device } from "../library/memory.js";

const KEPT = 8;

const key = () => `searches.${library.outbox.uid ?? ""}`;

/** @returns {string[]} the newest first */
export const recentSearches = () => device.read(key(), []);

/** @param {string} words */
export function remember(words) {
  const q = words.trim();
  const others = recentSearches().filter((one) => one.toLowerCase() !== q.toLowerCase());
  if (q) device.write(key(), [q, ...others].slice(0, KEPT));
}

export const forgetSearches = () => device.drop(key());
