// The menu of an episode: share it, find more like it, follow or mute its series.

import { acknowledge, webUrl } from "./actions.js";
import { call } from "../http/call.js";
import { $, announce, button, h, icon, iconButton, toast } from "../ui/dom.js";
import { library } from "../library/library.js";
import { episodeRow } from "./row.js";

const SIMILAR_COUNT = 5;

/**
 * @param {Episode} episode
 * @param {HTMLElement} opener the button beside which it opens
 * @param {HTMLElement} alike where similar episodes are shown
 * @param {(how: () => void) => void} leave hides the episode by what is done
 */
export function openEpisodeMenu(episode, opener, alike, leave) {
  const of = episode.series?.id ?? "";
  const series = episode.series?.name ?? of;
  const follows = library.has("followed_series", of);
  /** @type {MenuItem[]} */
  const items = [["share", "Share", () => share(episode)], ["similar", "More like this", () => showSimilar(episode, alike, opener)]];
  if (of) {
    items.push(
      [follows ? "check" : "plus", `${follows ? "Unfollow" : "Follow"} ${series}`, () => toggleSeries(of, series, "followed_series")],
      ["mute", `Mute ${series}`, () => leave(() => toggleSeries(of, series, "muted_series"))]);
  }
  openMenu(opener, episode.title, items);
}

/** @param {Episode} episode @param {HTMLElement} alike @param {HTMLElement} opener */
async function showSimilar(episode, alike, opener) {
  const close = iconButton("close", "Close", () => { alike.hidden = true; opener.focus(); });
  const top = h("h3", { tabindex: -1 }, "More like this");
  const list = h("ul", { role: "list" }, h("li.quiet", {}, "Looking…"));
  alike.replaceChildren(h("div.row", {}, top, close), list);
  alike.hidden = false;
  top.focus();
  try {
    const { episodes } = await call("GET", `/episodes/${encodeURIComponent(episode.id)}/similar?limit=${SIMILAR_COUNT}`);
    list.replaceChildren(...episodes.map((/** @type {Episode} */ one) => episodeRow(one)));
    if (!episodes.length) list.append(h("li.quiet", {}, "Nothing is like it."));
    announce(`${episodes.length} episodes like ${episode.title}.`);
  } catch (problem) {
    const { message } = /** @type {Error} */ (problem);
    list.replaceChildren(h("li.quiet", {}, `${message}. `, button("Try again", () => showSimilar(episode, alike, opener))));
  }
}

/** @param {Episode} episode */
async function share(episode) {
  const url = new URL(webUrl(episode.url) || webUrl(episode.audio_url), location.origin).href;
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
function openMenu(opener, label, items) {
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
