// The page of an episode. In its notes, chapters and transcript times lead into the audio.

import { known, label, live, play, playButton, player, playing, toggleButton, webUrl } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { openEpisodeMenu, share } from "../episode/menu.js";
import { whyPanel } from "../episode/why.js";
import { call } from "../auth/call.js";
import { Problem } from "../http/problem.js";
import { keptEpisode, notesOf, ready } from "../library/kept.js";
import { library } from "../library/library.js";
import { entitle } from "../router.js";
import { episodeRow, seriesLink } from "../episode/items.js";
import { failure, section, toFeed } from "./parts.js";
import { $, button, emptyState, h, icon, iconButton, link, redraw, rovingTabindex } from "../ui/dom.js";
import { duration, joined, language, t, timecode, told } from "../ui/text.js";

const MAX_NAMES = 10; // of people, of topics, of things
const LONG = 700; // characters, from which on a text is cut
const KEPT = /^(abbr|b|blockquote|br|cite|code|d[dlt]|div|em|h3|hr|i|li|mark|[ou]l|p(re)?|s|small|strong|su[bp]|table|tbody|t[dhr]|tfoot|thead|u)$/;
const DROPPED = /^(script|style|template|title|svg)$/;
const TIME = /(?<![\d:.,/-])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?![\d:]|[.,]\d|\s*[ap]\.?m\b)/giu;
const heading = $("episode-title"); // moves beside the artwork

let shown = "";
/** @type {Live[]} */
let alive = [];

export function update() {
  alive.forEach((one) => one.update());
  follow();
}

function follow() {
  if ($("view-episode").hidden) return;
  const position = player.at(shown) ?? -1;
  alive[0]?.update();
  for (const { children } of $("episode").querySelectorAll(".course")) {
    const places = /** @type {HTMLElement[]} */ ([...children]);
    const current = places.findLast(({ dataset: { at } }) => Number(at) <= position);
    const before = places.find((one) => one.ariaCurrent);
    if (current === before) continue;
    const { top = -1, bottom = -1 } = before?.getBoundingClientRect() ?? {};
    if (bottom > 0 && top < innerHeight) current?.scrollIntoView({ block: "nearest" }); // it was read along
    for (const one of places) one.ariaCurrent = one === current ? "true" : null;
  }
}
playing.addEventListener("position", follow);

/** @param {string} id */
export async function show(id) {
  if (id === shown && alive.length) return update();
  shown = id;
  alive = [];
  const before = known(id) ?? await ready.then(() => keptEpisode(id));
  if (id !== shown) return;
  if (before) draw(before);
  else {
    entitle("episode", t("Episode"));
    fill(() => [h("div.hero.skeleton", {}, h("div.art"), h("div", {}, heading, h("p"), h("p")))]);
  }
  try {
    const episode = { ...before, ...await call("GET", `/episodes/${encodeURIComponent(id)}`) };
    if (id !== shown) return;
    if (!before || Object.keys(episode).length > Object.keys(before).length) draw(episode);
    if (before && !library.did("click", id)) library.record("click", episode);
    await complete(episode);
  } catch (problem) {
    if (id !== shown) return;
    if (before) await complete(before);
    else explain(problem, id);
  }
}

/** Shows elements; the heading, which moves into them, keeps the focus. @param {() => (Node | string)[]} made */
function fill(made) {
  const focused = document.activeElement === heading;
  redraw($("episode"), ...made());
  if (focused) heading.focus({ preventScroll: true });
}

/** @param {unknown} problem @param {string} id */
const explain = (problem, id) => fill(() => [heading, Problem.of(problem).status === 404
  ? emptyState(t("This episode has left the catalog"), t("There is more to hear in your feed."), toFeed()) : failure(problem, () => show(id))]);

/** @param {Episode} episode */
function draw(episode) {
  const { id, title, series, language: lang, duration_s: length, reason } = episode;
  entitle("episode", title);
  heading.lang = lang ?? "";
  const facts = h("p.facts");
  const more = iconButton("more", label(t("More"), episode), () => openEpisodeMenu(episode, more), { "aria-haspopup": "true" });
  const buttons = [playButton(episode), toggleButton("bookmark", episode), toggleButton("like", episode), toggleButton("not_interested", episode)];
  alive = [live(facts, () => {
    const at = player.at(id);
    const heard = at && length ? Math.min(1, at / length) : library.did("listen", id)?.progress;
    const date = new Date(episode.published_at).toLocaleDateString(language, { dateStyle: "long" });
    facts.textContent = joined([date, duration(length, heard), episode.explicit && t("Explicit")]);
  }), ...buttons];
  fill(() => [
    h("div.hero", {}, art(episode), h("div", {}, series && h("p.series", {}, seriesLink(series)), heading, facts,
      rovingTabindex(h("div.actions", { role: "toolbar", "aria-label": title }, ...buttons, iconButton("share", label(t("Share"), episode), () => share(episode)), more)))),
    reason ? h("details", {}, h("summary.reason", {}, icon("spark"), h("span.reason-text", {}, told("reason", reason)), h("span.ask", {}, t("Why this?"))), h("div.why", {}, whyPanel(episode))) : "",
    ...clamped(h("p.lead", { lang }, episode.key_insight)),
    names(episode), h("div", { id: "episode-rest" })]);
}

