// An episode as a row of a list: similar episodes, Saved, History.

import { live, playButton, toggleButton } from "./actions.js";
import { call } from "../http/call.js";
import { art } from "./art.js";
import { h, iconButton, toast } from "../ui/dom.js";
import { Problem } from "../http/problem.js";
import { age, duration, joined } from "../ui/words.js";

/** @type {Record<EngagementType, string>} */
const DID = {
  click: "Opened", listen: "Listened", complete: "Finished", bookmark: "Saved", like: "Liked", share: "Shared",
  not_interested: "Not interested",
};

/** @param {Episode} episode @param {...Node} more below the facts @returns {Live} */
export function episodeRow(episode, ...more) {
  const buttons = [playButton(episode, "icon-button wordless"), toggleButton("bookmark", episode)];
  const facts = [episode.series?.name, age(episode.published_at), duration(episode.duration_s)];
  const item = row(episode, facts, ...buttons);
  item.querySelector(".text")?.append(...more);
  return live(item, () => buttons.forEach((one) => one.update()));
}

/** @param {Engagement} engagement @param {() => void} remove */
export function engagementRow({ type, episode_id: id, episode_title, series_name: name, progress, timestamp }, remove) {
  const title = episode_title || id;
  const heard = type === "listen" && progress ? ` ${Math.round(100 * progress)}%` : "";
  return row({ title, series: { id: "", name } }, [`${DID[type]}${heard}`, age(timestamp), name],
    iconButton("play", `Play: ${title}`, () => find(id)), iconButton("trash", `Remove: ${title}`, remove));
}

/** @param {Parameters<typeof art>[0]} shown @param {(string | undefined)[]} facts @param {...Node} buttons */
const row = (shown, facts, ...buttons) => h("li.row-item", {}, art(shown),
  h("div.text", {}, h("p.title", {}, shown.title), h("p.facts", {}, joined(facts))), ...buttons);

/** Plays or opens an episode by its id. @param {string} id */
async function find(id) {
  try {
    const found = playButton(await call("GET", `/episodes/${encodeURIComponent(id)}`));
    if (found.hidden) toast("There is nothing to play here."); else found.click();
  } catch (problem) {
    toast(Problem.of(problem).status === 404 ? "This episode has left the catalog." : "It cannot be reached just now.");
  }
}
