// The stages as a picture: a bar a stage, as long as its share; what opens tells which episodes.

import { counted, h, words } from "./dom.js";

/** @param {Session} session @returns {HTMLElement} */
export function stages({ trace, detail }) {
  let left = trace.catalog;
  const filters = Object.entries(trace.removed).map(([name, gone]) => {
    left -= gone;
    const named = detail.removed[name] ?? [];
    const label = name === "freshness" && trace.window_days ? `older than ${trace.window_days} days` : words(name);
    return stage(`− ${label}`, gone, trace.catalog, "removed", named);
  });
  const sources = Object.entries(trace.sources).map(([name, brought]) => {
    const named = detail.candidates.filter((one) => one.proposed_by.includes(name));
    return stage(`+ ${words(name)}`, brought, trace.candidates, "", named);
  });
  return h("div", { className: "stages" },
    stage("Catalog", trace.catalog, trace.catalog), ...filters,
    stage("Allowed", left, trace.catalog), ...sources,
    stage("Candidates, each once", trace.candidates, trace.candidates, "", detail.candidates),
    stage("Chosen", trace.chosen, trace.candidates));
}

/** @param {string} label @param {number} count @param {number} whole @param {string} [kind] @param {Episode[]} [named] */
function stage(label, count, whole, kind = "", named = []) {
  const texts = [h("span", {}, label), h("span", {}, count.toLocaleString("en"))];
  const bar = h(count && named.length ? "summary" : "p", { className: `stage ${kind}` }, ...texts);
  bar.style.setProperty("--from", `${whole ? Math.min(100, 100 * count / whole) : 0}%`);
  if (!count || !named.length) return bar;
  const made = h("details", {}, bar);
  made.ontoggle = () => {
    if (made.children.length > 1) return;
    const rest = count - named.length;
    made.append(h("ul", { tabIndex: 0, ariaLabel: label }, ...named.map((one) => h("li", {}, told(one)))));
    if (kind && rest > 0) made.append(h("p", { className: "quiet" }, `and ${counted(rest, "other")}`));
  };
  return made;
}

/** @param {Episode & Partial<Candidate>} one */
function told({ title, final_score: score, queue_position: place }) {
  const facts = [score?.toFixed(3), place && `place ${place}`].filter(Boolean).join(", ");
  return facts ? `${title} (${facts})` : title;
}
