// What a listener can do with an episode, and what plays, as far as all pages need to know it.

import { h, hideToast, icon, iconButton, toast } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { library } from "../library/library.js";

/** Episodes as this visit has shown them, some with a reason. @type {Map<string, Episode>} */
const shown = new Map();

/** @param {string} id */
const key = (id) => `${library.outbox.uid} ${id}`;

/** @param {string} id */
export const known = (id) => shown.get(key(id));

/** @param {string | undefined} url @returns {string} the URL if it is http(s) or of this site, else "" */
export const webUrl = (url = "") => /^(https?:\/\/|\/(?!\/))/.test(url) ? url : "";

/** @param {HTMLElement} element @param {() => void} update @returns {Live} */
export function live(element, update) {
  update();
  return Object.assign(element, { update });
}

/** @param {HTMLElement | Document} within @param {string} which */
export const updateAll = (within, which) => within.querySelectorAll(which).forEach((one) => /** @type {Partial<Live>} */ (one).update?.());

/** The name of a button that does something with what has a title. @param {string} action @param {{title: string}} what */
export const label = (action, { title }) => t("{action}: {title}", { action, title });

let current = "";

/** Emits `change` when another episode sounds or none does, and `position` as it goes on: `player.at` answers where. */
export const playing = new EventTarget();

/** @param {string} id */
export const isPlaying = (id) => current === id;

/** @param {string} id of the episode that sounds, or "" */
export function sounds(id) {
  current = id;
  playing.dispatchEvent(new Event("change"));
}

/** `load` is set by main.js, the others by the player itself. @type {Player} */
export const player = { load: () => Promise.reject(), stop() {}, at: () => undefined };

/** @param {Episode} episode @param {number} [seconds] where to begin; without it where the listener stopped */
export const play = (episode, seconds) => player.load().then((loaded) => loaded.play(episode, seconds), (error) => {
  console.error(error);
  toast(t("The player cannot be loaded just now."));
});

/** Plays an episode; without audio it opens its page, without one it saves it. @param {Episode} episode @param {string} [kind] @returns {Live} */
export function playButton(episode, kind = "play strong") {
  const { id, audio_url: audio, url } = episode;
  shown.set(key(id), { ...known(id), ...episode });
  const [sounds, leads] = [webUrl(audio), webUrl(url)];
  const press = () => { if (sounds) play(episode); else if (library.toggle("bookmark", episode)) acknowledge(t("Saved.")); };
  const made = sounds || !leads ? h("button", { class: kind, "data-play": "", onclick: press })
    : h("a", { class: kind, href: leads, target: "_blank", rel: "noopener", onclick: () => library.record("click", episode) });
  return live(made, () => {
    const [name, action] = sounds ? (isPlaying(id) ? ["pause", t("Pause")] : ["play", t("Play")])
      : leads ? ["open", t("Open")] : library.did("bookmark", id) ? ["check", t("Saved")] : ["bookmark", t("Save")];
    if (made.textContent === action) return;
    made.replaceChildren(icon(name), h("span", {}, action));
    made.ariaLabel = label(action, episode);
  });
}

playing.addEventListener("change", () => updateAll(document, "[data-play]"));

/** By type: an icon, a name, and what is said once it is on. @type {Record<string, [icon: string, name: string, done: string]>} */
const TOGGLES = {
  bookmark: ["bookmark", t("Save"), t("Saved.")],
  like: ["like", t("Like"), t("Noted: more like this.")],
  not_interested: ["refuse", t("Not interested"), t("Noted: less like this.")],
};

/**
 * A button that saves, likes or refuses an episode, pressed while it is on. One that can only be saved has it in its first button.
 * @param {"bookmark" | "like" | "not_interested"} type @param {Episode} episode @param {Action} [next] offered once it is on
 */
export function toggleButton(type, episode, next) {
  const { id, audio_url: audio, url } = episode;
  const [name, action, done] = TOGGLES[type];
  const hidden = type === "bookmark" && !webUrl(audio) && !webUrl(url);
  const made = iconButton(name, label(action, episode), () => { if (library.toggle(type, episode)) acknowledge(done, next); else hideToast(); }, { hidden });
  return live(made, () => { made.ariaPressed = String(!!library.did(type, id)); });
}

/** @param {string} text @param {Action} [action] */
export const acknowledge = async (text, action) => (await import("./menu.js")).confirm(text, action);
