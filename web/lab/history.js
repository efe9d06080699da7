// The history that both sessions are ranked from: typed, picked, or taken from somebody.

import { call, firebase } from "./api.js";
import { $, h } from "./dom.js";

const TYPES = ["like", "click", "listen", "complete", "bookmark", "share", "not_interested"];
const DAY_MS = 864e5;
const NEWEST = 500;
const OFFERED = 20;

/** @type {Choice[]} */
let choices = [];
/** @type {Set<string>} */
const stated = new Set();
let nowMs = Date.now(); // by the server's clock, which may be fixed to a day long past

/** What a session's request says of it. */
export const request = () => ({
  engagements: choices.map(({ id, type, days, progress }) => (
    { episode_id: id, type, timestamp: new Date(nowMs - days * DAY_MS).toISOString(), progress })),
  category_interests: [...stated],
});

/** The episodes in it. */
export const chosen = () => choices.map((one) => one.id);

/** @param {Map<string, Point>} points @param {() => void} changed */
export async function start(points, changed) {
  const [{ catalog }, { categories }, cloud] = await Promise.all([call("/health"), call("/categories"), firebase]);
  nowMs = Date.parse(catalog.created_at) + catalog.age_s * 1000;

  const show = () => {
    $("empty").hidden = choices.length > 0;
    $("rows").hidden = !choices.length;
    $("stated").textContent = stated.size ? `(${stated.size})` : "";
    $("history").replaceChildren(...choices.map(row));
    changed();
  };
  /** @param {Choice} one */
  const row = (one) => h("tr", {},
    h("th", { scope: "row" }, one.title), h("td", {}, one.type.replace("_", " ")), h("td", {}, String(+one.days.toFixed(1))),
    h("td", {}, h("button", { ariaLabel: `Remove ${one.title}`, onclick: () => set(choices.filter((other) => other !== one)) }, "×")));
  /** @param {Choice[]} made */
  const set = (made) => { choices = made.slice(0, NEWEST); show(); };

  /** @param {string} id */
  const add = (id) => {
    const title = points.get(id)?.title ?? id;
    const type = $("type").value, days = $("days").valueAsNumber || 0;
    set([{ id, title, type, days }, ...choices.filter((one) => one.id !== id)]);
    $("live").textContent = `${title} added.`;
  };

  $("type").append(...TYPES.map((type) => new Option(type.replace("_", " "), type)));
  $("add").onsubmit = (event) => {
    event.preventDefault();
    add($("episode").value.trim());
    $("episode").value = "";
  };
  $("episode").oninput = () => {
    const wanted = $("episode").value.toLowerCase();
    const found = [...points.values()].filter((one) => one.title.toLowerCase().includes(wanted)).slice(0, OFFERED);
    $("found").replaceChildren(...found.map((one) => h("option", { value: one.id }, one.title)));
  };
  $("clear").onclick = () => { stated.clear(); mark(); set([]); };

  const mark = () => { for (const box of $("interests").querySelectorAll("input")) box.checked = stated.has(box.value); };
  for (const { name } of categories.filter((/** @type {{kind: string}} */ one) => one.kind === "major")) {
    const onchange = () => { if (!stated.delete(name)) stated.add(name); show(); };
    $("interests").append(h("label", {}, h("input", { type: "checkbox", value: name, onchange }), name));
  }

  const users = cloud ? [["own", "my own history"]] : ["ada", "ben", "cleo"].map((name) => [name, name]);
  $("whose").append(new Option("what is here", ""), ...users.map(([value, label]) => new Option(`${label}`, value)));
  $("whose").onchange = async () => {
    const as = cloud ? undefined : $("whose").value;
    $("whose").selectedIndex = 0;
    const [{ engagements }, profile] = await Promise.all([call(`/me/engagements?limit=${NEWEST}`, { as }), call("/me", { as })]);
    stated.clear();
    for (const name of profile.category_interests ?? []) stated.add(name);
    mark();
    set(engagements.map((/** @type {any} */ one) => ({
      id: one.episode_id, type: one.type, progress: one.progress ?? undefined,
      title: points.get(one.episode_id)?.title || one.episode_title || one.episode_id,
      days: Math.max(0, (nowMs - Date.parse(one.timestamp)) / DAY_MS),
    })));
    $("live").textContent = `${choices.length} engagements.`;
  };
  return { add };
}
