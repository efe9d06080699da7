// What plays, as far as the rest of the page needs to know. The player itself is loaded when something is played.

import { toast } from "../ui/dom.js";
import { t } from "../ui/text.js";

/** The id of the episode that sounds, or is about to. */
let current = "";

/** Emits `change`. */
export const playing = new EventTarget();

/** @param {string} id */
export const isPlaying = (id) => current === id;

/** Told by the player. @param {string} id of the episode that sounds, or "" */
export function sounds(id) {
  current = id;
  playing.dispatchEvent(new Event("change"));
}

/** Loads the player: ahead, so that it plays without a connection, too, and within the press of a button. */
export const loadPlayer = () => import("./player.js");

/** Plays an episode, or pauses it if it is playing. @param {Episode} episode */
export const play = (episode) => loadPlayer().then((player) => player.play(episode), (error) => {
  console.error(error);
  toast(t("The player cannot be loaded just now."));
});

/** What the rest of the page may ask of the player; set by it when it is loaded. Stopping is done at once: the listener may be about to change. */
export const controls = { stop() {} };
