// The page of an episode.

import { live, playButton, toggleButton } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { call } from "../http/call.js";
import { Problem } from "../http/problem.js";
import { $, button, emptyState, h, styles } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { age, duration, joined } from "../ui/words.js";
import { entitle } from "../router.js";

styles("pages");

/** The id of the episode that is shown. */
let shown = "";
/** What follows the library and the player. @type {Live[]} */
let alive = [];

export const update = () => alive.forEach((one) => one.update());

/** @param {string} id */
export async function show(id) {
  shown = id;
  alive = [];
  entitle("episode", t("Episode"));
  $("episode").replaceChildren(h("p.quiet", {}, t("Loading…")));
  try {
    const episode = await call("GET", `/episodes/${encodeURIComponent(id)}`);
    if (id === shown) draw(episode);
  } catch (problem) {
    if (id === shown) explain(Problem.of(problem), id);
  }
}

/** @param {Problem} problem @param {string} id */
function explain({ status, message, detail }, id) {
  const [title, why, way] = status === 404
    ? [t("This episode has left the catalog"), t("There is more to hear in your feed."), h("a.strong", { href: "#/" }, t("To the feed"))]
    : [message, detail, button(t("Try again"), () => show(id), { class: "strong" })];
  $("episode").replaceChildren(emptyState(title, why, way));
}

/** @param {Episode} episode */
function draw(episode) {
  const { title, series, language: lang } = episode;
  entitle("episode", title);
  const name = series?.name || series?.id;
  const started = playButton(episode);
  const saved = toggleButton("bookmark", episode);
  alive = [started, saved, live(h("p.facts"), () => {})];
  $("episode").replaceChildren(art(episode), h("div.head", {},
    series && h("p.series", {}, h("a", { href: `#/series/${encodeURIComponent(series.id)}` }, name)),
    h("p.facts", {}, joined([age(episode.published_at), duration(episode.duration_s), episode.explicit && t("Explicit")])),
    h("div.actions", {}, started, saved), h("p", { lang }, episode.key_insight ?? episode.description)));
}
