// Search: episodes and names as the listener types.

import { call } from "../http/call.js";
import { causes } from "../feed/causes.js";
import { $, announce, button, emptyState, h, icon, toast } from "../ui/dom.js";
import { feedAbout } from "../feed/feed.js";
import { Problem } from "../http/problem.js";
import { episodeRow } from "../episode/row.js";
import { count, t } from "../ui/text.js";
import { duration, joined } from "../ui/words.js";

const PAGE = 20;
const PAUSE_MS = 200; // between two keys, after which it searches

const input = h("input", { type: "search", "aria-label": "Search episodes, series and people", placeholder: "Episodes, series, people",
  maxlength: 200, autocomplete: "off", enterkeyhint: "search" });
const photo = h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": "Photo", onchange: usePhoto });
const found = h("div");
/** Counts searches, so that late answers to older ones are dropped. */
let search = 0;
/** The timer of the next search. */
let soon = 0;

/** What the address says is searched for. */
const words = () => new URLSearchParams(location.hash.split("?")[1]).get("q") ?? "";

export function update() {
  if ($("search").firstChild) {
    for (const row of found.querySelectorAll(".row-item")) /** @type {Live} */ (row).update();
    return;
  }
  $("search").append(h("form.row", { role: "search", onsubmit }, input, h("button.strong", { type: "submit" }, "Search")),
    h("div.row.ways", {}, way("spark", "Feed of this", makeFeed), way("ask", "Ask", ask), way("camera", "Feed of a photo", () => photo.click()), photo),
    found);
  input.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(show, PAUSE_MS, input.value);
  });
  input.value = words();
  show(input.value);
  input.focus();
}

export { update as show };

/** @param {Event} event */
function onsubmit(event) {
  event.preventDefault();
  show(input.value);
}

/** @param {string} name of the icon @param {string} text @param {() => void} press */
function way(name, text, press) {
  const made = button("", press);
  made.append(icon(name), h("span", {}, text));
  return made;
}

function ask() {
  location.hash = `#/ask?${new URLSearchParams({ q: input.value.trim() })}`;
}

function makeFeed() {
  const text = input.value.trim();
  if (text) feedAbout({ seed: { text }, label: text }); else input.focus();
}

/** Makes a feed of the photo that was chosen. */
async function usePhoto() {
  const [file] = photo.files ?? [];
  photo.value = ""; // the same one may be chosen again
  if (!file) return;
  toast("Looking at your photo…");
  try {
    feedAbout(await (await import("./photo.js")).readPhoto(file));
    $("toast").hidden = true;
  } catch (error) {
    const { message, detail } = Problem.of(error);
    toast(`${message}. ${detail}`);
  }
}

/** Searches for other words. @param {string} text */
function look(text) {
  input.value = text;
  show(text);
  $("search-title").focus();
}

/** @param {string} text */
async function show(text) {
  clearTimeout(soon);
  if ($("view-search").hidden) return; // the listener went on before the pause was over
  const mine = ++search;
  const q = text.trim();
  history.replaceState(null, "", q ? `#/search?${new URLSearchParams({ q })}` : "#/search");
  if (!q) return found.replaceChildren(h("p.quiet", {}, "What is it about, or what is it called? Half a title will do."));
  found.setAttribute("aria-busy", "true");
  try {
    const page = await next(q, "0");
    if (mine === search) draw(q, page);
  } catch (error) {
    if (mine !== search) return;
    const { message, detail } = Problem.of(error);
    found.replaceChildren(emptyState(message, detail, button("Try again", () => show(q), { class: "strong" })));
  } finally {
    if (mine === search) found.removeAttribute("aria-busy");
  }
}

/** @param {string} q @param {string} cursor @returns {Promise<SearchPage>} */
const next = (q, cursor) => call("GET", `/search?${new URLSearchParams({ q, cursor, limit: String(PAGE) })}`);

/** @param {string} q @param {SearchPage} page */
function draw(q, page) {
  const names = [...page.series.map(({ name, id }) => name ?? id), ...page.people, ...page.topics];
  const list = h("ul", { role: "list", "aria-label": "Episodes" }, ...page.episodes.map(row));
  const more = button("Show more", async () => {
    const mine = search;
    more.setAttribute("aria-busy", "true");
    try {
      const after = await next(q, page.next_cursor ?? "0");
      if (mine !== search) return;
      page = after;
      const added = after.episodes.map(row);
      list.append(...added);
      added[0]?.querySelector("button")?.focus();
      more.hidden = !after.next_cursor;
    } catch (error) {
      const { message, detail } = Problem.of(error);
      toast(`${message}. ${detail}`);
    } finally {
      more.removeAttribute("aria-busy");
    }
  }, { class: "wide", hidden: !page.next_cursor });
  const read = readAs(page.understood);
  const told = page.episodes.length ? count(page.total, "One episode", "{n} episodes") : t("Nothing found");
  found.replaceChildren(
    h("div.chips", { role: "group", "aria-label": "Names", hidden: !names.length }, ...names.map((name) => button(name, () => look(name)))),
    h("p.quiet", { hidden: !read.length }, `Looked for: ${joined(read)}`),
    ...(page.episodes.length ? [list, more]
      : [emptyState("Nothing found", "Try fewer or other words.")]),
    h("p.quiet", {}, causes(page.degraded.filter((name) => name !== "summary_missing"))));
  announce(`${told}.`);
}

/** What the words of a query were read as. @param {SearchPage["understood"]} understood */
const readAs = ({ series, since, until, min_duration_s: least, max_duration_s: most, newest }) => [
  ...series.map(({ id, name }) => name ?? id), since && `from ${day(since)}`, until && `before ${day(until)}`,
  least && `from ${duration(least)}`, most && `up to ${duration(most)}`, newest && "newest first",
].flatMap((one) => one || []);

/** @param {string} time */
const day = (time) => new Date(time).toLocaleDateString("en", { dateStyle: "medium", timeZone: "UTC" });

/** @param {FoundEpisode} episode */
const row = (episode) => episodeRow(episode, h("p.snippet", { lang: episode.language }, ...marked(episode.snippet)));

/** The text of a snippet with its matching words marked. @param {Snippet} snippet */
function marked({ text, ranges }) {
  let at = 0;
  const parts = ranges.flatMap(([start, end]) => {
    const [before, word] = [text.slice(at, start), text.slice(start, end)];
    at = end;
    return [document.createTextNode(before), h("mark", {}, word)];
  });
  return [...parts, document.createTextNode(text.slice(at))];
}
