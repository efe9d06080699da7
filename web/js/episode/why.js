// "Why this?": the parts of an episode's score, as bars. Loaded when first opened.

import { h } from "../ui/dom.js";
import { wordFor } from "../ui/words.js";

/** @type {Record<string, string>} by part of the score */
const PARTS = {
  similarity: "Like your taste", cold: "Taste, not known yet", interest: "Like one you picked", neighbours: "Picked with it by others",
  neighbours_latest: "Follows your last", neighbours_long: "Follows your picks", age: "Its age", promise: "Promising", unseen: "Little known",
  popularity_day: "Popular today", popularity_week: "Popular this week", popularity_month: "Popular this month", popularity_ever: "Popular",
  rise_day: "Rising today", rise_week: "Rising", rise_month: "On the way up", quality: "Quality", recency: "New",
  completion: "Heard to the end", series: "Its series", category: "Its topics", unfinished: "Half heard",
  aversion: "Like what you disliked", served: "Shown before", fatigue: "Seen before", era: "Its time", seed: "Like what you asked for",
};

/** @type {Record<string, string>} by source */
const SOURCES = {
  similar: "like your taste", interests: "like something you picked", neighbours: "what others picked with it",
  series: "series you follow or often hear", unfinished: "half heard", trending: "trending", popular: "popular", fresh: "new",
  stated: "your interests", exploration: "something new by chance", seed: "what you asked for",
};

/** @param {Episode} episode */
export function whyPanel({ reason, final_score: score = 0, why }) {
  if (!why) return h("p", {}, "This session has no scores to show.");
  const parts = why.parts.toSorted((a, b) => b.given - a.given);
  const most = Math.max(...parts.map(({ given }) => Math.abs(given)), 0.01);
  const title = reason?.params.title;
  return h("div", {},
    h("dl.bars", {}, ...parts.flatMap(({ name, given }) => {
      const bar = h("span", { class: given < 0 ? "share less" : "share" });
      bar.style.setProperty("--share", `${(100 * Math.abs(given)) / most}%`);
      return [h("dt", {}, wordFor(PARTS, name)), h("dd", {}, bar, h("span.given", {}, given.toFixed(2)))];
    })),
    h("p", {}, `Total ${score.toFixed(2)}.`, title && ` Mostly because of “${title}”.`),
    h("p", {}, `Proposed as: ${why.sources.map((name) => wordFor(SOURCES, name)).join(", ")}.`));
}
