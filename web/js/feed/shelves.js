// The shelves of a home page: asked for once per feed, shown as rails between its cards, and each on a page of its own.

import { call } from "../http/call.js";
import { Problem } from "../http/problem.js";
import { withSeen } from "../library/impressions.js";
import { library } from "../library/library.js";
import { tab } from "../library/memory.js";
import { entitle } from "../router.js";
import { $, button, copy, emptyState, h, iconButton, styles } from "../ui/dom.js";
import { count, t, told } from "../ui/text.js";
import { joined } from "../ui/words.js";
import { rove, tilesOf } from "../episode/tile.js";

const FEWEST = 3; // episodes of a shelf
const CARDS_BETWEEN = 4;

/** The shelves of the last feed, and whose they are. @type {{ uid: string | null, feed: string, page: HomePage } | null} */
let open = tab.read("shelves", null);
/** The feed whose shelves are here or on their way. */
let feed = "";
/** @type {Promise<HomePage>} */
let answer;
/** Shelves of it that have no place yet. @type {Shelf[]} */
let left = [];

/** The open shelves; where there are none, those of a home page of their own. */
const shelves = async () => (open?.uid === library.outbox.uid ? open.page : fetchShelves("", []));

/** @param {string} of a feed @param {string[]} excluded @returns {Promise<HomePage>} */
async function fetchShelves(of, excluded) {
  const { uid } = library.outbox;
  const page = await withSeen((seen) => call("POST", "/home", { seen, excluded_ids: excluded, ...library.unsynced }));
  open = { uid, feed: of, page };
  keepShelves();
  return page;
}

/** Keeps the shelves, and what was added to them, for a reload. */
const keepShelves = () => tab.write("shelves", open);

/**
 * Fetches the next of a shelf, and adds them to it.
 * @param {Shelf} shelf of the open page @returns {Promise<HTMLElement[]>} their tiles
 */
async function moreOf(shelf) {
  const { session_id: id, cursor } = /** @type {NonNullable<typeof open>} */ (open).page;
  const next = await call("POST", `/home/${encodeURIComponent(id)}/next`, { cursor, shelf: shelf.id, shown: shelf.shown_count });
  shelf.episodes?.push(...next.episodes ?? []);
  shelf.series?.push(...next.series ?? []);
  ({ shown_count: shelf.shown_count, remaining_count: shelf.remaining_count } = next);
  keepShelves();
  return tilesOf(next, id);
}

/** Opens the shelves of a feed. @param {string} of @param {string[]} excluded */
function openShelves(of, excluded) {
  if (of === feed) return answer;
  feed = of;
  answer = open?.feed === of ? Promise.resolve(open.page) : fetchShelves(of, excluded);
  answer.then((page) => { left = [...page.shelves]; }, () => { feed = ""; });
  return answer;
}

/**
 * Leaves places for shelves between the cards below the window, so that nothing seen moves, and fills them.
 * @param {string} of the feed: the id of its first session @param {string[]} others episodes on its cards, which no shelf repeats
 * @param {() => boolean} wanted whether the feed is still shown @returns {Promise<string[]>} the episodes of the shelves
 */
export async function arrangeShelves(of, others, wanted) {
  const styled = styles("shelves");
  const places = () => document.querySelectorAll("#feed > .rail.skeleton");
  try {
    await openShelves(of, others);
    await styled;
  } catch {
    if (wanted()) {
      places()[0]?.replaceChildren(h("p.quiet", {}, t("The shelves cannot be loaded just now.")),
        button(t("Load the shelves"), () => arrangeShelves(of, others, wanted)));
    }
    return [];
  }
  if (!wanted()) return [];
  document.querySelectorAll("#feed > .card").forEach((card, index) => {
    const free = index && index % CARDS_BETWEEN === 0 && !card.nextElementSibling?.matches(".rail") && card.getBoundingClientRect().bottom > innerHeight;
    if (free) card.after(...left.slice(0, 2).map(() => copy("rail")));
  });
  const taken = new Set(others);
  return [...places()].flatMap((place) => {
    for (let shelf = left.shift(); shelf; shelf = left.shift()) {
      const fresh = shelf.episodes?.filter(({ id }) => !taken.has(id));
      if (fresh && fresh.length < FEWEST) continue;
      place.replaceWith(rail(shelf, fresh));
      return fresh?.map(({ id }) => id) ?? [];
    }
    place.remove();
    return [];
  });
}

