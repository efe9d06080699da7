// Search: episodes as the listener types, narrowed by filters. What is searched for stands in the address. Words, or a
// photo, make a feed, too.

import { updateAll } from "../episode/actions.js";
import { causes } from "../episode/why.js";
import { feedAbout } from "../feed/feed.js";
import { categories } from "../feed/interests.js";
import { call, request } from "../auth/call.js";
import { answerOf, Problem } from "../http/problem.js";
import { $, announce, button, emptyState, h, hideToast, icon, link, redraw, toast } from "../ui/dom.js";
import { count, DAY_MS, duration, joined, language, t } from "../ui/text.js";
import { episodeList, failure, tell } from "./parts.js";
import { episodeRow } from "../episode/items.js";
import { forgetSearches, recentSearches, remember, suggestions } from "./suggestions.js";

const PAGE = 20;
const PAUSE_MS = 200; // between two keys, after which it searches
const MAX_PX = 1024; // as large as the API looks at a photo
const READ_MS = 30_000; // a model may look at it

const input = h("input", { type: "search", "aria-label": t("Search episodes, shows and people"), placeholder: t("Episodes, shows, people"),
  maxlength: 200, autocomplete: "off", autocapitalize: "off", enterkeyhint: "search" });
const photo = h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": t("Photo"), onchange: usePhoto });
const found = h("div.found", { onclick: () => remember(input.value) }); // what leads on was worth it
const typed = suggestions(input, () => remember(input.value));
const filters = {
  days: filter(t("Published"), [["", t("Any time")], ["7", t("Past week")], ["31", t("Past month")], ["365", t("Past year")]]),
  minutes: filter(t("Length"), [["", t("Any length")], ...[15, 30, 60].map((most) => [String(most), t("Up to {time}", { time: duration(60 * most) })])]),
  category: filter(t("Topic"), [["", t("Any topic")]]),
};
const narrowing = h("div.row.filters", { role: "group", "aria-label": t("Filters") }, ...Object.values(filters));
/** Counts searches, so that late answers to older ones are dropped. */
let search = 0;
let soon = 0;

/** @param {string} name of the icon @param {string} text @param {() => void} onclick */
const labelled = (name, text, onclick) => h("button", { onclick }, icon(name), h("span", {}, text));

$("search").append(
  h("form.row", { role: "search", onsubmit }, input), typed.list,
  h("div.row.ways", {}, labelled("spark", t("Feed of this"), makeFeed), labelled("ask", t("Ask"), ask), labelled("camera", t("Feed of a photo"), () => photo.click()), photo),
  narrowing, found);
input.addEventListener("input", () => {
  clearTimeout(soon);
  soon = setTimeout(() => { typed.suggest(input.value.trim()); look(); }, PAUSE_MS);
});
addEventListener("hashchange", () => { if (!$("view-search").hidden && (address().get("q") ?? "") !== input.value.trim()) show(); });
/** @type {Promise<void> | undefined} */
let named;
const nameTopics = () => named ??= categories().then((names) => {
  const there = filters.category.value;
  filters.category.append(...names.filter((name) => name !== there).map((value) => h("option", { value }, value)));
}, () => { named = undefined; });

const address = () => new URLSearchParams(location.hash.split("?")[1]);

/** @param {string} label @param {string[][]} options of a value and a text */
function filter(label, options) {
  return h("select", { "aria-label": label, onchange: () => look() }, ...options.map(([value, text]) => h("option", { value }, text)));
}

export function show() {
  nameTopics();
  const asked = address();
  input.value = asked.get("q") ?? "";
  for (const [name, one] of Object.entries(filters)) {
    const value = asked.get(name) ?? "";
    if (name === "category" && value && ![...one.options].some((option) => option.value === value)) one.append(h("option", { value }, value));
    one.value = value;
    if (one.selectedIndex < 0) one.value = "";
  }
  look();
  if (!input.value) input.focus();
}

export const update = () => updateAll(found, ".row-item");

/** @param {Event} event */
function onsubmit(event) {
  event.preventDefault();
  typed.hide();
  remember(input.value);
  look();
}

function ask() {
  location.hash = `#/ask?${new URLSearchParams({ q: input.value.trim() })}`;
}

function makeFeed() {
  const text = input.value.trim();
  if (text) feedAbout({ seed: { text }, label: text }); else input.focus();
}

async function usePhoto() {
  const [file] = photo.files ?? [];
  photo.value = ""; // the same one may be chosen again
  if (!file) return;
  toast(t("Looking at your photo…"));
  try {
    feedAbout(await readPhoto(file));
    hideToast();
  } catch (error) {
    tell(error);
  }
}

/** What a feed of this photo is about. @param {File} file @returns {Promise<About>} @throws {Problem} */
async function readPhoto(file) {
  const body = new FormData();
  body.append("photo", await small(file), "photo.jpg");
  const answer = await request("/seeds/photo", { method: "POST", body, signal: AbortSignal.timeout(READ_MS) });
  const { token, text } = await answerOf(answer);
  return { seed: { token }, label: text };
}

