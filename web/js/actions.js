// What a listener can do with an episode, wherever it is shown.

import { $, button, h, icon, iconButton, toast } from "./dom.js";
import { library } from "./library.js";
import { isPlaying, play } from "./player.js";

/** @param {string | undefined} url if it leads to the web */
export const webUrl = (url = "") => /^https?:\/\//.test(url) ? url : "";

/** @param {HTMLElement} element @param {() => void} update @returns {Live} */
export function live(element, update) {
  update();
  return Object.assign(element, { update });
}

/** Play it here, or open it where it is. @param {Episode} episode @param {string} [kind] */
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
 * Pressed while it is saved, or liked.
 * @param {"bookmark" | "like"} type @param {Episode} episode @param {() => void} [done]
 */
export function toggleButton(type, episode, done) {
  const label = `${type === "like" ? "Like" : "Save"}: ${episode.title}`;
  const made = iconButton(type, label, () => { if (library.toggle(type, episode)) done?.(); });
  return live(made, () => { made.ariaPressed = String(!!library.did(type, episode.id)); });
}

/** To the page of an episode. @param {Episode} episode @param {object} traits @param {...(Node | string)} content */
export const link = (episode, traits, ...content) => h("a", {
  href: webUrl(episode.url), target: "_blank", rel: "noopener", onclick: () => library.record("click", episode), ...traits,
}, ...content);

/** @param {Episode} episode */
export async function share(episode) {
  const url = webUrl(episode.url) || webUrl(episode.audio_url);
  try {
    if (navigator.share) await navigator.share({ title: episode.title, url });
    else await navigator.clipboard.writeText(url);
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "AbortError") toast("It could not be shared.");
    return;
  }
  library.record("share", episode);
  if (!navigator.share) toast("Link copied.");
}

/** Say what was done, once it is kept here or at the API. @param {string} text @param {Action} [action] */
export async function acknowledge(text, action) {
  const { outbox, outbox: { refusals, fleeting } } = library;
  if (fleeting) toast("Not saved yet: this browser keeps nothing. Leave the page open until it is sent.");
  if (fleeting) await outbox.drain();
  if (outbox.fleeting || outbox.refusals > refusals) return;
  toast(!$("banner").hidden ? `${text} Kept on this device, not sent yet.` : text, action);
}

/** @param {string} id @param {string} name @param {SeriesField} field */
export function toggleSeries(id, name, field) {
  const on = !library.has(field, id);
  library.seriesNames.set(id, name);
  library.set(field, id, on);
  if (field === "followed_series") acknowledge(`${on ? "You follow" : "You no longer follow"} “${name}”.`);
}

/** @param {HTMLElement} opener @param {string} label @param {MenuItem[]} items */
export function openMenu(opener, label, items) {
  const menu = $("menu");
  menu.setAttribute("aria-label", label);
  menu.replaceChildren(...items.map(([name, text, press]) => {
    const item = button("", () => { menu.hidePopover(); press(); });
    item.append(icon(name), h("span", {}, text));
    return item;
  }));
  menu.showPopover({ source: opener });
  menu.querySelector("button")?.focus();
}
