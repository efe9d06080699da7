// "Why this?": the parts of an episode's score, as bars. And what was missing from an answer, in words.

import { h } from "../ui/dom.js";
import { joined, plain, t } from "../ui/text.js";

/** @type {Record<string, string>} by part of the score; one that has several windows of time is their sum */
const PARTS = {
  similarity: t("Like your taste"), cold: t("Taste, not known yet"), interest: t("Like one you picked"), neighbours: t("Picked with it by others"),
  age: t("Its age"), promise: t("Promising"), unseen: t("Little known"), popularity: t("Popular"), rise: t("Rising"), quality: t("Quality"), estimated: t("Quality, estimated"), recency: t("New"),
  completion: t("Heard to the end"), series: t("Its show"), category: t("Its topics"), unfinished: t("Half heard"), aversion: t("Like what you disliked"),
  served: t("Shown before"), fatigue: t("Seen before"), era: t("Its time"), seed: t("Like what you asked for"),
};

/** @type {Record<string, string>} */
const SOURCES = {
  similar: t("like your taste"), interests: t("like something you picked"), neighbours: t("what others picked with it"),
  series: t("shows you follow or often hear"), unfinished: t("half heard"), trending: t("trending"), popular: t("popular"), fresh: t("new"),
  stated: t("your interests"), exploration: t("something new by chance"), seed: t("what you asked for"),
};

/** @type {Record<string, string>} by reason: the parts that speak of it, if their names are not its own */
const SPOKEN = { others: "neighbours", trending: "rise popularity", trending_in: "rise popularity", fresh: "recency age" };

/** What is the operator's to know; and a new listener lacks nothing. */
const INTERNAL = /^(catalog|impressions|insights|retrieval|vectors)_|^summary_missing$/;

/** @type {Record<string, string>} by cause of degradation */
const WITHOUT = {
  summary_timeout: t("your history came too late"),
  summary_unavailable: t("your history is out of reach"), summary_unreadable: t("your history cannot be read"),
  identity_unavailable: t("your sign-in cannot be checked just now"), clock_ahead: t("a device's clock runs ahead"),
  all_too_long: t("nothing is as short"), time_unfilled: t("shorter than you asked for"),
  freshness_widened: t("older episodes included"), series_limit_relaxed: t("more from the same show"),
  languages_unreadable: t("every language included"), no_language_match: t("nothing in your languages"),
  all_muted: t("everything is muted"), all_excluded: t("you have heard everything"), none_published: t("nothing is out yet"),
  none_fresh: t("nothing is new enough"), no_scores: t("nothing is rated"),
  all_below_quality: t("nothing is good enough"), all_ruled_out: t("nothing fits the rules"),
  search_index_missing: t("no search yet"), search_index_unavailable: t("search is out"),
  query_embedding_unavailable: t("words alone were sought"), seed_unmatched: t("the seed matches nothing"),
  notes_unavailable: t("no notes"), transcripts_unavailable: t("no transcripts"), conversation_unavailable: t("the talk so far"),
  model_unavailable: t("no model just now"), model_blocked: t("the model refuses this"), answer_incomplete: t("the answer broke off"),
};

/** @param {Record<string, string>} words @param {string} name */
const wordFor = (words, name) => words[name] ?? plain(name);

/** @param {string[]} degraded */
export const causes = (degraded) => joined(degraded.filter((name) => !INTERNAL.test(name)).map((name) => wordFor(WITHOUT, name)));

/** What a reason names, and the parts that speak of it. @param {Reason | undefined} reason @returns {[string?, string?]} */
function spokenOf({ key, params: { category, title, series, text } } = { key: "", params: {}, text: "" }) {
  return [title ?? category ?? series ?? text, SPOKEN[key] ?? (title ? "interest similarity" : category ? "similarity" : series ? "series" : key)];
}

/** @param {Episode} episode */
export function whyPanel({ reason, final_score: score = 0, why, estimated }) {
  if (!why) return h("p", {}, t("This session has no scores to show."));
  /** @type {Record<string, number>} */
  const sums = {};
  for (const { name, given } of why.parts) {
    const [whole] = name.split("_");
    sums[whole] = (sums[whole] ?? 0) + given;
  }
  const parts = Object.entries(sums).sort(([, one], [, other]) => other - one);
  const most = Math.max(...parts.map(([, given]) => Math.abs(given)), 0.01);
  const [named, spoken = ""] = spokenOf(reason);
  const main = parts.find(([name]) => spoken.includes(name));
  if (main) parts.unshift(...parts.splice(parts.indexOf(main), 1)); // what the reason says comes first
  return h("div", {},
    h("dl.bars", {}, ...parts.flatMap((part) => {
      const [name, given] = part;
      const bar = h("span", { class: given < 0 ? "share less" : "share" });
      bar.style.setProperty("--share", `${(100 * Math.abs(given)) / most}%`);
      return [h("dt", {}, wordFor(PARTS, name === "quality" && estimated?.includes(name) ? "estimated" : name), part === main && named && h("strong", {}, `\u00a0· ${named}`)), h("dd", {}, bar, h("span.given", {}, given.toFixed(2)))];
    })),
    h("p", {}, t("Total {score}.", { score: score.toFixed(2) })),
    h("p", {}, t("Proposed as: {sources}.", { sources: why.sources.map((source) => wordFor(SOURCES, source)).join(", ") })));
}
