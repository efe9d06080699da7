// The player as a page: what plays, its chapters, and what comes next.

import { label, playing, toggleButton } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { call } from "../auth/call.js";
import { device } from "../device.js";
import { choice, controls, seekBar, speedChoice, trouble } from "../player/bar.js";
import { at, fromFeed, length, next, now, play, previous, seek, seekable, skips } from "../player/player.js";
import { autoplay, keep, list, put, remove, replace } from "../library/queue.js";
import { seriesLink } from "../episode/items.js";
import { leaveRow } from "./parts.js";
import { $, announce, button, emptyState, h, icon, iconButton, link, redraw, toast } from "../ui/dom.js";
import { count, t, timecode } from "../ui/text.js";

const SKIPS_S = [5, 10, 15, 30, 45, 60];
const SLEEP_MIN = [0, 5, 10, 15, 30, 45, 60, Infinity];
const FLIPPED = { class: "icon-button flipped" };
const RESTART_S = 3; // "previous" goes to the beginning of a chapter first

/** @type {Episode | null} */
let shown = null;
/** @type {{start_s: number, title: string}[]} */
let chapters = [];
let chapter = -1;
let sleepMin = 0; // as it was chosen

/** @param {0 | 1} which @param {string} label */
const skipChoice = (which, label) => choice(label, SKIPS_S, (n) => count(n, "One second", "{n} seconds"), (seconds) => {
  device.write("skips", skips().with(which, seconds));
  playing.dispatchEvent(new Event("change"));
}, () => skips()[which]);

const sleep = choice(t("Sleep timer"), SLEEP_MIN, (n) => !n ? t("Off") : n < Infinity ? count(n, "One minute", "{n} minutes") : t("End of the episode"), (minutes) => {
  sleepMin = minutes;
  now.sleepAt = minutes && Date.now() + minutes * 60_000;
}, () => now.sleepAt && sleepMin);

const stage = h("div.stage");
const head = h("div");
const saved = h("div");
const [buttons, position, problem] = [controls(), seekBar(), trouble()];
const settings = [speedChoice(), sleep, skipChoice(0, t("Skip back")), skipChoice(1, t("Skip ahead"))];
const [elapsed, remaining, sleepLeft] = [h("span.time"), h("span.time"), h("p.quiet")];
const chapterList = h("ol", { role: "list" });
const chapterSection = h("section.chapters", { "aria-label": t("Chapters") }, h("div.row.top", {}, h("h2", {}, t("Chapters")),
  h("div", {}, iconButton("ahead", t("Previous chapter"), () => toChapter(at() - (chapters[chapter]?.start_s ?? 0) > RESTART_S ? chapter : chapter - 1), FLIPPED),
    iconButton("ahead", t("Next chapter"), () => toChapter(chapter + 1)))), chapterList);
buttons.prepend(iconButton("ahead", t("Previous"), previous, FLIPPED));
buttons.append(iconButton("ahead", t("Next"), next));
const deck = h("div.deck", {}, stage, h("div", {}, h("div.row.top", {}, head, saved), position, h("div.times", { dir: "ltr" }, elapsed, remaining), buttons, problem,
  h("div.settings", {}, ...settings.map((one) => h("label", {}, h("span", {}, one.title), one))), sleepLeft), chapterSection);
const empty = emptyState(t("Nothing is playing"), t("Play an episode, and it is here, with its chapters and what comes next."));

const heading = h("h2", { tabindex: -1 }, t("Up next"));
const rows = h("ol", { role: "list" });
const goesOn = h("input", { type: "checkbox", onchange: () => keep("autoplay", goesOn.checked) });
const follows = h("p.quiet");
const clear = button(t("Clear"), () => {
  const before = list();
  replace([]);
  heading.focus();
  toast(t("The queue is cleared."), [t("Undo"), () => replace(before)]);
});
let drawn = "";

const upNext = h("section.up-next", { "aria-label": t("Up next") }, h("div.row.top", {}, heading, clear), rows,
  h("label.row", {}, goesOn, h("span", {}, t("Go on with the feed"))), follows);
$("playing").append(empty, deck, upNext);

export function update() {
  const { episode } = now;
  empty.hidden = !!episode;
  deck.hidden = !episode;
  drawQueue();
  if (episode && shown !== episode) draw(episode);
  deck.classList.toggle("failed", !!now.problem);
  for (const part of [buttons, problem, ...settings, ...saved.children]) /** @type {Live} */ (part).update();
  drawPosition();
}

