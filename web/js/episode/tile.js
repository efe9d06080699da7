// An episode or a series as a cover with its name below: on a rail, and in the grid of a whole shelf.

import { live, playButton } from "./actions.js";
import { art } from "./art.js";
import { h } from "../ui/dom.js";
import { watch } from "../library/impressions.js";
import { library } from "../library/library.js";
import { count, t } from "../ui/text.js";
import { age, duration, joined } from "../ui/words.js";

/** @param {Pick<Shelf, "episodes" | "series">} shelf @param {string} session which showed it @returns {HTMLElement[]} */
export const tilesOf = ({ episodes, series = [] }, session) => episodes?.map((one) => episodeTile(one, session)) ?? series.map(seriesTile);

/** @param {string} id */
const seriesPage = (id) => `#/series/${encodeURIComponent(id)}`;

/** @param {Episode} episode @param {string} session */
function episodeTile(episode, session) {
  const { id, title, series, language: lang } = episode;
  const started = playButton(episode, "icon-button big wordless");
  const facts = h("p.facts", { dir: "auto" });
  const item = h("li.tile", { "data-id": id }, h("div.cover", {}, art(episode), started),
    h("h3.title", { lang }, h("a", { href: `#/episode/${encodeURIComponent(id)}` }, title)),
    series && h("p.facts", {}, h("a", { href: seriesPage(series.id) }, series.name || series.id)), facts);
  watch(item, session, episode.queue_position);
  return live(item, () => {
    started.update();
    const left = duration(episode.duration_s, library.did("listen", id)?.progress);
    facts.textContent = joined([left, !left && age(episode.published_at), episode.explicit && t("Explicit")]);
    item.hidden = library.has("muted_series", series?.id ?? "") || !!library.did("not_interested", id);
  });
}

/** @param {SeriesCard} series */
function seriesTile({ id, name, episodes, topics = [], image_url }) {
  const title = name || id;
  const facts = [count(episodes, "One episode", "{n} episodes"), ...topics.slice(0, 1)];
  return h("li.tile", {}, h("div.cover", {}, art({ title, image_url, series: { id, name: title } })),
    h("h3.title", {}, h("a", { href: seriesPage(id) }, title)), h("p.facts", {}, joined(facts)));
}

/** Makes a row of tiles one stop of the Tab key, and the arrow keys move within. @param {HTMLElement} row */
export function rove(row) {
  const stops = (/** @type {Element} */ one) => /** @type {NodeListOf<HTMLElement>} */ (one.querySelectorAll("a, button"));
  const enter = (/** @type {Element} */ tile) => {
    for (const one of row.children) for (const stop of stops(one)) stop.tabIndex = one === tile ? 0 : -1;
  };
  if (row.firstElementChild) enter(row.firstElementChild);
  row.addEventListener("focusin", ({ target }) => enter(/** @type {Element} */ (/** @type {Element} */ (target).closest(".tile"))));
  row.addEventListener("keydown", (event) => {
    const [back, on] = getComputedStyle(row).direction === "rtl" ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    const tiles = [...row.children].filter((one) => !(/** @type {HTMLElement} */ (one)).hidden);
    const at = tiles.findIndex((one) => one.contains(document.activeElement));
    const to = { [back]: at - 1, [on]: at + 1, Home: 0, End: tiles.length - 1 }[event.key];
    const next = to !== undefined && tiles[to]?.querySelector(".title a");
    if (next) { event.preventDefault(); /** @type {HTMLElement} */ (next).focus(); }
  });
}
