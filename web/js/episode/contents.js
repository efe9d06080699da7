// What is said in an episode and about it: its notes, chapters and transcript, in which times lead into the audio.

import { playAt } from "../player/playing.js";
import { h } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { timecode } from "../ui/words.js";
import { webUrl } from "./actions.js";

const KEPT = /^(abbr|b|blockquote|br|cite|code|d[dlt]|div|em|h3|hr|i|li|mark|[ou]l|p(re)?|s|small|strong|su[bp]|table|tbody|t[dhr]|tfoot|thead|u)$/;
const DROPPED = /^(script|style|template|title|svg)$/;
const TIME = /(?<![\d:.,/-])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?![\d:]|[.,]\d|\s*[ap]\.?m\b)/giu;

/** A button that plays an episode from a place, or its text where there is no audio. @param {Episode} episode @param {number} at in seconds @param {string} time */
const placed = (episode, at, time) => webUrl(episode.audio_url)
  ? h("button.seek", { "aria-label": t("Play from {time}", { time }), onclick: () => playAt(episode, at) }, time) : h("span.time", {}, time);

/** @param {string} text @param {Episode} episode */
export function timed(text, episode) {
  /** @type {(string | Node)[]} */
  const found = [];
  let end = 0;
  for (const { 0: time, 1: hours = 0, 2: minutes, 3: seconds, index } of text.matchAll(TIME)) {
    const at = 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
    if (at >= (episode.duration_s || Infinity)) continue;
    found.push(text.slice(end, index), placed(episode, at, time));
    end = index + time.length;
  }
  return [...found, text.slice(end)];
}

/** Notes as elements: those of an allow-list, and links to the web and to mail. @param {string} html @param {Episode} episode */
export function notes(html, episode) {
  /** @param {Node} node @param {boolean} [linked] within a link, which holds no buttons @returns {(string | Node)[]} */
  const copied = (node, linked) => [...node.childNodes].flatMap((child) => {
    if (child instanceof Text) return linked ? child.data : timed(child.data, episode);
    const name = child.nodeName.toLowerCase().replace(/^h\d$/, "h3");
    const href = !linked && name === "a" ? /** @type {Element} */ (child).getAttribute("href") ?? "" : "";
    const isLink = /^(https?:\/\/|mailto:)/i.test(href);
    const inside = DROPPED.test(name) ? [] : copied(child, linked || isLink);
    return isLink ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...inside)
      : KEPT.test(name) ? h(/** @type {"p"} */ (name), {}, ...inside) : inside;
  });
  // A document of its own, in which nothing loads or runs.
  return copied(new DOMParser().parseFromString(html, "text/html").body);
}

/** @param {Chapter[]} chapters @param {Episode} episode */
export const chapterList = (chapters, episode) => h("ol.course", { role: "list" }, ...chapters.map(({ start_s: at, title }, index) =>
  h("li", { "data-at": at }, placed(episode, at, timecode(at)), h("span", {}, title || t("Chapter {n}", { n: index + 1 })))));

/** A transcript, drawn when it is opened. @param {TranscriptPart[]} parts @param {Episode} episode */
export function transcript(parts, episode) {
  const list = h("ol.course", { role: "list", lang: episode.language });
  const opened = () => list.firstChild || list.append(...parts.map(({ start_s: at, speaker, text }) => h("li", { "data-at": at },
    h("p", {}, at !== undefined && placed(episode, at, timecode(at)), speaker && h("strong", {}, speaker)), h("p", {}, text))));
  return h("details", { ontoggle: opened }, h("summary", {}, h("h2", {}, t("Transcript"))), list);
}
