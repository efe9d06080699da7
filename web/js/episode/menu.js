// The menu of an episode, and how actions are confirmed.

import { acknowledge, webUrl } from "./actions.js";
import { $, address, announce, h, icon, styles, toast } from "../ui/dom.js";
import { library } from "../library/library.js";
import { put } from "../library/queue.js";
import { t } from "../ui/text.js";

/** @param {Episode} episode @param {HTMLElement} opener @param {(how: () => void) => void} [leave] for one that goes */
export function openEpisodeMenu(episode, opener, leave) {
  const { id, title, series } = episode;
  const of = series?.id ?? "";
  const name = series?.name || of;
  const follows = library.has("followed_series", of);
  openMenu(opener, title, [
    ...(webUrl(episode.audio_url) ? /** @type {MenuItem[]} */ ([
      ["ahead", t("Play next"), () => { put(episode, 0); toast(t("It plays next.")); }],
      ["plus", t("Add to queue"), () => { put(episode, Infinity); toast(t("Added to the queue.")); }]]) : []),
    ["share", t("Share"), () => share(episode)],
    ["similar", t("More like this"), () => { location.hash = `${address("episode", id)}?similar`; }],
    ...(of ? /** @type {MenuItem[]} */ ([
      [follows ? "check" : "plus", follows ? t("Unfollow {name}", { name }) : t("Follow {name}", { name }), () => toggleSeries(of, name, "followed_series")],
      ["mute", t("Mute {name}", { name }), () => leave ? leave(() => toggleSeries(of, name, "muted_series", true)) : toggleSeries(of, name, "muted_series")]]) : [])]);
}

/** @param {Episode} episode */
export async function share(episode) {
  const { id, title } = episode;
  const url = new URL(`/episode/${encodeURIComponent(id)}`, location.href).href;
  try {
    if (navigator.share) await navigator.share({ title, url });
    else await navigator.clipboard.writeText(url);
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "AbortError") toast(t("Its address is {url}", { url }));
    return;
  }
  library.record("share", episode);
  if (!navigator.share) toast(t("Link copied."));
}

/** @param {string} id @param {string} name @param {SeriesField} field @param {boolean} [quietly] the page says it itself */
export function toggleSeries(id, name, field, quietly) {
  const on = !library.has(field, id);
  library.seriesNames.set(id, name);
  library.set(field, id, on);
  const said = field === "muted_series" ? on ? t("Muted: “{name}”.", { name }) : t("No longer muted: “{name}”.", { name })
    : on ? t("You follow “{name}”.", { name }) : t("You no longer follow “{name}”.", { name });
  if (quietly) announce(said);
  else acknowledge(said, [t("Undo"), () => library.set(field, id, !on)]);
}

/** @param {HTMLElement} opener @param {string} label @param {MenuItem[]} items */
async function openMenu(opener, label, items) {
  await styles("pages");
  const menu = $("menu");
  menu.setAttribute("aria-label", label);
  menu.replaceChildren(...items.map(([name, text, press]) =>
    h("button", { onclick: () => { menu.hidePopover(); press(); } }, icon(name), h("span", {}, text))));
  menu.showPopover();
  // Positioned here, because not every browser supports CSS anchors.
  const { left, right, top, bottom } = opener.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: tall } = menu;
  const start = opener.matches(":dir(rtl)") ? left : right - wide;
  menu.style.left = `${Math.max(8, Math.min(start, innerWidth - 8 - wide))}px`;
  menu.style.top = `${bottom + tall + 12 < innerHeight ? bottom + 4 : Math.max(8, top - tall - 4)}px`;
  menu.querySelector("button")?.focus();
}

/** Confirms an action once it is stored: on the device, or if that is full by the API. @param {string} text @param {Action} [action] */
export async function confirm(text, action) {
  const { outbox } = library;
  const { refusals } = outbox;
  if (outbox.volatile) {
    toast(t("Not saved yet: this browser keeps nothing. Leave the page open until it is sent."));
    await outbox.drain();
  }
  if (outbox.volatile || outbox.refusals > refusals) return;
  const where = library.withoutUser ? t("Kept on this device until you sign in.") : $("banner").hidden ? "" : t("Kept on this device, not sent yet.");
  toast(`${text} ${where}`.trim(), action);
}
