// What a listener can do with an episode.

import { $, announce, button, h, icon, iconButton, toast } from "./dom.js";
import { library } from "./library.js";
import { isPlaying, play } from "./player.js";

/** @param {string | undefined} url @returns {string} the URL if it is http(s), else "" */
export const webUrl = (url = "") => /^https?:\/\//.test(url) ? url : "";

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

/** @param {Episode} episode */
export async function share(episode) {
  const url = webUrl(episode.url) || webUrl(episode.audio_url) || location.origin;
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

/** @param {string} id @param {string} name @param {SeriesField} field */
export function toggleSeries(id, name, field) {
  const on = !library.has(field, id);
  library.seriesNames.set(id, name);
  library.set(field, id, on);
  if (field === "followed_series") acknowledge(`${on ? "You follow" : "You no longer follow"} “${name}”.`);
  else announce(`${on ? "Muted" : "No longer muted"}: “${name}”.`);
}

/**
 * Opens a menu beside its button; the browser closes it on Escape and on a click elsewhere.
 * @param {HTMLElement} opener @param {string} label @param {MenuItem[]} items
 */
export function openMenu(opener, label, items) {
  const menu = $("menu");
  menu.setAttribute("aria-label", label);
  menu.replaceChildren(...items.map(([name, text, press]) => {
    const item = button("", () => { menu.hidePopover(); press(); });
    item.append(icon(name), h("span", {}, text));
    return item;
  }));
  menu.showPopover();
  // Positioned here, because not every browser supports CSS anchors.
  const { right, top, bottom } = opener.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: tall } = menu;
  menu.style.left = `${Math.max(8, Math.min(right, innerWidth - 8) - wide)}px`;
  menu.style.top = `${bottom + tall + 8 < innerHeight ? bottom + 4 : Math.max(8, top - tall - 4)}px`;
  menu.querySelector("button")?.focus();
}
