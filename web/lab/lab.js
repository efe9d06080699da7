// The Lab: one history, two scenarios, what comes of each and how.

import { call } from "./api.js";
import { $, h } from "./dom.js";
import * as history from "./history.js";
import { drawMap } from "./map.js";
import { queue, summary } from "./queue.js";
import { stages } from "./stages.js";

const SHOWN = 50;
const SETTLED_MS = 150;

/** @param {() => Promise<void>} work */
const told = (work) => work().then(() => { $("trouble").textContent = ""; }, (error) => {
  $("trouble").textContent = `The Lab cannot go on: ${error.message}.`;
});

async function start() {
  const [{ scenarios, default: usual }, map] = await Promise.all([call("/scenarios"), call("/map")]);
  /** @type {Point[]} */
  const points = map.points;
  /** @type {(Session | null)[]} */
  const sessions = [null, null];
  let asked = 0, seed = 1, timer = 0;

  const names = scenarios.map((/** @type {{name: string}} */ one) => one.name);
  const sides = [usual, names.find((/** @type {string} */ name) => name !== usual) ?? usual].map((name, side) => {
    const select = h("select", { onchange: () => told(run) }, ...names.map((/** @type {string} */ one) => new Option(one)));
    select.value = name;
    const about = h("p", { className: "quiet" }), result = h("div");
    const title = side ? "Right" : "Left";
    $("sides").append(h("section", { className: "side", ariaLabel: title },
      h("div", { className: "row" }, h("label", {}, `${title} scenario `, select)), about, result));
    return { select, about, result };
  });

  async function run() {
    const mine = ++asked;
    $("seed").textContent = String(seed);
    const body = { ...history.request(), stored: false, trace: true, detail: true, limit: SHOWN, seed };
    const found = await Promise.all(sides.map(({ select }) => call("/sessions/create", { body: { ...body, scenario: select.value } })));
    if (mine !== asked) return; // a newer one is under way
    sessions.splice(0, 2, ...found);
    sides.forEach(({ select, about, result }, side) => {
      const session = found[side];
      about.textContent = scenarios.find((/** @type {{name: string}} */ one) => one.name === select.value)?.description ?? "";
      result.replaceChildren(h("p", {}, summary(session)), h("h3", {}, "Stages"), stages(session),
        h("h3", {}, "Queue"), queue(session, found[1 - side]));
    });
    draw({ chosen: history.chosen(), sides: sessions });
    $("live").textContent = "Both sessions are here.";
  }

  const soon = () => { clearTimeout(timer); timer = setTimeout(() => told(run), SETTLED_MS); };
  const { add } = await history.start(new Map(points.map((one) => [one.id, one])), soon);
  const draw = drawMap(points, add);
  $("about-map").textContent = !points.length ? "This catalog has no map."
    : `${map.sampled ? `A sample of ${points.length} of ${map.mapped} episodes` : "Every episode"}: what is alike lies near. ✚ and ✕ are the user, left and right.`;
  $("draw").onclick = () => { seed++; told(run); };
  await run();
}

told(start);
