// An experiment's result, from the JSON file that `python -m evaluation online --json` writes: sentences, two pictures, one table.

import { $, h, svg } from "../js/ui/dom.js";
import { plain } from "../js/ui/words.js";

const WIDTH = 640, LABELS = 150, ROW = 22, HEIGHT = 220, MARGIN = 34;
const METRIC = "click_through";

export function startResult() {
  const input = /** @type {HTMLInputElement} */ ($("result-file"));
  input.onchange = async () => {
    const [file] = input.files ?? [];
    if (!file) return;
    /** @type {OnlineResult | undefined} */
    let result;
    try { result = JSON.parse(await file.text()); } catch { /* it is told below */ }
    const isResult = Array.isArray(result?.experiments) && result.experiments.every((one) => one.arms && one.compared && one.sentences);
    $("result").replaceChildren(...(!isResult ? [h("p", {}, `${file.name} is no result: expected the file that --json names.`)]
      : result?.experiments.length ? result.experiments.map(experiment)
      : [h("p", {}, "No session of this log is part of an experiment.")]));
    $("live").textContent = `${file.name} is here.`;
  };
}

/** @param {ExperimentResult} found */
function experiment(found) {
  return h("div", {}, h("h3", {}, found.name), ...found.sentences.map((one) => h("p", {}, one)),
    h("div.two", {}, differences(found), positions(found)),
    h("div.scroll", { tabindex: 0, role: "region", "aria-label": `Metrics of ${found.name}` }, table(found)));
}

/** A value with its interval, of shares in percent. @param {string} metric @param {Estimated | undefined} one */
function ranged(metric, one) {
  /** @param {number | null | undefined} value */
  const amount = (value) => value == null ? "–" : (value * (metric === "freshness_days" ? 1 : 100)).toFixed(2);
  return `${amount(one?.value)} [${amount(one?.low)}, ${amount(one?.high)}]`;
}
/** @param {Comparison} one @param {"value" | "low" | "high"} end */
const percent = (one, end) => 100 * (one.difference[end] ?? NaN) / (one.control.value ?? NaN);

/** @param {ExperimentResult} found */
function table(found) {
  const control = found.arms.find(({ name }) => name === found.control);
  const rows = found.compared.map((one) => {
    const arm = found.arms.find(({ name }) => name === one.arm), change = percent(one, "value");
    const unit = one.metric === "freshness_days" ? "" : ", %";
    const cells = [plain(one.metric) + unit + (one.is_primary ? " (primary)" : ""), ranged(one.metric, control?.metrics[one.metric]), one.arm,
      ranged(one.metric, arm?.metrics[one.metric]), ranged(one.metric, one.difference), Number.isFinite(change) ? `${change.toFixed(1)}%` : "", one.p?.toFixed(3) ?? "–"];
    return h("tr", {}, ...cells.map((cell) => h("td", {}, one.differs ? h("b", {}, cell) : cell)));
  });
  const head = ["metric", `${found.control} (control)`, "arm", "its value", "difference", "of the control", "p"];
  return h("table", {}, h("thead", {}, h("tr", {}, ...head.map((one) => h("th", {}, one)))), h("tbody", {}, ...rows));
}

/** The differences in percent of the control, with their intervals. @param {ExperimentResult} found */
function differences(found) {
  const shown = found.compared.filter((one) => Number.isFinite(percent(one, "low")));
  const most = Math.max(1, ...shown.flatMap((one) => [Math.abs(percent(one, "low")), Math.abs(percent(one, "high"))]));
  const middle = LABELS + (WIDTH - LABELS) / 2, several = found.arms.length > 2;
  /** @param {number} value */
  const x = (value) => middle + value / most * ((WIDTH - LABELS) / 2 - 8);
  const lines = shown.flatMap((one, row) => {
    const y = ROW * row + ROW / 2, kind = one.differs ? "differs" : "";
    return [text(LABELS - 8, y + 4, plain(one.metric) + (several ? `, ${one.arm}` : ""), "end"),
      svg("line", { class: kind, x1: x(percent(one, "low")), x2: x(percent(one, "high")), y1: y, y2: y }),
      svg("circle", { class: kind, cx: x(percent(one, "value")), cy: y, r: 4 })];
  });
  const bottom = ROW * shown.length;
  return picture(bottom + 24, `Differences to ${found.control} in percent, with 95% intervals over users.`,
    svg("line", { class: "axis", x1: middle, x2: middle, y1: 0, y2: bottom }),
    ...[-most, 0, most].map((one) => text(x(one), bottom + 18, `${one.toFixed(0)}%`, one < 0 ? "start" : one ? "end" : "middle")), ...lines);
}

/** The click-through by position. @param {ExperimentResult} found */
function positions(found) {
  const names = Object.keys(found.arms[0]?.by_position ?? {});
  const all = found.arms.map((arm) => names.map((name) => arm.by_position[name]?.[METRIC]));
  const most = Math.max(0.001, ...all.flat().map((one) => one?.high ?? 0));
  /** @param {number} at */
  const x = (at) => MARGIN + (WIDTH - 2 * MARGIN) * (names.length > 1 ? at / (names.length - 1) : 0.5);
  /** @param {number} value */
  const y = (value) => HEIGHT - MARGIN - Math.max(value, 0) / most * (HEIGHT - 2 * MARGIN);
  const lines = all.flatMap((of, arm) => {
    const known = of.flatMap((one, at) => one?.value == null ? [] : [{ ...one, at }]);
    const band = [...known.map((one) => `${x(one.at)},${y(one.high ?? one.value ?? 0)}`),
      ...known.toReversed().map((one) => `${x(one.at)},${y(one.low ?? one.value ?? 0)}`)];
    return [svg("polygon", { class: `arm-${arm % 4}`, points: band.join(" ") }),
      svg("polyline", { class: `arm-${arm % 4}`, points: known.map((one) => `${x(one.at)},${y(one.value ?? 0)}`).join(" ") }),
      text(MARGIN + 8, 14 + 16 * arm, found.arms[arm]?.name ?? "", "start", `arm-${arm % 4}`)];
  });
  return picture(HEIGHT, "Click-through by position, with 95% intervals over users.",
    ...names.map((one, at) => text(x(at), HEIGHT - 12, one, "middle")),
    text(MARGIN - 4, y(0) + 4, "0%", "end"), text(MARGIN - 4, y(most) + 4, `${(100 * most).toFixed(0)}%`, "end"), ...lines);
}

/** @param {number} height @param {string} about @param {...Element} content */
function picture(height, about, ...content) {
  return h("figure", {}, svg("svg", { class: "picture", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": about }, ...content),
    h("figcaption.quiet", {}, about));
}

/** @param {number} x @param {number} y @param {string} content @param {string} anchor @param {string} [kind] */
function text(x, y, content, anchor, kind = "") {
  return svg("text", { class: kind, x, y, "text-anchor": anchor }, document.createTextNode(content));
}
