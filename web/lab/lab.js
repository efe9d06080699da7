// The Lab: one history, two scenarios, and how each ranks it.

import { call } from "../js/http/call.js";
import { startAuth } from "../js/auth/auth.js";
import { $, h } from "../js/ui/dom.js";
import { startHistory } from "./history.js";
import { startMap } from "./map.js";
import { queue, summary } from "./queue.js";
import { startResult } from "./result.js";
import { stages } from "./stages.js";

const SHOWN = 50;
const SETTLED_MS = 150;

async function start() {
  startResult();
  await startAuth(() => {});
  /** @type {[{scenarios: Scenario[], default: string}, {points: Point[], mapped: number, sampled: boolean}]} */
  const [{ scenarios, default: usual }, map] = await Promise.all([call("GET", "/scenarios"), call("GET", "/map")]);
  const { points } = map;
  let asked = 0, seed = 1, timer = 0;

  const other = scenarios.find((one) => one.name !== usual)?.name ?? usual;
  const sides = [usual, other].map((name, side) => {
    const title = side ? "Right" : "Left";
    const choice = h("select", { onchange: () => run() }, ...scenarios.map((one) => new Option(one.name)));
    choice.value = name;
    const result = h("div");
    $("sides").append(h("section", { class: "side", "aria-label": title }, h("div.row", {}, h("label", {}, `${title} scenario`, choice)), result));
    return { choice, result };
  });

  async function run() {
    const mine = ++asked;
    $("seed").textContent = String(seed);
    const body = { ...history.request(), stored: false, trace: true, detail: true, limit: SHOWN, seed };
    const answers = sides.map(({ choice }) => call("POST", "/sessions/create", { ...body, scenario: choice.value }));
    /** @type {LabSession[]} */
    const sessions = await Promise.all(answers);
    if (mine !== asked) return; // a newer request is running
    $("trouble").textContent = "";
    sides.forEach(({ choice, result }, side) => {
      const [one, two] = /** @type {[LabSession, LabSession]} */ (side ? sessions.toReversed() : sessions);
      const about = scenarios[choice.selectedIndex]?.description ?? "";
      result.replaceChildren(h("p.quiet", {}, about), h("p", {}, summary(one)),
        h("h3", {}, "Stages"), stages(one), h("h3", {}, "Queue"), queue(one, two));
    });
    show(history.ids(), sessions);
    $("live").textContent = "Both sessions are here.";
  }

  const soon = () => { clearTimeout(timer); timer = setTimeout(run, SETTLED_MS); };
  const history = await startHistory(new Map(points.map((one) => [one.id, one])), soon);
  const show = startMap(points, history.add);
  if (!points.length) $("about").textContent = "This catalog has no map.";
  else if (map.sampled) $("about").textContent = `A sample: ${points.length} of ${map.mapped} episodes.`;
  $("draw").onclick = () => { seed++; run(); };
  history.set([]);
}

addEventListener("unhandledrejection", ({ reason }) => { $("trouble").textContent = `The Lab has stopped: ${reason.detail || reason.message}.`; });
start();
