// Saved and History.

import { acknowledge, isPlaying, label, playButton } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { refresh } from "../feed/feed.js";
import { serverTime } from "../device.js";
import { fetchCards, kept, keptEpisode } from "../library/kept.js";
import { library } from "../library/library.js";
import { confirmed, leaveRow, loading, tell, toFeed } from "./parts.js";
import { $, button, emptyState, h, iconButton, link, redraw, toast } from "../ui/dom.js";
import { age, DAY_MS, duration, joined, language, RELATIVE, t } from "../ui/text.js";

const PAGE = 50;
/** @type {[EngagementType, string][]} */
const DONE = [
  ["complete", t("Finished")], ["listen", t("Listened")], ["like", t("Liked")], ["bookmark", t("Saved")], ["share", t("Shared")],
  ["not_interested", t("Not interested")], ["click", t("Opened")],
];
const date = new Intl.DateTimeFormat(language, { dateStyle: "full" });
const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });

/** Covers by view and episode, so that they do not flicker when a list is drawn again. @type {Map<string, HTMLElement>} */
const covers = new Map();

/** @param {Engagement[]} engagements newest first @returns {EpisodePast[]} */
const pastOf = (engagements) => [...Map.groupBy(engagements, (one) => one.episode_id)].map(([id, all]) => {
  const done = new Set(all.map(({ type }) => type));
  const heard = done.has("complete") ? 1 : all.find(({ type }) => type === "listen")?.progress ?? 0;
  return { id, all, done, heard, card: keptEpisode(id) };
});

/** @param {EpisodePast} past @returns {string} */
const left = ({ heard, card }) => heard === 1 ? t("Finished") : duration(card?.duration_s, heard);

/** @param {string} name @param {ListView} how */
function view(name, { none, detail, list, group, facts, removed, more }) {
  let shown = PAGE;
  let drawn = "";

  function update() {
    more();
    const all = list();
    const visible = all.slice(0, shown);
    const { state, older } = library;
    fetchCards(visible.map(({ id }) => id)).catch(() => {}); // the next change tries again
    const news = JSON.stringify([visible, all.length, state, older, visible.map(({ id }) => isPlaying(id))]);
    if (news === drawn) return; // a press on what stands there is not lost
    drawn = news;
    const again = button(t("Try again"), () => library.load(), { class: visible.length ? null : "strong" });
    redraw($(name),
      visible.length && state === "failed" ? h("p.row.quiet", {}, t("Only what is on this device can be shown just now."), again) : "",
      ...[...Map.groupBy(visible, group)].map(([title, some]) => h("section", {}, title && h("h2", {}, title),
        h("ul", { role: "list" }, ...some.map((past) => row(name, past, facts(past), removed(past)))))),
      all.length > shown || older ? button(t("Show more"), showMore, { class: "wide" })
        : visible.length ? ""
        : state === "loading" ? loading()
        : state === "loaded" ? emptyState(none, detail, toFeed())
        : emptyState(t("It cannot be reached just now"), t("Check the connection and try again."), again));
  }

  async function showMore() {
    const before = $(name).querySelectorAll("li").length;
    shown += PAGE;
    if (list().length < shown) await library.loadOlder().catch(tell);
    update();
    $(name).querySelectorAll("li")[before]?.querySelector("a")?.focus();
  }

  kept.addEventListener("change", () => $(`view-${name}`).hidden || update());
  return { show: update, update };
}

/** @param {string} view @param {EpisodePast} past @param {string[]} facts @param {Engagement[]} engagements */
function row(view, { id, all: [{ episode_title, series_name: name }], card, heard }, facts, engagements) {
  const shown = card ?? { title: episode_title || t("An episode without a title"), series: { id: "", name } };
  const { title } = shown;
  const opened = link("episode", id, title);
  opened.dataset.key = id;
  const picture = `${view} ${id} ${card ? card.image_url : ""}`;
  if (!covers.has(picture)) covers.set(picture, art(shown));
  const play = card && playButton(card, "icon-button wordless");
  if (card && play instanceof HTMLButtonElement) {
    play.dataset.key = `play ${id}`;
    if (heard && heard < 1 && !isPlaying(card.id)) play.ariaLabel = label(t("Continue"), shown);
  }
  const item = h("li.row-item", {}, /** @type {HTMLElement} */ (covers.get(picture)),
    h("div.text", {},
      h("p.title", { lang: card?.language }, opened),
      h("p.facts", {}, joined([shown.series?.name, ...facts])),
      heard && h("progress", { value: heard, "aria-hidden": "true" })),
    play,
    iconButton("trash", label(t("Remove"), shown), () => {
      leaveRow(item, $(view), $(`${view}-title`));
      for (const one of engagements) library.remove(one);
      acknowledge(t("Removed."), [t("Undo"), () => {
        for (const one of engagements) library.restore(one);
      }]);
    }, { "data-key": `remove ${id}` }));
  return item;
}

const isSave = (/** @type {Engagement} */ { type }) => type === "bookmark";
const note = h("p.quiet");
$("saved-title").after(note);

export const saved = view("saved", {
  none: t("Nothing saved yet"),
  detail: t("Save an episode of the feed, and it waits for you here."),
  list: () => pastOf(library.engagements.toSorted((one, other) => Number(isSave(other)) - Number(isSave(one)))).filter(({ done }) => done.has("bookmark")),
  group: () => "",
  facts: (past) => [age(past.card?.published_at), left(past)],
  removed: ({ all }) => all.filter(isSave),
  more: () => { note.textContent = kept.full ? t("This device's storage is full or switched off. Nothing is lost, but not all of it can be read without a connection.") : ""; },
});

/** @param {EpisodePast} past */
const at = ({ all: [{ timestamp = "" }] }) => new Date(Date.parse(timestamp) || 0);
const resetButton = button(t("Reset"), reset);
$("history-title").after(resetButton);

export const history = view("history", {
  none: t("No history yet"),
  detail: t("What you play, save or refuse stands here. You can take any of it back."),
  list: () => pastOf(library.engagements),
  group: (past) => {
    const days = Math.round((serverTime().setHours(0, 0, 0, 0) - at(past).setHours(0, 0, 0, 0)) / DAY_MS);
    return days < 2 ? RELATIVE.format(-Math.max(0, days), "day") : date.format(at(past));
  },
  facts: (past) => [
    ...DONE.filter(([type]) => past.done.has(type) && !(type === "listen" && past.heard === 1) && (type !== "click" || past.done.size === 1))
      .map(([type, word]) => type === "listen" && left(past) || word),
    time.format(at(past))],
  removed: ({ all }) => all,
  more: () => { resetButton.hidden = !library.engagements.length; },
});

export async function reset() {
  if (!await confirmed(t("Reset the feed?"), t("This deletes your whole history, also what you saved. Interests, shows and mutes stay."), t("Reset"))) return;
  try {
    await library.reset();
    toast(t("Your feed starts again."), [t("Refresh"), refresh]);
  } catch (problem) {
    tell(problem, t("Not reset."));
  }
  if (resetButton.hidden) $("history-title").focus();
}
