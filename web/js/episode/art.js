// An episode's artwork, or a generated cover that depends only on the series' name.

import { h, svg } from "../ui/dom.js";

const WORDS_LEFT_OUT = /^(the|a|an|and|of|la|el|und|y|sin)$/iu;

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
  const hue = next(360);
  /** @param {number} light @param {number} chroma @param {number} turn */
  const colour = (light, chroma, turn) => `oklch(${light} ${chroma} ${hue + turn})`;
  const letters = svg("text", { x: 9, y: 91, fill: "#fff", "font-size": 21, "font-weight": 800 });
  letters.textContent = initials(name);
  return svg("svg", { viewBox: "0 0 100 100" }, svg("rect", { width: 100, height: 100, fill: colour(0.36, 0.07, 0) }),
    ...PATTERNS[next(PATTERNS.length)](colour(0.67, 0.13, 60 + next(240)), colour(0.9, 0.08, 60), next), letters);
}

/** @type {((shape: string, light: string, next: (below: number) => number) => Node[])[]} */
const PATTERNS = [
  (shape, light, next) => { // sound waves
    const [cx, cy] = [30 + next(40), 25 + next(25)];
    return [62, 48, 35, 23, 5.5].map((r, i) => svg("circle",
      { cx, cy, r, fill: "none", stroke: i < 4 ? shape : light, "stroke-width": i < 4 ? 5 : 11, "stroke-opacity": Math.min(1, 0.35 + 0.2 * i) }));
  },
  (shape, light, next) => Array.from({ length: 9 }, (_, i) => { // level bars
    const height = 14 + next(56);
    return svg("rect", { x: 8 + 9.6 * i, y: 46 - height / 2, width: 6, height, rx: 3, fill: i === 4 ? light : shape });
  }),
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
const initials = (name) => (name.match(/[\p{L}\p{N}]\S*/gu) ?? []).filter((word) => !WORDS_LEFT_OUT.test(word)).slice(0, 2)
  .map((word) => ([...word][0] ?? "").toUpperCase()).join("");
