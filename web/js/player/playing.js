// What plays, as far as the rest of the page needs to know.

import { toast } from "../ui/dom.js";
import { t } from "../ui/text.js";

let current = "";

/** Emits `change` when another episode sounds or none does, and `position` as it goes on: `controls.at` answers where. */
export const playing = new EventTarget();

/** @param {string} id */
export const isPlaying = (id) => current === id;

/** @param {string} id of the episode that sounds, or "" */
export function sounds(id) {
  current = id;
  playing.dispatchEvent(new Event("change"));
}

/** Loads the player: ahead, because a browser lets sound begin within the press of a button only. */
export const loadPlayer = () => import("./bar.js");

/** @param {Episode} episode @param {number} [seconds] */
export const playAt = (episode, seconds) => loadPlayer().then((player) => player.play(episode, seconds), (error) => {
  console.error(error);
  toast(t("The player cannot be loaded just now."));
});

/** @param {Episode} episode */
export const play = (episode) => playAt(episode);

/** Set by the player. Stopping is done at once: the listener may be about to change. */
export const controls = {
  stop(records = true) {},
  /** The position in an episode, if the player holds it. @type {(id: string) => number | undefined} */
  at: () => undefined,
};
