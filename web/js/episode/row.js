// Rows of lists: episodes and engagements.

import { live, playButton, toggleButton } from "./actions.js";
import { call } from "../http/call.js";
import { Problem } from "../http/problem.js";
import { library } from "../library/library.js";
import { isPlaying, play } from "../player/playing.js";
import { h, iconButton, toast } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { age, duration, joined } from "../ui/words.js";
import { art } from "./art.js";

/** @type {Record<EngagementType, string>} */
const DID = {
  click: t("Opened"), listen: t("Listened"), complete: t("Finished"), bookmark: t("Saved"), like: t("Liked"), share: t("Shared"),
  not_interested: t("Not interested"),
};

/** The address of a page of the app. @param {string} view @param {string} key an id or a name, of any characters */
export const address = (view, key) => `#/${view}/${encodeURIComponent(key)}`;

/** @param {Episode} episode @param {...Node} more below the facts @returns {Live} */
export function episodeRow(episode, ...more) {
  const { id, title, language: lang, series } = episode;
  const buttons = [playButton(episode, "icon-button wordless"), toggleButton("bookmark", episode)];
  const opened = h("a", { href: address("episode", id), lang, onclick: () => library.record("click", episode) }, title);
  const of = series && h("a", { href: address("series", series.id) }, series.name || series.id);
  const item = row(episode, opened, [of, age(episode.published_at), duration(episode.duration_s)], ...buttons);
  item.querySelector(".text")?.append(...more);
  return live(item, () => buttons.forEach((one) => one.update()));
}

/** @param {Engagement} engagement @param {() => void} remove */
export function engagementRow({ type, episode_id: id, episode_title, series_name: name, progress, timestamp }, remove) {
  const title = episode_title || id;
  const heard = type === "listen" && progress ? ` ${Math.round(100 * progress)}%` : "";
  const sounds = isPlaying(id);
  return row({ title, series: { id: "", name } }, h("a", { href: address("episode", id) }, title), [`${DID[type]}${heard}`, age(timestamp), name],
    iconButton(sounds ? "pause" : "play", sounds ? t("Pause: {title}", { title }) : t("Play: {title}", { title }),
      () => sounds ? play(/** @type {Episode} */ ({ id, title })) : find(id), { "data-key": `play ${id}` }),
    iconButton("trash", t("Remove: {title}", { title }), remove));
}

/** @param {Parameters<typeof art>[0]} shown @param {Node} title @param {(Node | string | false | null | undefined)[]} facts @param {...Node} buttons */
function row(shown, title, [first, ...others], ...buttons) {
  const rest = joined(/** @type {string[]} */ (others));
  return h("li.row-item", {}, art(shown),
    h("div.text", {}, h("p.title", {}, title), h("p.facts", {}, first, first && rest && "\u00a0· ", rest)), ...buttons);
}

/** Plays or opens an episode by its id. @param {string} id */
async function find(id) {
  try {
    const found = playButton(await call("GET", `/episodes/${encodeURIComponent(id)}`));
    if (found.hidden) toast(t("There is nothing to play here.")); else found.click();
  } catch (problem) {
    toast(Problem.of(problem).status === 404 ? t("This episode has left the catalog.") : t("It cannot be reached just now."));
  }
}
