// "Why this?": the parts of an episode's score, as bars.

import { h } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { wordFor } from "../ui/words.js";

/** @type {Record<string, string>} by part of the score; one that has several windows of time is their sum */
const PARTS = {
  similarity: t("Like your taste"), cold: t("Taste, not known yet"), interest: t("Like one you picked"), neighbours: t("Picked with it by others"),
  age: t("Its age"), promise: t("Promising"), unseen: t("Little known"), popularity: t("Popular"), rise: t("Rising"), quality: t("Quality"), recency: t("New"),
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

/** What a reason names, and the parts that speak of it. @param {Reason | undefined} reason @returns {[string?, string?]} */
function spokenOf({ key, params: { category, title, series, text } } = { key: "", params: {}, text: "" }) {
  return [title ?? category ?? series ?? text, SPOKEN[key] ?? (title ? "interest similarity" : category ? "similarity" : series ? "series" : key)];
}

/** @param {Episode} episode */
export function whyPanel({ reason, final_score: score = 0, why }) {
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
      return [h("dt", {}, wordFor(PARTS, name), part === main && named && h("strong", {}, `\u00a0· ${named}`)), h("dd", {}, bar, h("span.given", {}, given.toFixed(2)))];
    })),
    h("p", {}, t("Total {score}.", { score: score.toFixed(2) })),
    h("p", {}, t("Proposed as: {sources}.", { sources: why.sources.map((source) => wordFor(SOURCES, source)).join(", ") })));
}
