// What lists are made of: an episode as a row or as a tile, a show as a tile.

import { h, link } from "../ui/dom.js";
import { age, count, duration, joined, t } from "../ui/text.js";
import { watch } from "../library/impressions.js";
import { library } from "../library/library.js";
import { live, playButton, toggleButton } from "./actions.js";
import { art } from "./art.js";

/** @param {Episode["series"]} series */
export const seriesLink = (series) => series && link("series", series.id, series.name || series.id);

/** @param {Episode} episode @param {...Node} more below the facts @returns {Live} */
export function episodeRow(episode, ...more) {
  const { id, title, language, series } = episode;
  const buttons = [playButton(episode, "icon-button wordless"), toggleButton("bookmark", episode)];
  const opened = link("episode", id, title);
  opened.addEventListener("click", () => library.record("click", episode));
  const rest = joined([age(episode.published_at), duration(episode.duration_s)]);
  return live(h("li.row-item", {}, art(episode), h("div.text", {}, h("p.title", { lang: language }, opened),
    h("p.facts", {}, series && h("span.of", {}, seriesLink(series)), rest), ...more), ...buttons), () => buttons.forEach((one) => one.update()));
}

/** @param {Parameters<typeof art>[0]} shown @param {Node} name that leads to its page @param {...Node} more */
export const tile = (shown, name, ...more) => h("li.tile", {}, h("div.cover", {}, art(shown)), h("h3.title", {}, name), ...more);

/** @param {SeriesCard} series */
export function seriesTile({ id, name, episodes, topics = [], image_url }) {
  const title = name || id;
  return tile({ title, image_url }, link("series", id, title), h("p.facts", {}, joined([count(episodes, "One episode", "{n} episodes"), topics[0]])));
}

/** @param {Episode} episode @param {string} session */
export function episodeTile(episode, session) {
  const { id, title, series, language: lang } = episode;
  const opened = link("episode", id, title);
  const started = playButton(episode, "icon-button big wordless");
  const facts = h("p.facts", { dir: "auto" });
  const item = tile(episode, opened, h("p.facts", {}, seriesLink(series)), facts);
  item.dataset.id = id;
  item.firstElementChild?.append(started);
  opened.lang = lang ?? "";
  watch(item, session, episode.queue_position);
  return live(item, () => {
    started.update();
    const length = duration(episode.duration_s, library.did("listen", id)?.progress);
    facts.textContent = joined([length || age(episode.published_at), episode.explicit && t("Explicit")]);
    item.hidden = library.has("muted_series", series?.id ?? "") || !!library.did("not_interested", id);
  });
}
