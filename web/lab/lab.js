// The Lab: a history, two sides that rank it, and the address that keeps both.

import { DEMO_USERS } from "../js/auth/local.js";
import { auth, startAuth } from "../js/auth/auth.js";
import { call } from "../js/auth/call.js";
import { $, button, h, redraw, rovingTabindex } from "../js/ui/dom.js";
import { plain } from "../js/ui/text.js";
import { startMap } from "./map.js";
import { startResult } from "./result.js";
import { counted, lost, startSide } from "./side.js";

const SHOWN = 50;
const SETTLED_MS = 150;
const TYPES = ["like", "click", "listen", "complete", "bookmark", "share", "not_interested"];
const DAY_MS = 864e5;
const MOST = 500;
const OFFERED = 20;
const ME = "me";

/** @returns {Address} */
function address() {
  try { return JSON.parse(decodeURIComponent(location.hash.slice(1))) ?? {}; } catch { return {}; }
}

async function start() {
  startResult();
  await startAuth(() => {});
  /** @type {[ScenarioList, CatalogMap]} */
  const [listed, map] = await Promise.all([call("GET", "/scenarios"), call("GET", "/map")]);
  const { points } = map;
  let { seed: given, find = "", left, right, ...known } = address();
  let asked = 0, timer = 0, seed = Math.abs(Number.parseInt(`${given}`, 10)) || 1;
  const soon = () => { clearTimeout(timer); timer = setTimeout(run, SETTLED_MS); };
  const past = await startHistory(new Map(points.map((one) => [one.id, one.title])), known, soon, (id) => { find = id; soon(); });
  const other = listed.scenarios.find((one) => one.name !== listed.default)?.name ?? listed.default;
  const sides = [startSide("Left", listed.default, left ?? {}, listed, soon), startSide("Right", other, right ?? {}, listed, soon)];
  $("sides").hidden = false;

  async function run() {
    const mine = ++asked;
    $("seed").textContent = String(seed);
    history.replaceState(null, "", `#${encodeURIComponent(JSON.stringify({ seed, find, ...past.state(), left: sides[0].state(), right: sides[1].state() }))}`);
    const body = { ...past.request(), stored: false, trace: true, detail: true, limit: SHOWN, seed, explained_id: find || undefined };
    const sessions = await Promise.all(sides.map((side) => side.rank(body))).catch((error) => mine === asked && Promise.reject(error));
    if (mine !== asked || !sessions) return; // a newer request is running
    $("trouble").textContent = lost.splice(0).join(" ");
    sides.forEach((side, at) => side.show(sessions[at], sessions[1 - at], find, point));
    past.name(sessions[0].detail.engaged);
    show(past.ids(), sessions);
    $("live").textContent = "Both sessions are here.";
  }

  /** Marks an episode's rows and its dot. @type {PointAt} */
  function point(id) {
    for (const row of document.querySelectorAll("li[data-id]")) row.classList.toggle("pointed", /** @type {HTMLElement} */ (row).dataset.id === id);
    mark(id);
  }

  const { show, mark } = startMap(points, past.add, point);
  if (!points.length) $("about").textContent = "This catalog has no map.";
  else if (map.sampled) $("about").textContent = `A sample: ${points.length} of ${map.mapped} episodes.`;
  $("draw").onclick = () => { seed++; run(); };
  addEventListener("hashchange", () => location.reload());
}

