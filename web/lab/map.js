// The map: a canvas with a dot for each episode, and marks for what two sessions know and chose.

import { $, h } from "../js/ui/dom.js";

const HUES = [140, 285, 55, 330, 180, 0, 100, 255]; // of the largest categories, in order
const NEAR_PX = 24;
const SHOWN = 20;
/** @type {Record<string, number[]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @type {StartMap} */
export function startMap(points, pick, point) {
  const canvas = /** @type {HTMLCanvasElement} */ ($("map"));
  const ink = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const known = new Map(points.map((one) => [one.id, one]));
  /** @type {string[]} */
  let chosen = [];
  /** @type {LabSession[]} */
  let sessions = [];
  /** @type {Point | undefined} */
  let pointed;
  let width = 0, height = 0;

  const groups = [...Map.groupBy(points, (one) => one.category)].sort(([a, some], [b, more]) => Number(!a) - Number(!b) || more.length - some.length);
  const legend = $("legend");
  legend.append(...[...groups.slice(0, HUES.length).flatMap(([name]) => name ?? []), "other"].map((name, place) => {
    const item = h("li", {}, name);
    item.style.setProperty("--hue", String(HUES[place]));
    return item;
  }));
  const colour = (place = 0) => getComputedStyle(legend.children[Math.min(place, legend.children.length - 1)]).borderInlineStartColor;
  /** On the canvas. @returns {[number, number]} */
  const at = ([x, y] = [0, 0]) => [(0.5 + x * 0.48) * width, (0.5 - y * 0.48) * height];

  function ring(id = "", radius = 0, place = 0) {
    const one = known.get(id);
    if (!one) return;
    ink.beginPath();
    [ink.strokeStyle, ink.lineWidth] = [colour(place), 2.5];
    ink.arc(...at([one.x, one.y]), radius, 0, 7);
    ink.stroke();
  }

  /** @param {string} text @param {Place} place */
  function sign(text, place) {
    if (!place) return;
    [ink.strokeStyle, ink.lineWidth] = [getComputedStyle(canvas).backgroundColor, 5];
    ink.strokeText(text, ...at(place));
    ink.fillText(text, ...at(place));
  }

  function draw() {
    [width, height] = [canvas.clientWidth, canvas.clientHeight];
    [canvas.width, canvas.height] = [width * devicePixelRatio, height * devicePixelRatio]; // clears it
    ink.scale(devicePixelRatio, devicePixelRatio);
    [ink.font, ink.textAlign, ink.textBaseline] = ["bold 1.2rem system-ui", "center", "middle"];
    const dot = points.length > 2000 ? 2 : 4;
    groups.forEach(([name, some], place) => {
      ink.fillStyle = colour(name ? place + 3 : Infinity);
      for (const one of some) {
        const [x, y] = at([one.x, one.y]);
        ink.fillRect(x - dot / 2, y - dot / 2, dot, dot);
      }
    });
    sessions.forEach(({ episodes }, side) => {
      for (const { id } of episodes.slice(0, SHOWN)) ring(id, 6 + 3 * side, side + 1);
    });
    for (const id of chosen) ring(id, 3);
    sessions.forEach(({ detail }, side) => {
      ink.fillStyle = colour(side + 1);
      for (const one of detail.interests) sign("◆", one.at);
      sign(side ? "✖" : "✚", detail.user);
    });
    ring(pointed?.id, 12);
  }

  /** @param {(one: Point) => number} far @param {number} [most] */
  function nearest(far, most = Infinity) {
    let best, least = most;
    for (const one of points) {
      const distance = far(one);
      if (distance < least) [best, least] = [one, distance];
    }
    if (best !== pointed && (best || most < Infinity)) point(best?.id); // else there is none in that direction
  }

  const pickPointed = () => { if (pointed) pick(pointed.id); };
  canvas.onpointermove = canvas.onpointerdown = ({ offsetX, offsetY }) => nearest((one) => {
    const [x, y] = at([one.x, one.y]);
    return Math.hypot(x - offsetX, y - offsetY);
  }, NEAR_PX);
  canvas.onclick = pickPointed;
  canvas.onkeydown = (event) => {
    if (event.key === "Enter") pickPointed();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const from = pointed ?? { x: 0, y: 0 };
    nearest((one) => { // prefers episodes straight ahead
      const [x, y] = [one.x - from.x, one.y - from.y], ahead = x * step[0] + y * step[1];
      return ahead > 0 ? 3 * Math.hypot(x, y) - 2 * ahead : Infinity;
    });
  };
  matchMedia("(prefers-color-scheme: dark)").onchange = draw;
  new ResizeObserver(draw).observe(canvas);
  return {
    mark(id) {
      pointed = known.get(id ?? "");
      if (pointed) {
        $("pointed").textContent = [pointed.title, pointed.category, ...sessions.map(({ detail }, side) => {
          const place = detail.candidates.find((one) => one.id === id)?.queue_position;
          return place && `${side ? "right" : "left"} ${place}`;
        })].filter(Boolean).join(" · ");
      }
      draw();
    },
    show(ids, made) {
      [chosen, sessions] = [ids, made];
      draw();
    },
  };
}
