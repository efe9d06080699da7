// The listener's queue of episodes to play, and what else of the player stays on this device.

import { device } from "../device.js";
import { library } from "./library.js";

/** What this device keeps of the listener. @template T @param {string} name @param {T} otherwise @returns {T} */
export const kept = (name, otherwise) => device.read(`${name}.${library.outbox.uid}`, otherwise);

/** @param {string} name @param {unknown} value */
export function keep(name, value) {
  device.write(`${name}.${library.outbox.uid}`, value);
  library.tell();
}

/** @returns {Episode[]} the queue, the next one first */
export const list = () => kept("queue", /** @type {Episode[]} */ ([]));

/** @param {Episode[]} episodes */
export const replace = (episodes) => keep("queue", episodes.slice(0, 200));

/** @param {string} id */
const without = (id) => list().filter((one) => one.id !== id);

/** @param {string} id */
export const remove = (id) => replace(without(id));

/** Puts an episode into the queue, or elsewhere in it. @param {Episode} episode @param {number} place */
export const put = (episode, place) => replace(without(episode.id).toSpliced(place, 0, episode));

export const autoplay = () => kept("autoplay", true);

library.addEventListener("forgotten", () => ["queue", "autoplay", "playing"].forEach((name) => keep(name, null)));
