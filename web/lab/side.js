// One side: its scenario, its weights, and what it shows of its session.

import { call } from "../js/auth/call.js";
import { $, button, h, rovingTabindex } from "../js/ui/dom.js";
import { plain } from "../js/ui/text.js";

const TOP = 10;

/** @type {string[]} */
export const lost = []; // what the address names and is not there
/** @type {string[]} */
const coloured = []; // parts, in the order in which they got their colour

/** @type {StartSide} */
export function startSide(title, usual, { scenario: wanted = usual, weights }, { scenarios, defaults }, soon) {
  const fields = h("div.weights"), about = h("p.quiet"), [top, chart, list] = [0, 1, 2].map(() => h("div"));
  const choice = h("select", { onchange: () => fill({}) }, ...scenarios.map((one) => new Option(one.name)));
  const copy = button("Copy as replay", async () => {
    const text = `cat > request.json <<'END'\n${request}\nEND\npython -m feed replay --snapshot "$SHELF/snapshots/${session.catalog_version}" --request request.json --now ${session.detail.now}\n`;
    await navigator.clipboard.writeText(text);
    $("live").textContent = "Copied.";
  });
  let asked = "", request = "", made = Promise.resolve(Object()), session = Object();
  /** @type {HTMLInputElement[]} */
  let inputs = [];
  /** @type {Record<string, Curve>} */
  let curves = {};

  /** Makes a field of each weight. A part with a curve has no weight: its field is a factor. @param {Record<string, number>} values */
  function fill(values) {
    const { description, parameters } = scenarios[choice.selectedIndex], blend = { ...defaults.blend, ...parameters.blend };
    curves = blend.curves;
    about.textContent = description;
    const given = [...Object.keys(curves).map((name) => [name, 1]), ...Object.entries(blend)
      .filter(([name, value]) => typeof value === "number" && !curves[name]).sort(([, a], [, b]) => Number(!a) - Number(!b))];
    inputs = given.map(([name, value]) => {
      const input = h("input", { type: "number", name, min: 0, step: 0.05, value, oninput: soon });
      input.value = String(values[name] ?? value);
      return input;
    });
    fields.replaceChildren(...inputs.map((one) => h("label", {}, plain(one.name) + (curves[one.name] ? " ×" : ""), one)), button("Reset", () => fill({})));
    soon();
  }

  const state = () => ({ scenario: choice.value, weights: Object.fromEntries(inputs.filter((one) => one.value && one.valueAsNumber !== Number(one.defaultValue)).map((one) => [one.name, one.valueAsNumber])) });

  choice.value = wanted;
  if (!choice.value) {
    choice.value = usual;
    lost.push(`There is no scenario ${wanted}: ${usual} stands in.`);
  }
  $("sides").append(h("section", { class: "side", "aria-label": title },
    h("div.row", {}, h("label", {}, `${title} scenario`, choice), copy, button("Save as TOML", () => save(`${session.scenario}.toml`, session.detail.scenario))),
    h("details", {}, h("summary", {}, "Weights"), about, fields), top, h("details", {}, h("summary", {}, "Stages"), chart), list));
  fill(weights ?? {});
  return {
    state,
    rank(body) {
      const { scenario, weights: all } = state();
      /** @type {any} */
      const blend = { curves: {} };
      for (const [name, value] of Object.entries(all)) {
        if (curves[name]) blend.curves[name] = times(curves[name], value);
        else blend[name] = value;
      }
      const now = JSON.stringify({ ...body, scenario, scenario_changes: Object.keys(all).length ? { blend } : undefined });
      if (now !== asked) {
        [asked, made] = [now, call("POST", "/sessions/create", JSON.parse(now))];
        made.catch(() => { asked = ""; });
      }
      return made;
    },
    show(one, other, sought, point) {
      [session, request] = [one, asked];
      top.replaceChildren(...facts(one, other, sought));
      chart.replaceChildren(...stages(one));
      list.replaceChildren(queue(one, other, point));
    },
  };
}

/** @param {Curve} curve @param {number} factor */
function times({ value, typical = 0 }, factor) {
  const scaled = (/** @type {number} */ one) => +(one * factor).toFixed(4);
  return { value: value.map(scaled), typical: scaled(typical) };
}

/** @param {string} file @param {string} text */
function save(file, text) {
  h("a", { href: URL.createObjectURL(new Blob([text])), download: file }).click();
}

function colour(name = "") {
  const at = coloured.includes(name) ? coloured.indexOf(name) : coloured.push(name) - 1;
  return `hsl(${at * 137.5} 60% ${at % 2 ? 62 : 45}%)`;
}