/** @type {StartHistory} */
async function startHistory(titles, { events = [], interests = [] }, changed, find) {
  const [{ catalog }, { categories }] = await Promise.all([call("GET", "/health"), call("GET", "/categories")]);
  const nowMs = Date.parse(catalog.created_at) + catalog.age_s * 1000; // the server's clock, which may be fixed to a past day
  let choices = [events].flat().filter((one) => TYPES.includes(one?.type) && one.id && Number.isFinite(one.days));
  /** @type {string[]} */
  let gone = [];
  /** @type {HTMLInputElement[]} */
  const boxes = categories.filter((/** @type {Category} */ one) => one.kind === "major")
    .map((/** @type {Category} */ { name }) => h("input", { type: "checkbox", value: name, checked: [interests].flat().includes(name), onchange: changed }));

  function draw() {
    $("size").textContent = (choices.length ? counted(choices.length, "engagement") : "A first visit: nothing is known.")
      + (gone.length ? ` Not in the catalog: ${gone.join(", ")}.` : "");
    redraw($("history"), ...choices.map((one) => {
      const { id, type, days } = one, title = titles.get(id) ?? id;
      const remove = button("×", () => {
        set(choices.filter((other) => other !== one));
        ($("history").querySelector("button") ?? $("episode")).focus();
      }, { "aria-label": `Remove ${title}` });
      return h("tr", {}, h("th", { scope: "row" }, h("span", {}, title)), h("td", {}, plain(type)), h("td", {}, `${+days.toFixed(1)} d ago`), h("td", {}, remove));
    }));
  }

  /** @param {Choice[]} made */
  function set(made) {
    [choices, gone] = [made.slice(0, MOST), []];
    draw();
    changed();
  }

  /** @param {string} id */
  const add = (id) => set([{ id, type: $("type").value, days: $("days").valueAsNumber || 0 }, ...choices.filter((one) => one.id !== id)]);

  /** Passes on the episode that is typed by its id or title, and refuses an unknown one. @param {(id: string) => void} use */
  async function typed(use) {
    const text = $("episode").value.trim(), title = text.toLowerCase();
    if (!text) return;
    let id = titles.has(text) ? text : [...titles].find((one) => one[1].toLowerCase() === title)?.[0] ?? "";
    if (!id) {
      const card = await call("GET", `/episodes/${encodeURIComponent(text)}`).catch((error) => {
        throw error.status === 404 ? Error(`no episode has the id or the title ${text}`) : error;
      });
      titles.set(id = card.id, card.title);
    }
    $("episode").value = "";
    use(id);
  }

  $("whose").onchange = async () => {
    const whose = $("whose").value, how = whose === ME ? {} : { headers: { "X-Demo-User": whose } };
    $("whose").value = "";
    const [{ engagements }, profile] = await Promise.all([call("GET", `/me/engagements?limit=${MOST}`, undefined, how), call("GET", "/me", undefined, how)]);
    for (const box of boxes) box.checked = profile.category_interests?.includes(box.value);
    set(engagements.map((/** @type {Engagement} */ { episode_id: id, episode_title: title, timestamp = "", type, progress }) => {
      if (title && !titles.has(id)) titles.set(id, title);
      return { id, type, progress: progress ?? undefined, days: Math.max(0, +((nowMs - Date.parse(timestamp)) / DAY_MS).toFixed(5)) };
    }));
  };
  $("type").append(...TYPES.map((type) => new Option(plain(type), type)));
  $("whose").append(...["", ME, ...auth().demo ? DEMO_USERS : []].map((name) => new Option(name || "choose", name)));
  $("interests").append(...boxes.map((box) => h("label", {}, box, box.value)));
  $("clear").onclick = () => {
    for (const box of boxes) box.checked = false;
    set([]);
  };
  $("add").onsubmit = (event) => {
    event.preventDefault();
    typed(add);
  };
  $("find").onclick = () => $("episode").value ? typed(find) : find("");
  $("episode").oninput = () => {
    const sought = $("episode").value.toLowerCase();
    const found = [...titles].filter((one) => one.join(" ").toLowerCase().includes(sought)).slice(0, OFFERED);
    $("found").replaceChildren(...found.map(([id, title]) => new Option(title, id)));
  };
  rovingTabindex($("history"), true);
  draw();

  const stated = () => boxes.flatMap((box) => box.checked ? [box.value] : []);
  return {
    add,
    name(engaged) {
      gone = engaged.flatMap(({ id, title }) => title === null ? [id] : (titles.set(id, title), []));
      draw();
    },
    ids: () => choices.map((one) => one.id),
    state: () => ({ events: choices, interests: stated() }),
    request: () => ({
      engagements: choices.map(({ id, type, days, progress }) => ({ episode_id: id, type, progress, timestamp: new Date(nowMs - days * DAY_MS).toISOString() })),
      category_interests: stated(),
    }),
  };
}

addEventListener("unhandledrejection", ({ reason }) => { $("trouble").textContent = `Not done: ${reason.detail || reason.message}${reason.expected ? ` (expected: ${reason.expected})` : ""}`; });
start();
