// The history that both sessions are ranked from: typed, picked on the map, or loaded from a user.

import { call } from "../js/http/call.js";
import { DEMO_USERS } from "../js/auth/local.js";
import { auth } from "../js/auth/auth.js";
import { $, button, h } from "../js/ui/dom.js";
import { plain } from "../js/ui/words.js";
import { counted } from "./queue.js";

const TYPES = ["like", "click", "listen", "complete", "bookmark", "share", "not_interested"];
const DAY_MS = 864e5;
const MOST = 500;
const OFFERED = 20;
const ME = "me";

/** @param {Map<string, Point>} points @param {() => void} changed called after each change */
export async function startHistory(points, changed) {
  /** @type {[{catalog: {created_at: string, age_s: number}}, {categories: Category[]}]} */
  const [{ catalog }, { categories }] = await Promise.all([call("GET", "/health"), call("GET", "/categories")]);
  const nowMs = Date.parse(catalog.created_at) + catalog.age_s * 1000; // the server's clock, which may be fixed to a past day
  /** @type {Choice[]} */
  let choices = [];
  const boxes = categories.filter((one) => one.kind === "major")
    .map((one) => h("input", { type: "checkbox", value: one.name, onchange: changed }));

  /** @param {Choice[]} made */
  function set(made) {
    choices = made.slice(0, MOST);
    $("size").textContent = choices.length ? counted(choices.length, "engagement") : "A first visit: nothing is known.";
    $("history").replaceChildren(...choices.map((one) => h("tr", {},
      h("th", { scope: "row" }, one.title), h("td", {}, plain(one.type)), h("td", {}, `${+one.days.toFixed(1)} d ago`),
      h("td", {}, button("×", () => remove(one), { "aria-label": `Remove ${one.title}` })))));
    changed();
  }

  /** @param {Choice} one */
  function remove(one) {
    set(choices.filter((other) => other !== one));
    ($("history").querySelector("button") ?? $("episode")).focus();
  }

  /** @param {string} id */
  const add = (id) => set([
    { id, title: points.get(id)?.title ?? id, type: $("type").value, days: $("days").valueAsNumber },
    ...choices.filter((one) => one.id !== id)]);

  /** @param {string[]} names */
  const state = (names) => { for (const box of boxes) box.checked = names.includes(box.value); };

  async function take() {
    const whose = $("whose").value;
    const how = whose === ME ? {} : { headers: { "X-Demo-User": whose } };
    $("whose").value = "";
    const [{ engagements }, profile] = await Promise.all([call("GET", `/me/engagements?limit=${MOST}`, undefined, how), call("GET", "/me", undefined, how)]);
    state(profile.category_interests ?? []);
    set(engagements.map((/** @type {any} */ { episode_id: id, episode_title, timestamp, type, progress }) => ({
      id, type, progress: progress ?? undefined, title: points.get(id)?.title ?? (episode_title || id),
      days: (nowMs - Date.parse(timestamp)) / DAY_MS,
    })));
  }

  $("type").append(...TYPES.map((type) => new Option(plain(type), type)));
  $("whose").append(...["", ME, ...auth().demo ? DEMO_USERS : []].map((name) => new Option(name || "choose", name)));
  $("interests").append(...boxes.map((box) => h("label", {}, box, box.value)));
  $("whose").onchange = take;
  $("clear").onclick = () => { state([]); set([]); };
  $("add").onsubmit = (event) => {
    event.preventDefault();
    add($("episode").value.trim());
    $("episode").value = "";
  };
  $("episode").oninput = () => {
    const sought = $("episode").value.toLowerCase();
    const found = [...points.values()].filter((one) => `${one.title} ${one.id}`.toLowerCase().includes(sought)).slice(0, OFFERED);
    $("found").replaceChildren(...found.map((one) => new Option(one.title, one.id)));
  };
  return {
    add, set,
    ids: () => choices.map((one) => one.id),
    /** The history as part of a session's request. */
    request: () => ({
      engagements: choices.map(({ id, type, days, progress }) => (
        { episode_id: id, type, progress, timestamp: new Date(nowMs - days * DAY_MS).toISOString() })),
      category_interests: boxes.filter((box) => box.checked).map((box) => box.value),
    }),
  };
}