/** @param {Episode} episode */
function names({ people, categories, entities }) {
  const seen = new Set();
  /** @param {string} view @param {any[]} [records] names, or records with one */
  const links = (view, records = []) => records.map((one) => one?.name ?? one).filter((name) => name?.trim?.() && !seen.has(name) && seen.add(name))
    .slice(0, MAX_NAMES).map((name) => link(view, name));
  return h("div.chips", { role: "group", "aria-label": t("People and topics") }, ...links("person", people),
    ...links("topic", [...categories?.major ?? [], ...categories?.subcategories ?? []]), ...links("entity", entities));
}

/** @param {HTMLElement} text */
function clamped(text) {
  const { length } = text.textContent?.trim() ?? "";
  if (length + 60 * text.children.length < LONG) return length ? [text] : [];
  const open = () => { wrap.className = ""; more.hidden = true; };
  const more = button(t("Read on"), () => { open(); text.tabIndex = -1; text.focus({ preventScroll: true }); });
  const wrap = h("div.clamp", { onfocusin: () => { if (wrap.querySelector(":focus-visible")) open(); } }, text); // by keyboard, in what is cut
  return [h("div", {}, wrap, more)];
}

/** @param {Episode} episode */
async function complete(episode) {
  const { id, language: lang, description = "" } = episode;
  const path = `/episodes/${encodeURIComponent(id)}`;
  const answers = await Promise.allSettled([notesOf(id), call("GET", `${path}/transcript`), call("GET", `${path}/similar?limit=6`)]);
  if (id !== shown) return;
  const [noted, course, found] = answers.map((one) => one.status === "fulfilled" ? one.value : null);
  const rows = found?.episodes.map((/** @type {Episode} */ one) => episodeRow(one)) ?? [];
  const about = clamped(h("div.notes", { lang }, ...(noted?.html ? notes(noted.html, episode) : timed(description, episode))
    .filter((one) => (one instanceof Node ? one.textContent : one)?.trim() !== episode.key_insight))); // which stands above
  const lost = answers.some((one) => one.status === "rejected" && Problem.of(one.reason).status !== 404);
  redraw($("episode-rest"),
    course?.chapters.length ? section(t("Chapters"), chapterList(course.chapters, episode)) : "",
    about.length ? section(t("About this episode"), ...about) : "",
    course?.parts.length ? transcript(course.parts, episode) : "",
    rows.length ? section(t("More like this"), h("ul", { role: "list" }, ...rows)) : "",
    lost ? h("p.quiet", {}, t("Not all of this page could be loaded."), " ", button(t("Try again"), () => complete(episode))) : "",
    h("a", { href: "#/" }, t("To the feed")));
  alive.push(...rows);
  follow();
  if (location.hash.endsWith("?similar")) rows[0]?.scrollIntoView({ block: "center" });
}

/** @param {Episode} episode @param {number} at in seconds @param {string} time */
const placed = (episode, at, time) => webUrl(episode.audio_url)
  ? h("button.seek", { "aria-label": t("Play from {time}", { time }), onclick: () => play(episode, at) }, time) : h("span.time", {}, time);

/** @param {string} text @param {Episode} episode */
function timed(text, episode) {
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
function notes(html, episode) {
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
const chapterList = (chapters, episode) => h("ol.course", { role: "list" }, ...chapters.map(({ start_s: at, title }, index) =>
  h("li", { "data-at": at }, placed(episode, at, timecode(at)), h("span", {}, title || t("Chapter {n}", { n: index + 1 })))));

/** A transcript, drawn when it is opened. @param {TranscriptPart[]} parts @param {Episode} episode */
function transcript(parts, episode) {
  const list = h("ol.course", { role: "list", lang: episode.language });
  const opened = () => list.firstChild || list.append(...parts.map(({ start_s: at, speaker, text }) => h("li", { "data-at": at },
    h("p", {}, at !== undefined && placed(episode, at, timecode(at)), speaker && h("strong", {}, speaker)), h("p", {}, text))));
  return h("details", { ontoggle: opened }, h("summary", {}, h("h2", {}, t("Transcript"))), list);
}
