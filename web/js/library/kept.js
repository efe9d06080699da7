// Cards of the library's episodes, and notes of those saved last, to be read without a connection. They are in the
// browser's cache storage: localStorage holds less, and the outbox needs it.

import { Problem } from "../http/problem.js";
import { call } from "../auth/call.js";
import { library } from "./library.js";

const MAX_IDS = 50; // of a call
const MAX_NOTES = 100;
const MAX_NOTES_LENGTH = 5_000_000; // of all together
const CARDS = "kept-cards";

/** @type {Cache | undefined} */
let storage;
/** Emits `change`. `full`: the device does not store all of it. */
export const kept = Object.assign(new EventTarget(), { full: false });

const changed = () => kept.dispatchEvent(new Event("change"));
/** @param {string} place @returns {Promise<any> | undefined} */
const read = (place) => storage?.match(place).then((found) => found?.json()).catch(() => undefined);
/** @param {string} place @param {unknown} value */
const write = (place, value) => storage?.put(place, new Response(JSON.stringify(value))).then(() => { kept.full = false; }, () => {
  kept.full = true;
  changed();
});
/** @param {string} id */
const place = (id) => `kept/${encodeURIComponent(id)}`;

/** By the id that the engagements have, which may be a content id. @type {Map<string, Episode>} */
const cards = new Map();
/** @type {Set<string>} */
const asked = new Set();
let complete = ""; // the saved episodes of which all is kept

/** Settled when what is kept is known. */
export const ready = (async () => {
  const opened = await globalThis.caches?.open("earshot-kept").catch(() => undefined); // it may be switched off
  const found = await opened?.match(CARDS).then((answer) => answer?.json()).catch(() => undefined);
  for (const [id, card] of found ?? []) cards.set(id, card);
  storage = opened; // nothing is written before what was there is known
  kept.full = !storage;
  changed();
})();

/** @param {string} id */
export const keptEpisode = (id) => cards.get(id);
/** @param {string} id */
const fetchNotes = (id) => call("GET", `/episodes/${encodeURIComponent(id)}/notes`);

/** The notes of an episode, without a connection those on this device. @param {string} id @returns {Promise<{html: string}>} */
export const notesOf = (id) => fetchNotes(id).catch(async (problem) => {
  const notes = await read(place(id));
  if (!notes?.html) throw problem;
  return notes;
});

const known = () => new Set(library.engagements.map((one) => one.episode_id));
const saved = () => [...new Set(library.engagements.flatMap((one) => one.type === "bookmark" ? one.episode_id : []))];

/** @param {string[]} ids @returns {Promise<unknown>} */
export async function fetchCards(ids) {
  const some = ids.filter((id) => !asked.has(id)).slice(0, MAX_IDS);
  if (!some.length) return;
  for (const id of some) asked.add(id);
  try {
    const { episodes } = await call("GET", `/episodes?${new URLSearchParams(some.map((id) => ["id", id]))}`);
    const needed = known(); // the listener may have changed
    for (const one of episodes) for (const id of [one.id, one.content_id]) if (needed.has(id)) cards.set(id, one);
  } catch (problem) {
    for (const id of some) asked.delete(id);
    throw problem;
  }
  write(CARDS, [...cards]);
  changed();
  return fetchCards(ids);
}

/** Keeps what belongs to the library, and drops the rest. */
async function keep() {
  const [ids, needed] = [saved(), known()];
  const old = [...cards.keys()].filter((id) => !needed.has(id));
  for (const id of old) cards.delete(id);
  if (old.length) write(CARDS, [...cards]);
  if (complete === String(ids) || !storage) return;
  complete = String(ids);
  try {
    for (const { url } of await storage.keys()) {
      const id = decodeURIComponent(url.split("/kept/")[1] ?? "");
      if (id && !ids.slice(0, MAX_NOTES).includes(id)) await storage.delete(url);
    }
    await fetchCards(ids.filter((id) => !cards.has(id)));
    let room = MAX_NOTES_LENGTH;
    for (const id of ids.slice(0, MAX_NOTES)) {
      let notes = await read(place(id));
      if (!notes && room > 0) {
        notes = await fetchNotes(id).catch((problem) => {
          if (Problem.of(problem).status !== 404) throw problem;
          return { html: "" }; // it has none
        });
        if (saved().includes(id)) await write(place(id), notes);
      }
      room -= notes?.html.length ?? 0;
      if (room < 0) await storage.delete(place(id));
    }
  } catch {
    complete = ""; // the next change tries again
  }
}

library.addEventListener("recorded", (event) => {
  const { why, reason, ...card } = /** @type {CustomEvent<Episode>} */ (event).detail;
  if (!cards.has(card.id) && card.published_at) write(CARDS, [...cards.set(card.id, card)]);
});
library.addEventListener("change", keep);
addEventListener("online", keep);
ready.then(keep);
