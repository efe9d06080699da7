// The stages as a chart: one bar per stage, which opens to its episodes.

import { h } from "../js/ui/dom.js";
import { plain } from "../js/ui/words.js";

/** @param {LabSession} session */
export function stages({ trace, detail }) {
  const { catalog, candidates } = trace;
  const gone = Object.entries(trace.removed);
  const allowed = catalog - gone.reduce((sum, [, count]) => sum + count, 0);
  return h("div", {},
    stage("Catalog", catalog, catalog),
    ...gone.map(([name, count]) => {
      const what = name === "freshness" ? `older than ${trace.window_days} days` : plain(name);
      return stage(`− ${what}`, count, catalog, detail.removed[name], "removed");
    }),
    stage("Allowed", allowed, catalog),
    ...Object.entries(trace.sources).map(([name, count]) =>
      stage(`+ ${plain(name)}`, count, candidates, detail.candidates.filter((one) => one.proposed_by.includes(name)))),
    stage("Candidates, each once", candidates, candidates, detail.candidates),
    stage("Chosen", trace.chosen, candidates));
}

/** @param {string} label @param {number} count @param {number} whole @param {Named[]} [named] @param {string} [kind] */
function stage(label, count, whole, named = [], kind = "") {
  const bar = h(named.length ? "summary" : "p", { class: `stage ${kind}` }, h("span", {}, label), String(count));
  bar.style.setProperty("--share", `${100 * count / (whole || 1)}%`);
  if (!named.length) return bar;
  const title = kind && count > named.length ? `The best ${named.length} by quality` : label;
  const list = h("ul.quiet", { tabindex: 0, "aria-label": title });
  return h("details", { ontoggle: () => list.replaceChildren(...named.map((one) => h("li", {}, told(one)))) }, bar, list);
}

/** @param {Named & Partial<Candidate>} one */
const told = ({ title, final_score: score, queue_position: place }) =>
  [title, score?.toFixed(3), place && `place ${place}`].filter(Boolean).join(" · ");
