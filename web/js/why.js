// "Why this?": the parts of an episode's score, as bars.

import { h } from "./dom.js";
import { PARTS, wordFor, SOURCES } from "./words.js";

/** @param {Trace | undefined} trace @param {number} place from 1 on @param {boolean} cold no taste is known */
export function whyOf(trace, place, cold) {
  const sources = trace?.proposed_by[place - 1];
  if (!trace || !sources) return undefined;
  const parts = Object.entries(trace.parts)
    .map(([name, given]) => ({ name: cold && name === "similarity" ? "cold" : name, given: given[place - 1] }))
    .filter(({ given }) => Math.abs(given) >= 0.005); // visible as 0.01 or more
  return { sources, parts };
}

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