export { update as show };

/** @param {Episode} episode */
async function draw(episode) {
  shown = episode;
  const { id, title, series } = episode;
  stage.replaceChildren(art(episode));
  head.replaceChildren(h("h2", {}, link("episode", id, title)),
    h("p.series", {}, seriesLink(series)));
  saved.replaceChildren(toggleButton("bookmark", episode));
  chapterSection.hidden = true;
  // Chapters are an extra: without an answer there are none.
  const answer = await call("GET", `/episodes/${encodeURIComponent(id)}/transcript`).catch(() => ({ chapters: [] }));
  if (shown !== episode) return;
  chapters = answer.chapters;
  chapter = -1;
  chapterSection.hidden = !chapters.length;
  chapterList.replaceChildren(...chapters.map(({ start_s, title: what }, index) => h("li", {}, h("button.chapter", { onclick: () => toChapter(index) },
    h("span.time", {}, timecode(start_s)), h("span", {}, what || t("Chapter {n}", { n: index + 1 }))))));
  drawPosition();
}

/** @param {number} index */
const toChapter = (index) => seek(chapters[Math.max(0, Math.min(index, chapters.length - 1))].start_s);

function drawPosition() {
  position.update();
  sleep.update();
  elapsed.textContent = timecode(at());
  remaining.textContent = length() === Infinity ? t("Live") : seekable() ? `−${timecode(length() - at())}` : "";
  const left = now.sleepAt === Infinity ? length() - at() : (now.sleepAt - Date.now()) / 1000;
  sleepLeft.textContent = now.sleepAt ? t("Stops in {time}", { time: timecode(left) }) : "";
  chapter = chapters.findLastIndex(({ start_s }) => start_s <= at() + 0.5);
  [...chapterList.children].forEach((item, index) => item.firstElementChild?.toggleAttribute("aria-current", index === chapter));
}
playing.addEventListener("position", drawPosition);

function drawQueue() {
  const queue = list();
  const ids = queue.map(({ id }) => id).join();
  const then = autoplay() && fromFeed(now.episode?.id ?? "");
  clear.hidden = !ids;
  goesOn.checked = autoplay();
  follows.textContent = then ? t("Then: {title}", { title: then.title }) : "";
  if (ids === drawn) return; // an item may be dragged just now
  drawn = ids;
  redraw(rows, ...queue.map(row));
}

/** @param {Episode} episode @param {number} place @param {Episode[]} all */
function row(episode, place, { length }) {
  const { id, title, series } = episode;
  const step = (/** @type {string} */ label, /** @type {number} */ to) => {
    const end = to < 0 || to === length;
    return iconButton("play", label, () => { if (!end) move(to); }, { "aria-disabled": end });
  };
  const move = (/** @type {number} */ to) => {
    put(episode, to);
    announce(t("{title}: {place} of {length}", { title, place: to + 1, length }));
  };
  const handle = h("span.handle", { "aria-hidden": "true" }, icon("pause"));
  const item = h("li.row-item", {}, handle, art(episode),
    h("button.text", { "aria-label": label(t("Play"), episode), onclick: () => play(episode) }, h("span.title", {}, title), h("span.facts", {}, series?.name)),
    h("div.order", {}, step(label(t("Move up"), episode), place - 1), step(label(t("Move down"), episode), place + 1)),
    iconButton("close", label(t("Remove"), episode), () => {
      leaveRow(item, rows, heading);
      remove(id);
      toast(t("Removed."), [t("Undo"), () => put(episode, place)]);
    }));
  handle.onpointerdown = ({ pointerId }) => handle.setPointerCapture(pointerId);
  handle.onpointermove = ({ clientX, clientY, pointerId }) => {
    const over = document.elementFromPoint(clientX, clientY)?.closest("li");
    if (!over || !rows.contains(over) || !handle.hasPointerCapture(pointerId)) return;
    const items = [...rows.children];
    const [from, to] = [items.indexOf(item), items.indexOf(over)];
    // The others move: an item that is moved itself loses the pointer.
    if (to < from) item.after(...items.slice(to, from)); else item.before(...items.slice(from + 1, to + 1));
  };
  handle.onlostpointercapture = () => move([...rows.children].indexOf(item));
  return item;
}
