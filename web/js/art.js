// An episode's artwork, or a cover with the initials of its series: always the same for the same series.

import { h } from "./dom.js";

/** @param {{title: string, image_url?: string, series?: Episode["series"]}} episode */
export function art({ title, image_url: url = "", series }) {
  const name = series?.name || series?.id || title;
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const cover = h("span.cover", {}, words.slice(0, 2).map(([first]) => first.toUpperCase()).join(""));
  const hue = [...name].reduce((sum, letter) => (31 * sum + (letter.codePointAt(0) ?? 0)) % 360, 0);
  cover.style.setProperty("--hue", String(hue));
  const frame = h("div.art", { "aria-hidden": "true" }, cover);
  if (/^https:/.test(url)) {
    const [onload, onerror] = [() => frame.replaceChildren(image), () => image.remove()];
    const image = h("img", { alt: "", loading: "lazy", decoding: "async", src: url, onload, onerror });
    frame.append(image);
  }
  return frame;
}
