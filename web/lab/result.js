// An experiment's result, from the JSON file that `python -m evaluation online --json` writes: sentences, two pictures, one table.

import { $, h, svg } from "../js/ui/dom.js";
import { plain } from "../js/ui/text.js";

const WIDTH = 640, LABELS = 150, ROW = 22, HEIGHT = 220, MARGIN = 34;

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

/** The differences in percent of the control, with their intervals. @param {ExperimentResult} found */
function differences({ arms, compared, control }) {
  const shown = compared.filter((one) => Number.isFinite(percent(one, "low"))), bottom = ROW * shown.length;
  const most = Math.max(1, ...shown.flatMap((one) => [Math.abs(percent(one, "low")), Math.abs(percent(one, "high"))]));
  const x = (value = 0) => LABELS + (WIDTH - LABELS) / 2 + value / most * ((WIDTH - LABELS) / 2 - 8);
  return picture(bottom + 24, `Differences to ${control} in percent, with 95% intervals over users.`,
    svg("line", { class: "axis", x1: x(0), x2: x(0), y1: 0, y2: bottom }),
    ...[-most, 0, most].map((one) => text(x(one), bottom + 18, `${one.toFixed(0)}%`, one < 0 ? "start" : one ? "end" : "middle")),
    ...shown.flatMap((one, row) => {
      const y = ROW * row + ROW / 2, kind = one.differs ? "differs" : "";
      return [text(LABELS - 8, y + 4, plain(one.metric) + (arms.length > 2 ? `, ${one.arm}` : ""), "end"),
        svg("line", { class: kind, x1: x(percent(one, "low")), x2: x(percent(one, "high")), y1: y, y2: y }),
        svg("circle", { class: kind, cx: x(percent(one, "value")), cy: y, r: 4 })];
    }));
}

/** The click-through by position. @param {ExperimentResult} found */
function positions({ arms }) {
  const names = Object.keys(arms[0]?.by_position ?? {});
  const all = arms.map((arm) => names.map((name) => arm.by_position[name]?.click_through));
  const most = Math.max(0.001, ...all.flat().map((one) => one?.high ?? 0));
  const x = (at = 0) => MARGIN + (WIDTH - 2 * MARGIN) * (names.length > 1 ? at / (names.length - 1) : 0.5);
  const y = (value = 0) => HEIGHT - MARGIN - Math.max(value, 0) / most * (HEIGHT - 2 * MARGIN);
  return picture(HEIGHT, "Click-through by position, with 95% intervals over users.",
    ...names.map((one, at) => text(x(at), HEIGHT - 12, one, "middle")),
    ...[0, most].map((one) => text(MARGIN - 4, y(one) + 4, `${(100 * one).toFixed(0)}%`, "end")),
    ...all.flatMap((of, arm) => {
      const kind = `arm-${arm % 4}`;
      const line = (/** @type {"value" | "low" | "high"} */ end) => of.flatMap((one, at) => one?.value == null ? [] : [`${x(at)},${y(one[end] ?? one.value)}`]);
      return [svg("polygon", { class: kind, points: [...line("high"), ...line("low").reverse()].join(" ") }),
        svg("polyline", { class: kind, points: line("value").join(" ") }),
        text(MARGIN + 8, 14 + 16 * arm, arms[arm].name, "start", kind)];
    }));
}

/** @param {...Element} content */
const picture = (height = 0, about = "", ...content) => h("figure", {},
  svg("svg", { class: "picture", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": about }, ...content), h("figcaption.quiet", {}, about));

const text = (x = 0, y = 0, content = "", anchor = "", kind = "") => svg("text", { class: kind, x, y, "text-anchor": anchor }, new Text(content));
