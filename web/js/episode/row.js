// Episodes as rows of a list.

import { live, playButton, toggleButton } from "./actions.js";
import { library } from "../library/library.js";
import { h } from "../ui/dom.js";
import { age, duration, joined } from "../ui/words.js";
import { art } from "./art.js";

/** The address of a page of the app. @param {string} view @param {string} key an id or a name, of any characters */
export const address = (view, key) => `#/${view}/${encodeURIComponent(key)}`;

/** @param {Episode} episode @param {...Node} more below the facts @returns {Live} */
export function episodeRow(episode, ...more) {
  const { id, title, language: lang, series } = episode;
  const buttons = [playButton(episode, "icon-button wordless"), toggleButton("bookmark", episode)];
  const opened = h("a", { href: address("episode", id), lang, onclick: () => library.record("click", episode) }, title);
  const of = series && h("a", { href: address("series", series.id) }, series.name || series.id);
  const item = row(episode, opened, [of, age(episode.published_at), duration(episode.duration_s)], ...buttons);
  item.querySelector(".text")?.append(...more);
  return live(item, () => buttons.forEach((one) => one.update()));
}

/** @param {Parameters<typeof art>[0]} shown @param {Node} title @param {(Node | string | false | null | undefined)[]} facts @param {...Node} buttons */
function row(shown, title, [first, ...others], ...buttons) {
  const rest = joined(/** @type {string[]} */ (others));
  return h("li.row-item", {}, art(shown),
    h("div.text", {}, h("p.title", {}, title), h("p.facts", {}, first, first && rest && "\u00a0· ", rest)), ...buttons);
}
