// What pages are made of.

import { live, playButton, toggleButton } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { Problem } from "../http/problem.js";
import { library } from "../library/library.js";
import { button, emptyState, h, link, toast } from "../ui/dom.js";
import { count, t } from "../ui/text.js";
import { age, duration, joined } from "../ui/words.js";

/** @param {string} title @param {...(Node | string | false | 0)} content */
export const section = (title, ...content) => h("section", {}, h("h2", { tabindex: -1 }, title), ...content);

export const loading = () => h("p.quiet", {}, t("Loading…"));

export const toFeed = () => h("a.strong", { href: "#/" }, t("To the feed"));

/** In the place of what cannot be loaded. @param {unknown} error @param {() => unknown} retry */
export function failure(error, retry) {
  const { message, detail } = Problem.of(error);
  return emptyState(message, detail, button(t("Try again"), retry, { class: "strong" }));
}

/** @param {unknown} error */
export function tell(error) {
  const { message, detail } = Problem.of(error);
  toast(`${message}. ${detail}`);
}

/** @param {HTMLElement} list @param {() => Promise<HTMLElement[]>} next @param {() => unknown} left whether there is more */
export function moreButton(list, next, left) {
  const made = button(t("Show more"), async () => {
    if (made.ariaBusy) return;
    made.ariaBusy = "true";
    try {
      const added = await next();
      list.append(...added);
      if (document.activeElement === made) added[0]?.querySelector("a")?.focus();
      made.hidden = !left();
    } catch (error) {
      tell(error);
    }
    made.ariaBusy = null;
  }, { class: "wide", hidden: !left() });
  return made;
}

/** Episodes that are answered page by page. @param {EpisodePage} page @param {(cursor: string) => Promise<EpisodePage>} next @param {(episode: any) => HTMLElement} row */
export function episodeList(page, next, row) {
  const list = h("ul", { role: "list", "aria-label": t("Episodes") }, ...page.episodes.map(row));
  return [list, moreButton(list, async () => (page = await next(page.next_cursor ?? "")).episodes.map(row), () => page.next_cursor)];
}

/** Asks before something is deleted. @param {string} title @param {string} detail @param {string} yes @returns {Promise<boolean>} */
export function confirmed(title, detail, yes) {
  const dialog = h("dialog", { "aria-label": title }, h("form", { method: "dialog" },
    h("h2", {}, title), h("p", {}, detail),
    h("div.row", {}, h("button", { type: "submit" }, t("Cancel")), h("button.strong", { type: "submit", value: "yes" }, yes))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes");
  }));
}

/** @param {Episode["series"]} series */
export const seriesLink = (series) => series && link("series", series.id, series.name || series.id);

/** @param {Episode} episode @param {...Node} more below the facts @returns {Live} */
export function episodeRow(episode, ...more) {
  const { id, title, language, series } = episode;
  const buttons = [playButton(episode, "icon-button wordless"), toggleButton("bookmark", episode)];
  const opened = link("episode", id, title);
  opened.addEventListener("click", () => library.record("click", episode));
  const rest = joined([age(episode.published_at), duration(episode.duration_s)]);
  return live(h("li.row-item", {}, art(episode), h("div.text", {}, h("p.title", { lang: language }, opened),
    h("p.facts", {}, seriesLink(series), series && rest && "\u00a0· ", rest), ...more), ...buttons), () => buttons.forEach((one) => one.update()));
}

/** @param {Parameters<typeof art>[0]} shown @param {Node} name that leads to its page @param {...Node} more */
export const tile = (shown, name, ...more) => h("li.tile", {}, h("div.cover", {}, art(shown)), h("h3.title", {}, name), ...more);

/** @param {SeriesCard} series */
export function seriesTile({ id, name, episodes, topics = [], image_url }) {
  const title = name || id;
  return tile({ title, image_url }, link("series", id, title), h("p.facts", {}, joined([count(episodes, "One episode", "{n} episodes"), topics[0]])));
}
