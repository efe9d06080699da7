// An episode as a line of a list: what is similar, bookmarks, history.

import { live, playButton } from "./actions.js";
import { call, Problem } from "./api.js";
import { art } from "./art.js";
import { h, icon, iconButton, toast } from "./dom.js";
import { library } from "./library.js";
import { play } from "./player.js";
import { age, DID, duration } from "./words.js";

/** @param {Episode} episode */
export function episodeRow(episode) {
  const save = iconButton("bookmark", `Save: ${episode.title}`, () => library.toggle("bookmark", episode));
  const play = playButton(episode, "icon-button wordless");
  const facts = [episode.series?.name, age(episode.published_at), duration(episode.duration_s)].filter(Boolean).join(" · ");
  return live(row(episode, facts, play, save), () => {
    play.update();
    save.setAttribute("aria-pressed", String(!!library.did("bookmark", episode.id)));
  });
}

/** @param {Engagement} engagement @param {string} label of the button that removes it @param {() => void} remove */
export function engagementRow(engagement, label, remove) {
  const title = engagement.episode_title || engagement.episode_id;
  const heard = engagement.type === "listen" && engagement.progress ? ` ${Math.round(100 * engagement.progress)}%` : "";
  const { type, timestamp, series_name: name } = engagement;
  const facts = [`${DID[type]}${heard}`, age(timestamp), name].filter(Boolean).join(" · ");
  const open = iconButton("play", `Play: ${title}`, () => find(engagement.episode_id));
  const away = iconButton("trash", `${label}: ${title}`, remove);
  return row({ title, series: { id: "", name } }, facts, open, away);
}

/** @param {Parameters<typeof art>[0]} shown @param {string} facts @param {...Node} buttons */
function row(shown, facts, ...buttons) {
  return h("li.row-item", {}, art(shown),
    h("div.text", {}, h("p.title", {}, shown.title), h("p.facts", {}, facts)), ...buttons);
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
    const gone = problem instanceof Problem && problem.status === 404;
    toast(gone ? "This episode has left the catalog." : "It cannot be reached just now.");
  }
}

/** @param {string} text @param {string} detail @param {...Node} more What a list says while it has nothing. */
export const emptyState = (text, detail, ...more) =>
  h("div.notice", {}, icon("wave"), h("h2", {}, text), h("p", {}, detail), ...more);