/** A row of covers to scroll through; at its end it goes on. @param {Shelf} shelf @param {Episode[]} [episodes] those of it that are shown */
function rail(shelf, episodes) {
  const { id, total } = shelf;
  const title = told("shelf", shelf.title);
  const tiles = tilesOf({ ...shelf, episodes }, open?.page.session_id ?? "");
  const row = h("ul.track", { role: "list" }, ...tiles);
  const turn = (/** @type {number} */ way) => () => row.scrollBy({ left: way * 0.8 * row.clientWidth * (getComputedStyle(row).direction === "rtl" ? -1 : 1) });
  const back = iconButton("next", t("Back: {title}", { title }), turn(-1), { class: "icon-button turn back", tabindex: -1 }); // arrow keys do it, too
  const on = iconButton("next", t("On: {title}", { title }), turn(1), { class: "icon-button turn on", tabindex: -1 });
  const ends = () => {
    const at = Math.abs(row.scrollLeft);
    back.toggleAttribute("disabled", at < 8);
    const rest = row.scrollWidth - row.clientWidth - at;
    on.toggleAttribute("disabled", rest < 8 && !shelf.remaining_count);
    if (at && rest < row.clientWidth && shelf.remaining_count && !busy) {
      busy = true;
      moreOf(shelf).then((more) => { row.append(...more); busy = false; ends(); }, () => { busy = false; }); // with the next scrolling
    }
  };
  let busy = false;
  row.addEventListener("scroll", ends, { passive: true });
  new ResizeObserver(ends).observe(row);
  rove(row);
  const all = total > tiles.length && h("a", { href: `#/shelf/${encodeURIComponent(id)}`, "aria-label": t("See all: {title}", { title }) }, t("See all"));
  return h("li.rail", {}, h("section", { "aria-label": title },
    h("div.top", {}, h("div", {}, h("h2", {}, title), h("p.facts", {}, told("shelf reason", shelf.reason))), all, back, on), row));
}

/** The name of the shelf that is shown. */
let shown = "";

export const update = () => $("shelf").querySelectorAll("[data-id]").forEach((one) => /** @type {Live} */ (one).update());

/** @param {string} name */
export async function show(name) {
  styles("shelves");
  shown = name;
  entitle("shelf", t("Shelf"));
  $("shelf").replaceChildren(h("p.quiet", {}, t("Loading…")));
  try {
    const page = await shelves();
    const shelf = page.shelves.find(({ id }) => id === name);
    if (name === shown) draw(page, shelf);
  } catch (problem) {
    const { message, detail } = Problem.of(problem);
    if (name === shown) $("shelf").replaceChildren(emptyState(message, detail, button(t("Try again"), () => show(name), { class: "strong" })));
  }
}

/** @param {HomePage} page @param {Shelf} [shelf] */
function draw(page, shelf) {
  if (!shelf) {
    return $("shelf").replaceChildren(emptyState(t("This shelf is not there any more"), t("Others are between the episodes of your feed."),
      h("a.strong", { href: "#/" }, t("To the feed"))));
  }
  entitle("shelf", told("shelf", shelf.title));
  const tiles = tilesOf(shelf, page.session_id);
  const grid = h("ul.grid", { role: "list" }, ...tiles);
  const wrong = h("p.quiet", { role: "status" });
  const more = button(t("Show more"), add, { class: "wide" });
  more.hidden = !shelf.remaining_count;
  const nearEnd = new IntersectionObserver((seen) => { if (seen.at(-1)?.isIntersecting) add(); }, { rootMargin: "600px" });
  nearEnd.observe(more);
  $("shelf").replaceChildren(h("p.quiet", {}, joined([told("shelf reason", shelf.reason), count(shelf.total, "One in all", "{n} in all")])), grid, wrong, more);
  let busy = false;

  async function add() {
    if (busy || !shelf) return;
    busy = true;
    wrong.textContent = "";
    try {
      grid.append(...await moreOf(shelf));
      more.hidden = !shelf.remaining_count;
    } catch (problem) {
      const { message, detail } = Problem.of(problem);
      wrong.textContent = `${message} ${detail}`;
    }
    busy = false;
  }
}
