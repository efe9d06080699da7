// An episode's artwork, or a generated cover that depends only on the series' name.

import { h, svg } from "../ui/dom.js";

// Background, shape, highlight.
const PALETTES = [
  ["#1f2a44", "#e07a5f", "#f4d8a8"], ["#264653", "#2a9d8f", "#f2cc8f"], ["#3d2645", "#c8553d", "#f5b971"],
  ["#14342b", "#60935d", "#e8e288"], ["#5b2333", "#d17a6a", "#f4e4d4"], ["#22334d", "#5a8fb8", "#f2e2c4"],
  ["#43304f", "#9a6fb0", "#f3c6d3"], ["#7a3b1d", "#e09f3e", "#fff3b0"], ["#33415c", "#7d8fb3", "#ffd6a5"],
];
const WORDS_LEFT_OUT = /^(the|a|an|and|of|la|el|und|y|sin|\W+)$/iu;

/** The episode's image, if the page's policy allows it. @param {{image_url?: string}} episode */
export const imageUrl = ({ image_url: url = "" }) => /^https:/.test(url) ? url : "";

/** @param {{title: string, image_url?: string, series?: Episode["series"]}} episode */
export function art(episode) {
  const { title, series } = episode;
  const url = imageUrl(episode);
  const name = series?.name || series?.id || title;
  const frame = h("div.art", { "aria-hidden": "true" }, cover(name));
  if (url) {
    const [onload, onerror] = [() => frame.replaceChildren(image), () => image.remove()];
    const image = h("img", { alt: "", loading: "lazy", decoding: "async", src: url, onload, onerror });
    frame.append(image);
  }
  return frame;
}

/** @param {string} name */
function cover(name) {
  const next = numbers(name);
  const [ground, shape, light] = PALETTES[next(PALETTES.length)];
  const letters = svg("text", { x: 9, y: 91, fill: "#fff", "font-size": 21, "font-weight": 800 });
  letters.textContent = initials(name);
  return svg("svg", { viewBox: "0 0 100 100" }, svg("rect", { width: 100, height: 100, fill: ground }),
    ...PATTERNS[next(PATTERNS.length)](shape, light, next), letters);
}

/** @typedef {(shape: string, light: string, next: (below: number) => number) => Node[]} Pattern */

/** @type {Pattern[]} */
const PATTERNS = [
  (shape, light, next) => { // sound waves
    const [x, y] = [30 + next(40), 25 + next(25)];
    const rings = [62, 48, 35, 23].map((r, i) => svg("circle", {
      cx: x, cy: y, r, fill: "none", stroke: shape, "stroke-width": 5, "stroke-opacity": 0.35 + 0.2 * i,
    }));
    return [...rings, svg("circle", { cx: x, cy: y, r: 11, fill: light })];
  },
  (shape, light, next) => Array.from({ length: 9 }, (_, i) => { // level bars
    const tall = 14 + next(56);
    return svg("rect", { x: 8 + 9.6 * i, y: 46 - tall / 2, width: 6, height: tall, rx: 3, fill: i === 4 ? light : shape });
  }),
  (shape, light, next) => { // a sun over hills
    const x = 25 + next(50);
    const hills = `M0 ${52 + next(8)} Q 28 ${34 + next(12)} 56 56 T 100 ${46 + next(10)} V100 H0Z`;
    return [svg("circle", { cx: x, cy: 34, r: 19, fill: light }), svg("path", { d: hills, fill: shape })];
  },
  (shape, light, next) => [0, 1, 2, 3].map((i) => svg("path", { // waves
    d: `M-5 ${16 + 13 * i} q 14 ${-10 - next(8)} 28 0 t 28 0 t 28 0 t 28 0`,
    fill: "none", stroke: i === 1 ? light : shape, "stroke-width": 6, "stroke-linecap": "round",
  })),
];

/** A pseudorandom generator seeded by a text (xorshift over FNV-1a). @param {string} text */
function numbers(text) {
  let state = [...text].reduce((hash, letter) => Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619), 2166136261) || 1;
  return (/** @type {number} */ below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** @param {string} name */
const initials = (name) => name.trim().split(/\s+/).filter((word) => !WORDS_LEFT_OUT.test(word)).slice(0, 2)
  .map((word) => ([...word][0] ?? "").toUpperCase()).join("");
