// The map: one canvas with a dot per episode, drawn once, and one above it for what changes.

import { $, h } from "../js/ui/dom.js";

const HUES = [140, 285, 55, 330, 180, 0, 100, 255]; // of the largest categories, in order
const NEAR_PX = 24;
const SHOWN = 20;
/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * @param {Point[]} points @param {(id: string) => void} pick
 * @returns {(chosen: string[], sessions: LabSession[]) => void} shows a history and its sessions
 */
export function startMap(points, pick) {
  const [dots, over] = /** @type {[HTMLCanvasElement, HTMLCanvasElement]} */ ([...$("map").children]);
  const known = new Map(points.map((one) => [one.id, one]));
  /** @type {string[]} */
  let chosen = [];
  /** @type {LabSession[]} */
  let sessions = [];
  /** @type {Point | undefined} */
  let pointed;

  const sizes = Map.groupBy(points, (one) => one.category);
  const largest = [...sizes.keys()].filter(Boolean).sort((a, b) => size(b) - size(a)).slice(0, HUES.length);
  const legend = [...$("legend").children, ...[...largest, "other"].map((name, place) => {
    const item = h("li", {}, String(name));
    item.style.setProperty("--hue", String(HUES[place]));
    return item;
  })];
  $("legend").replaceChildren(...legend);
  /** @param {string | null} name */
  function size(name) { return sizes.get(name)?.length ?? 0; }
  /** @param {number} place in the legend, -1 the last */
  const colour = (place) => getComputedStyle(/** @type {Element} */ (legend.at(place))).borderLeftColor;
  let width = 0, height = 0;
  /** @param {number} value */
  const x = (value) => (0.5 + value * 0.48) * width;
  /** @param {number} value */
  const y = (value) => (0.5 - value * 0.48) * height;

  /** @param {HTMLCanvasElement} canvas */
  function pen(canvas) {
    [canvas.width, canvas.height] = [width * devicePixelRatio, height * devicePixelRatio];
    const made = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    made.scale(devicePixelRatio, devicePixelRatio);
    made.font = "bold 1.2rem system-ui";
    [made.textAlign, made.textBaseline] = ["center", "middle"];
    return made;
  }

  function drawDots() {
    [width, height] = [dots.clientWidth, dots.clientHeight];
    const ink = pen(dots), wide = points.length > 2000 ? 2 : 4;
    for (const [category, some] of sizes) {
      const place = largest.indexOf(category);
      ink.fillStyle = colour(place < 0 ? -1 : place + 3);
      for (const one of some) ink.fillRect(x(one.x) - wide / 2, y(one.y) - wide / 2, wide, wide);
    }
    drawMarks();
  }

  function drawMarks() {
    const ink = pen(over);
    /** @param {Point | undefined} one @param {number} radius @param {string} style */
    const ring = (one, radius, style) => {
      if (!one) return;
      ink.beginPath();
      [ink.strokeStyle, ink.lineWidth] = [style, 2.5];
      ink.arc(x(one.x), y(one.y), radius, 0, 7);
      ink.stroke();
    };
    /** @param {string} text @param {Place} at */
    const sign = (text, at) => {
      if (!at) return;
      [ink.strokeStyle, ink.lineWidth] = [getComputedStyle($("map")).backgroundColor, 5];
      ink.strokeText(text, x(at[0]), y(at[1]));
      ink.fillText(text, x(at[0]), y(at[1]));
    };
    sessions.forEach(({ episodes }, side) => {
      for (const { id } of episodes.slice(0, SHOWN)) ring(known.get(id), 6 + 3 * side, colour(side + 1));
    });
    for (const id of chosen) ring(known.get(id), 3, colour(0));
    sessions.forEach(({ detail }, side) => {
      ink.fillStyle = colour(side + 1);
      for (const { at } of detail.interests) sign("◆", at);
      sign(side ? "✖" : "✚", detail.user);
    });
    ring(pointed, 12, colour(0));
  }

  /** @param {(one: Point) => number} far @param {number} [most] */
  function point(far, most = Infinity) {
    let best, least = most;
    for (const one of points) {
      const distance = far(one);
      if (distance < least) [best, least] = [one, distance];
    }
    if (best === pointed || (!best && most === Infinity)) return; // no episode in that direction
    pointed = best;
    if (best) $("pointed").textContent = [best.title, best.category].filter(Boolean).join(" · ");
    drawMarks();
  }

  const pickPointed = () => { if (pointed) pick(pointed.id); };
  over.onpointermove = over.onpointerdown = ({ offsetX, offsetY }) =>
    point((one) => Math.hypot(x(one.x) - offsetX, y(one.y) - offsetY), NEAR_PX);
  over.onclick = pickPointed;
  over.onkeydown = (event) => {
    if (event.key === "Enter") pickPointed();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const from = pointed ?? { x: 0, y: 0 };
    point((one) => { // prefers episodes straight ahead
      const ahead = (one.x - from.x) * step[0] + (one.y - from.y) * step[1];
      return ahead > 0 ? 3 * Math.hypot(one.x - from.x, one.y - from.y) - 2 * ahead : Infinity;
    });
  };
  matchMedia("(prefers-color-scheme: dark)").onchange = drawDots;
  new ResizeObserver(drawDots).observe(dots);
  return (ids, made) => { [chosen, sessions] = [ids, made]; drawMarks(); };
}
