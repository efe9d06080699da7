// An episode as a line of a list: what is similar, bookmarks, history.

import { playButton } from "./actions.js";
import { call } from "./api.js";
import { art } from "./art.js";
import { h, icon, iconButton, toast } from "./dom.js";
import { library } from "./library.js";
import { play } from "./player.js";
import { age, DID, duration } from "./words.js";

/** @param {Episode} episode */
export function episodeRow(episode) {
  const save = iconButton("bookmark", `Save: ${episode.title}`, () => { library.toggle("bookmark", episode); draw(); });
  const draw = () => save.setAttribute("aria-pressed", String(!!library.did("bookmark", episode.id)));
  draw();
  const facts = [episode.series?.name, age(episode.published_at), duration(episode.duration_s)].filter(Boolean).join(" · ");
  return row(episode, facts, playButton(episode, "icon-button wordless"), save);
}

/** @param {Engagement} engagement @param {string} label of the button that removes it @param {() => void} remove */
export function engagementRow(engagement, label, remove) {
  const title = engagement.episode_title || engagement.episode_id;
  const heard = engagement.type === "listen" && engagement.progress ? ` ${Math.round(100 * engagement.progress)}%` : "";
  const facts = [`${DID[engagement.type]}${heard}`, age(engagement.timestamp), engagement.series_name].filter(Boolean).join(" · ");
  const open = iconButton("play", `Play: ${title}`, () => find(engagement.episode_id));
  return row({ title, series: { id: "", name: engagement.series_name ?? "" } }, facts, open, iconButton("trash", `${label}: ${title}`, remove));
}

/** @param {{title: string, image_url?: string, series?: Episode["series"]}} shown @param {string} facts @param {...Node} buttons */
function row(shown, facts, ...buttons) {
  return h("li", { class: "row-item" }, art(shown),
    h("div", { class: "text" }, h("p", { class: "title" }, shown.title), h("p", { class: "facts" }, facts)), ...buttons);
}

/** Play an episode of which only the id is known. @param {string} id */
async function find(id) {
  try {
    /** @type {Episode} */
    const episode = await call("GET", `/episodes/${encodeURIComponent(id)}`);
    if (/^https?:/.test(episode.audio_url ?? "")) return play(episode);
    const link = playButton(episode);
    if (link.hidden) toast("There is nothing to play here."); else link.click();
  } catch (problem) {
    toast(/** @type {any} */ (problem).status === 404 ? "This episode has left the catalog." : "It cannot be reached just now.");
  }
}

/** @param {string} text @param {string} detail @param {...Node} more What a list says while it has nothing. */
export const emptyState = (text, detail, ...more) =>
  h("div", { class: "notice" }, icon("wave"), h("h2", {}, text), h("p", {}, detail), ...more);