/** A copy of at most `MAX_PX`, upright, without the photo's place, time and device. @param {File} file */
async function small(file) {
  const photo = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => {
    throw new Problem({ title: t("This picture cannot be read"), detail: t("Choose a JPEG, PNG or WebP.") });
  });
  const scale = Math.min(1, MAX_PX / Math.max(photo.width, photo.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [photo.width, photo.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d")?.drawImage(photo, 0, 0, canvas.width, canvas.height);
  photo.close();
  /** @type {Blob | null} */
  const copy = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  if (!copy) throw new Problem({ title: t("This picture cannot be read") });
  return copy;
}

async function look() {
  clearTimeout(soon);
  if ($("view-search").hidden || /^#\/(?!search)/.test(location.hash)) return; // the listener went on
  const mine = ++search;
  const q = input.value.trim();
  const asked = new URLSearchParams(Object.entries({ q, ...chosen() }).filter(([, value]) => value));
  history.replaceState(null, "", asked.size ? `#/search?${asked}` : "#/search");
  narrowing.hidden = !q;
  if (!q) return start();
  found.setAttribute("aria-busy", "true");
  try {
    const page = await next(q, "0");
    if (mine === search) draw(q, page);
  } catch (error) {
    if (mine === search) redraw(found, failure(error, look));
  } finally {
    if (mine === search) found.removeAttribute("aria-busy");
  }
}

const chosen = () => Object.fromEntries(Object.entries(filters).map(([name, { value }]) => [name, value]));

function start() {
  const mine = search;
  found.removeAttribute("aria-busy");
  const recent = recentSearches();
  const topics = h("ul.topics", { role: "list" });
  found.replaceChildren(
    recent.length ? h("section", {},
      h("div.row.top", {}, h("h2", {}, t("Recent searches")), button(t("Clear"), () => { forgetSearches(); start(); input.focus(); }, { class: "plain", "aria-label": t("Clear recent searches") })),
      h("ul.chips", { role: "list" }, ...recent.map((one) => h("li", {}, button(one, () => { input.value = one; look(); }))))) : "",
    h("section", {}, h("div.row.top", {}, h("h2", {}, t("Topics")), h("a", { href: "#/trending" }, t("Trending"))), topics));
  categories().then((names) => {
    if (mine === search) topics.append(...names.map((name) => h("li", {}, link("topic", name))));
  }, (error) => { if (mine === search) topics.append(h("li.quiet", {}, `${Problem.of(error).message}.`)); });
}

/** @param {string} q @param {string} cursor @returns {Promise<SearchPage>} */
function next(q, cursor) {
  const { days, minutes, category } = chosen();
  return call("GET", `/search?${new URLSearchParams({ q, cursor, limit: String(PAGE), ...(category && { category }),
    ...(minutes && { max_duration_s: String(60 * Number(minutes)) }), ...(days && { since: since(Number(days)) }) })}`);
}

/** The beginning of a day, so that answers can be cached. @param {number} days ago */
const since = (days) => `${new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)}T00:00:00Z`;

/** @param {string} q @param {SearchPage} page */
function draw(q, page) {
  const read = readAs(page.understood);
  const narrowed = Object.values(chosen()).some(Boolean);
  const told = page.episodes.length ? count(page.total, "One episode", "{n} episodes") : t("Nothing found");
  redraw(found,
    h("p.quiet", { hidden: !read.length }, t("Looked for: {what}", { what: joined(read) })),
    ...(page.episodes.length ? episodeList(page, (cursor) => next(q, cursor), row)
      : [emptyState(t("Nothing found"), narrowed ? t("Try other words, or fewer filters.") : t("Try fewer or other words."),
        ...(narrowed ? [button(t("Without filters"), () => { for (const one of Object.values(filters)) one.value = ""; look(); }, { class: "strong" })] : []))]),
    h("p.quiet", {}, causes(page.degraded)));
  announce(`${told}.`);
}

/** @param {SearchPage["understood"]} understood */
const readAs = ({ series, since: from, until, min_duration_s: least, max_duration_s: most, newest }) => [
  ...series.map(({ id, name }) => name ?? id), from && t("from {day}", { day: day(from) }), until && t("before {day}", { day: day(until) }),
  least && t("from {time}", { time: duration(least) }), most && t("up to {time}", { time: duration(most) }), newest && t("newest first"),
].flatMap((one) => one || []);

/** @param {string} time */
const day = (time) => new Date(time).toLocaleDateString(language, { dateStyle: "medium", timeZone: "UTC" });

/** @param {FoundEpisode} episode */
const row = (episode) => episodeRow(episode, h("p.snippet", { lang: episode.language, dir: "auto" }, ...marked(episode.snippet)));

/** @param {Snippet} snippet */
function marked({ text, ranges }) {
  let at = 0;
  const parts = ranges.flatMap(([start, end]) => {
    const [before, word] = [text.slice(at, start), text.slice(start, end)];
    at = end;
    return [before, h("mark", {}, word)];
  });
  return [...parts, text.slice(at)];
}
