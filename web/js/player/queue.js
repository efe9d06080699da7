// What is played next: the listener's queue, which stays on this device, then the feed.

import { webUrl } from "../episode/actions.js";
import { following } from "../feed/feed.js";
import { library } from "../library/library.js";
import { device } from "../library/memory.js";
import { toast } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { playing } from "./playing.js";

/** What was played since the page was opened, the last one at the end. @type {Episode[]} */
export const past = [];

/** What this device keeps of the listener. @template T @param {string} name @param {T} otherwise @returns {T} */
export const kept = (name, otherwise) => device.read(`${name}.${library.outbox.uid}`, otherwise);

/** @param {string} name @param {unknown} value */
export function keep(name, value) {
  device.write(`${name}.${library.outbox.uid}`, value);
  playing.dispatchEvent(new Event("change"));
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

/** @param {Episode} episode */
export function add(episode) {
  put(episode, Infinity);
  toast(t("Added to the queue."));
}

/** @param {Episode} episode */
export function playNext(episode) {
  put(episode, 0);
  toast(t("It plays next."));
}

export const autoplay = () => kept("autoplay", true);

/** @param {string} id */
export function fromFeed(id) {
  const gone = [id, ...[...past, ...list()].map((one) => one.id)];
  return following(id).find((one) => autoplay() && webUrl(one.audio_url) && !gone.includes(one.id) && !library.did("complete", one.id)
    && !library.did("not_interested", one.id) && !library.has("muted_series", one.series?.id ?? ""));
}

library.addEventListener("forgotten", () => ["queue", "autoplay", "playing"].forEach((name) => keep(name, null)));
