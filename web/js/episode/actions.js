// What a listener can do with an episode.

import { $, h, icon, iconButton, toast } from "../ui/dom.js";
import { library } from "../library/library.js";
import { isPlaying, play } from "../player/playing.js";

/** @param {string | undefined} url @returns {string} the URL if it is http(s) or of this site, else "" */
export const webUrl = (url = "") => /^(https?:\/\/|\/(?!\/))/.test(url) ? url : "";

/** @param {HTMLElement} element @param {() => void} update @returns {Live} */
export function live(element, update) {
  update();
  return Object.assign(element, { update });
}

/** A button that plays the episode, or a link to its page. @param {Episode} episode @param {string} [kind] @returns {Live} */
export function playButton(episode, kind = "play strong") {
  const { title } = episode;
  if (!webUrl(episode.audio_url)) {
    const href = webUrl(episode.url);
    const traits = { class: kind, "aria-label": `Open: ${title}`, hidden: !href };
    return live(link(episode, traits, icon("open"), h("span", {}, "Open")), () => {});
  }
  const made = h("button", { class: kind, onclick: () => play(episode) });
  return live(made, () => {
    const label = isPlaying(episode.id) ? "Pause" : "Play";
    if (made.textContent === label) return;
    made.replaceChildren(icon(label.toLowerCase()), h("span", {}, label));
    made.setAttribute("aria-label", `${label}: ${title}`);
  });
}

/**
 * A button that saves or likes an episode, pressed while it is.
 * @param {"bookmark" | "like"} type @param {Episode} episode @param {() => void} [done]
 */
export function toggleButton(type, episode, done) {
  const label = `${type === "like" ? "Like" : "Save"}: ${episode.title}`;
  const made = iconButton(type, label, () => { if (library.toggle(type, episode)) done?.(); });
  return live(made, () => { made.ariaPressed = String(!!library.did(type, episode.id)); });
}

/** A link to the episode's page that records a click. @param {Episode} episode @param {object} traits @param {...(Node | string)} content */
export const link = (episode, traits, ...content) => h("a", {
  href: webUrl(episode.url), target: "_blank", rel: "noopener", onclick: () => library.record("click", episode), ...traits,
}, ...content);

/**
 * Confirms an action once it is stored, and says where: at the API, or only on this device. What the device cannot
 * store is confirmed when the API has accepted it.
 * @param {string} text @param {Action} [action]
 */
export async function acknowledge(text, action) {
  const { outbox } = library;
  const { refusals } = outbox;
  if (outbox.volatile) {
    toast("Not saved yet: this browser keeps nothing. Leave the page open until it is sent.");
    await outbox.drain();
  }
  if (outbox.volatile || outbox.refusals > refusals) return;
  toast(text + whereKept(), action);
}

/** Says if a write is only on this device. */
function whereKept() {
  if (library.withoutUser) return " Kept on this device until you sign in.";
  return $("banner").hidden ? "" : " Kept on this device, not sent yet.";
}