/** @type {ShowSession} */
function facts(session, other, sought) {
  const { episodes, degraded, detail: { mix, explained } } = session;
  const shared = [TOP, episodes.length].map((most) => {
    const there = other.episodes.slice(0, most).map(({ id }) => id), here = episodes.slice(0, most);
    return `${here.filter(({ id }) => there.includes(id)).length} of the first ${here.length}`;
  });
  return [
    h("p", {}, [
      counted(session.total_in_queue, "episode"),
      session.cold_start ? "nothing is known" : `${counted(session.user_vector_episodes, "engagement")} in the user vector`,
      ...degraded.map(plain)].join(" · ")),
    sought && h("div.found", {}, ...explained ? [h("b", {}, explained.title), fields({ ...explained, id: sought, title: undefined, parts: undefined }), parts(explained.parts)]
      : [`The catalog has no episode ${sought}.`]),
    fields({ on_both_sides: shared, ...mix, new_series: percent(mix.new_series), new_categories: percent(mix.new_categories) })];
}

/** @param {number | null} share */
const percent = (share) => share === null ? null : `${Math.round(100 * share)}%`;

/** Fields of an answer as a list. @param {object} all */
const fields = (all) => h("dl", {}, ...Object.entries(all).filter(([, value]) => value != null).flatMap(([name, value]) => [h("dt", {}, plain(name)), h("dd", {},
  Array.isArray(value) ? value.join(", ") || "none" : value instanceof Object ? Object.entries(value).map((one) => one.join(" ")).join(", ") : String(value))]));

/** @param {Record<string, number>} given */
const parts = (given) => h("ul.parts", {}, ...Object.entries(given).filter(([, value]) => Math.abs(value) >= 0.0005)
  .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a)).map(([name, value]) => {
    const item = h("li", {}, `${plain(name)} ${value.toFixed(3)}`);
    item.style.setProperty("--dot", colour(name));
    return item;
  }));

/** The stages as a chart: one bar per stage, which opens to its episodes. @param {LabSession} session */
function stages({ trace, detail }) {
  const { catalog, candidates } = trace, gone = Object.entries(trace.removed);
  return [
    stage("Catalog", catalog, catalog),
    ...gone.map(([name, count]) => stage(`− ${name === "freshness" && trace.window_days ? `older than ${trace.window_days} days` : plain(name)}`, count, catalog, detail.removed[name], "removed")),
    stage("Allowed", catalog - gone.reduce((sum, [, count]) => sum + count, 0), catalog),
    ...Object.entries(trace.sources).map(([name, count]) =>
      stage(`+ ${plain(name)}`, count, candidates, detail.candidates.filter((one) => one.proposed_by.includes(name)))),
    stage("Candidates, each once", candidates, candidates, detail.candidates),
    stage("Chosen", trace.chosen, candidates)];
}

function stage(label = "", count = 0, whole = 0, named = /** @type {(Named & Partial<Candidate>)[]} */ ([]), kind = "") {
  const bar = h(named.length ? "summary" : "p", { class: `stage ${kind}` }, h("span", {}, label), String(count));
  bar.style.setProperty("--share", `${100 * count / (whole || 1)}%`);
  if (!named.length) return bar;
  const list = h("ul.quiet", { tabindex: 0, "aria-label": kind && count > named.length ? `The best ${named.length} by quality` : label });
  return h("details", { ontoggle: () => list.replaceChildren(...named.map(({ title, final_score: score, queue_position: place }) =>
    h("li", {}, [title, score?.toFixed(3), place && `place ${place}`].filter(Boolean).join(" · ")))) }, bar, list);
}

/** @param {LabSession} session @param {LabSession} other where a row says how it differs @param {PointAt} point */
function queue({ episodes, trace }, other, point) {
  const there = new Map(other.detail.candidates.map((one) => [one.id, one.queue_position]));
  const given = episodes.map((_, at) => Object.fromEntries(Object.entries(trace.parts).map(([name, of]) => [name, of[at]])));
  const whole = Math.max(...given.map((all) => Object.values(all).reduce((sum, value) => sum + Math.max(value, 0), 0)));
  const rows = episodes.map(({ id, title, queue_position: here, series, reason, final_score: score }, at) => {
    const place = there.get(id), bar = h("i");
    let end = 0;
    bar.style.backgroundImage = `linear-gradient(to right, ${Object.entries(given[at]).map(([name, value]) => `${colour(name)} ${end}% ${end += 100 * Math.max(value, 0) / whole}%,`).join("")} transparent ${end}%)`;
    const head = h("summary", { onfocus: () => point(id) }, h("span.quiet", {}, String(here)), h("span", {}, title),
    h("b", {}, !place ? "only here" : here < place ? `↑ up ${place - here}` : here > place ? `↓ down ${here - place}` : ""),
    h("p.quiet", {}, [score.toFixed(3), series?.name, reason.text].filter(Boolean).join(" · ")), bar);
    const more = h("details", { ontoggle: () => { if (more.lastChild === head) more.append(parts(given[at])); } }, head);
    return h(there.get(id) ? "li" : "li.only", { "data-id": id, onpointerenter: () => point(id) }, more);
  });
  return rovingTabindex(h("ol.queue", { "aria-label": "Queue: arrows go from row to row, Enter opens the parts of a score" }, ...rows), true);
}

export const counted = (count = 0, one = "") => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
