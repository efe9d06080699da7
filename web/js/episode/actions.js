// What a listener can do with an episode.

import { h, hush, icon, iconButton } from "../ui/dom.js";
import { library } from "../library/library.js";
import { isPlaying, play, playing } from "../player/playing.js";
import { t } from "../ui/text.js";

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

/** @param {string} action @param {Episode} episode */
const label = (action, { title }) => t("{action}: {title}", { action, title });

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

/**
 * A button that saves or likes an episode, pressed while it is. One that can only be saved has it in its first button.
 * @param {"bookmark" | "like"} type @param {Episode} episode @param {() => void} [done]
 */
export function toggleButton(type, episode, done) {
  const { id, audio_url: audio, url } = episode;
  const hidden = type === "bookmark" && !webUrl(audio) && !webUrl(url);
  const made = iconButton(type, label(type === "like" ? t("Like") : t("Save"), episode), () => { if (library.toggle(type, episode)) done?.(); else hush(); }, { hidden });
  return live(made, () => { made.ariaPressed = String(!!library.did(type, id)); });
}

/** @param {string} text @param {Action} [action] */
export const acknowledge = async (text, action) => (await import("./menu.js")).confirm(text, action);
