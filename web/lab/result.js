// An experiment's result, from the JSON file that `python -m evaluation online --json` writes: sentences, two pictures, one table.

import { $, h, svg } from "../js/ui/dom.js";
import { plain } from "../js/ui/text.js";

const WIDTH = 640, LABELS = 160, ROW = 22, MARGIN = 24;

export function startResult() {
  const input = /** @type {HTMLInputElement} */ ($("result-file"));
  input.onchange = async () => {
    const [file] = input.files ?? [];
    if (!file) return;
    /** @type {ExperimentResult[] | undefined} */
    let found;
    try { found = JSON.parse(await file.text()).experiments; } catch { /* it is told below */ }
    const isResult = Array.isArray(found) && found.every((one) => one.arms && one.compared && one.sentences);
    $("result").replaceChildren(...(!isResult ? [`${file.name} is no result: expected the file that --json names.`]
      : found?.length ? found.map(experiment) : ["No session of this log is part of an experiment."]));
    $("live").textContent = `${file.name} is here.`;
  };
}

/** @param {ExperimentResult} found */
const experiment = (found) => h("div", {}, h("h3", {}, found.name), ...found.sentences.map((one) => h("p", {}, one)),
  h("div.two", {}, differences(found), positions(found)),
  h("div.scroll", { tabindex: 0, role: "region", "aria-label": `Metrics of ${found.name}` }, table(found)));

/** @param {Comparison} one @param {"value" | "low" | "high"} end */
const percent = (one, end) => 100 * (one.difference[end] ?? NaN) / (one.control.value ?? NaN);

/** @param {ExperimentResult} found */
function table({ arms, compared, control }) {
  const rows = compared.map((one) => {
    const { metric } = one, isShare = metric !== "freshness_days", change = percent(one, "value");
    /** @param {Estimated} [of] */
    const ranged = (of) => {
      const [value, low, high] = [of?.value, of?.low, of?.high].map((one) => one == null ? "–" : (one * (isShare ? 100 : 1)).toFixed(2));
      return `${value} [${low}, ${high}]`;
    };
    const of = (name = "") => ranged(arms.find((arm) => arm.name === name)?.metrics[metric]);
    return [plain(metric) + (isShare ? ", %" : "") + (one.is_primary ? " (primary)" : ""), of(control), one.arm, of(one.arm),
      ranged(one.difference), Number.isFinite(change) ? `${change.toFixed(1)}%` : "", one.p?.toFixed(3) ?? "–"].map((cell) => h("td", {}, one.differs ? h("b", {}, cell) : cell));
  });
  const head = ["metric", `${control} (control)`, "arm", "its value", "difference", "of the control", "p"];
  return h("table", {}, h("thead", {}, h("tr", {}, ...head.map((one) => h("th", {}, one)))), h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row))));
}

/** The differences in percent of the control. @param {ExperimentResult} found */
const differences = ({ arms, compared, control }) => intervals(`Differences to ${control} in percent, with 95% intervals over users.`, compared.map((one) => ({
  label: plain(one.metric) + (arms.length > 2 ? `, ${one.arm}` : ""), kind: one.differs ? "differs" : "",
  low: percent(one, "low"), value: percent(one, "value"), high: percent(one, "high"),
})));

/** The click-through by position, each with a row for each arm. @param {ExperimentResult} found */
const positions = ({ arms }) => intervals("Click-through by position in percent, with 95% intervals over users.",
  Object.keys(arms[0]?.by_position ?? {}).flatMap((position) => arms.map(({ name, by_position: of }, arm) => {
    const [low, value, high] = [of[position]?.click_through].flatMap((one) => [one?.low, one?.value, one?.high]).map((one) => 100 * (one ?? NaN));
    return { label: `${position}, ${name}`, kind: `arm-${arm % 4}`, low, value, high };
  })));

/** A picture of values with their intervals, a row each; those without an interval are left out. @param {string} about @param {Interval[]} all */
function intervals(about, all) {
  const rows = all.filter(({ low, high }) => Number.isFinite(high - low)), bottom = ROW * rows.length;
  const least = Math.min(0, ...rows.map((one) => one.low)), most = Math.max(0, ...rows.map((one) => one.high));
  const x = (value = 0) => LABELS + MARGIN + (value - least) / (most - least || 1) * (WIDTH - LABELS - 2 * MARGIN);
  const text = (at = 0, y = 0, content = "", anchor = "middle") => svg("text", { x: at, y, "text-anchor": anchor }, new Text(content));
  return h("figure", {}, svg("svg", { class: "picture", viewBox: `0 0 ${WIDTH} ${bottom + 24}`, role: "img", "aria-label": about },
    svg("line", { class: "axis", x1: x(0), x2: x(0), y1: 0, y2: bottom }),
    ...[...new Set([least, 0, most])].map((one) => text(x(one), bottom + 18, `${one.toFixed(0)}%`)),
    ...rows.flatMap(({ label, kind, low, value, high }, row) => {
      const y = ROW * row + ROW / 2;
      return [text(LABELS, y + 4, label, "end"), svg("line", { class: kind, x1: x(low), x2: x(high), y1: y, y2: y }), svg("circle", { class: kind, cx: x(value), cy: y, r: 4 })];
    })), h("figcaption.quiet", {}, about));
}
