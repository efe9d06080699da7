// The map: every episode a dot on one canvas, drawn once; what changes on another above it.

import { $, h } from "./dom.js";

const COLOURS = [220, 25, 140, 285, 50, 190, 335, 95];
const NEAR_PX = 24;
const SHOWN = 20;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @param {Point[]} points @param {(id: string) => void} pick @returns {(marks: {chosen: string[], sides: (Session | null)[]}) => void} */
export function drawMap(points, pick) {
  const [dots, over] = /** @type {HTMLCanvasElement[]} */ ([...$("map").children]);
  if (!dots || !over) throw new Error("no canvas");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const at = new Map(points.map((one, place) => [one.id, place]));
  /** @type {{chosen: string[], sides: (Session | null)[]}} */
  let marks = { chosen: [], sides: [] };
  let pointed = -1;
  let width = 1, height = 1;
  const x = (/** @type {number} */ value) => (value * 0.96 + 1) * width / 2;
  const y = (/** @type {number} */ value) => (1 - value * 0.96) * height / 2;

  /** @type {Map<string, number>} */
  const sizes = new Map();
  for (const { category } of points) if (category) sizes.set(category, (sizes.get(category) ?? 0) + 1);
  const main = [...sizes].sort((a, b) => b[1] - a[1]).slice(0, COLOURS.length).map(([name]) => name);
  const colour = (/** @type {number} */ place) => (
    place < 0 ? css("--edge") : `hsl(${COLOURS[place]} ${dark.matches ? "70% 65%" : "65% 42%"})`);

  /** @param {HTMLCanvasElement} canvas */
  function cleared(canvas) {
    const scale = devicePixelRatio;
    [canvas.width, canvas.height] = [width * scale, height * scale];
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.scale(scale, scale);
    return pen;
  }

  function drawDots() {
    ({ clientWidth: width, clientHeight: height } = dots);
    const pen = cleared(dots);
    const size = points.length > 2000 ? 2 : 4;
    for (let group = -1; group < main.length; group++) {
      pen.fillStyle = colour(group);
      for (const one of points) {
        if (main.indexOf(one.category ?? "") === group) pen.fillRect(x(one.x) - size / 2, y(one.y) - size / 2, size, size);
      }
    }
    const key = (/** @type {string} */ name, /** @type {string} */ dot, className = "") => {
      const item = h("li", { className }, name);
      item.style.setProperty("--dot", dot);
      return item;
    };
    $("legend").replaceChildren(
      key("history", css("--text"), "ring"), key("left, first 20", css("--left"), "ring"), key("right, first 20", css("--right"), "ring"),
      ...main.map((name, place) => key(name, colour(place))), key("other", colour(-1)));
    drawMarks();
  }

  function drawMarks() {
    const pen = cleared(over);
    /** @param {number} px @param {number} py @param {number} radius @param {string} style @param {number} line */
    const ring = (px, py, radius, style, line) => {
      pen.beginPath();
      [pen.strokeStyle, pen.lineWidth] = [style, line];
      pen.arc(x(px), y(py), radius, 0, 7);
      pen.stroke();
    };
    const here = (/** @type {string} */ id) => points[at.get(id) ?? -1];
    marks.sides.forEach((session, side) => {
      const style = css(side ? "--right" : "--left");
      for (const { id } of session?.episodes.slice(0, SHOWN) ?? []) {
        const one = here(id);
        if (one) ring(one.x, one.y, side ? 8 : 6, style, 2);
      }
      const user = session?.detail.user;
      if (!user) return;
      pen.fillStyle = style;
      pen.font = "bold 1.3rem system-ui";
      pen.fillText(side ? "✕" : "✚", x(user[0]) - 9, y(user[1]) + 8);
    });
    for (const id of marks.chosen) {
      const one = here(id);
      if (one) ring(one.x, one.y, 4, css("--text"), 3);
    }
    const one = points[pointed];
    if (one) ring(one.x, one.y, 11, css("--accent"), 4);
  }

  /** @param {number} place */
  function point(place) {
    if (place === pointed) return;
    pointed = place;
    const one = points[place];
    if (one) $("pointed").textContent = [one.title, one.category].filter(Boolean).join(" · ");
    drawMarks();
  }

  /** @param {(one: Point, place: number) => number} distance @param {number} most */
  function nearest(distance, most) {
    let best = -1, least = most;
    points.forEach((one, place) => {
      const far = distance(one, place);
      if (far < least) [best, least] = [place, far];
    });
    return best;
  }

  over.onpointermove = over.onpointerdown = ({ offsetX, offsetY }) =>
    point(nearest((one) => Math.hypot(x(one.x) - offsetX, y(one.y) - offsetY), NEAR_PX));
  const pickPointed = () => { const one = points[pointed]; if (one) pick(one.id); };
  over.onclick = pickPointed;
  over.onkeydown = (event) => {
    const step = KEYS[/** @type {keyof typeof KEYS} */ (event.key)];
    if (event.key === "Enter") pickPointed();
    if (!step) return;
    event.preventDefault();
    const from = points[pointed] ?? { x: 0, y: 0 };
    const next = nearest((one, place) => { // ahead rather than aside
      const [dx, dy] = [one.x - from.x, one.y - from.y];
      const ahead = dx * (step[0] ?? 0) + dy * (step[1] ?? 0);
      return place === pointed || ahead <= 0 ? Infinity : Math.hypot(dx, dy) + 2 * (Math.hypot(dx, dy) - ahead);
    }, Infinity);
    if (next >= 0) point(next);
  };
  dark.onchange = drawDots;
  new ResizeObserver(drawDots).observe(dots);
  return (made) => { marks = made; drawMarks(); };
}

/** @param {string} name */
const css = (name) => {
  const probe = $("map");
  probe.style.setProperty("color", `var(${name})`);
  return getComputedStyle(probe).color;
};
