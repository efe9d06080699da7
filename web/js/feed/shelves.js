// The shelves of a home page, as rails between the cards.

import { label } from "../episode/actions.js";
import { call } from "../auth/call.js";
import { withSeen } from "../library/impressions.js";
import { library } from "../library/library.js";
import { tab } from "../device.js";
import { episodeTile, seriesTile } from "../episode/items.js";
import { address, button, copy, h, iconButton, redraw, rovingTabindex, styles } from "../ui/dom.js";
import { t, told } from "../ui/text.js";

const FEWEST = 3; // episodes of a shelf
const CARDS_BETWEEN = 4;

/** The last home page, and the feed and listener that it is for. @type {{ uid: string | null, feed: string, page: HomePage } | null} */
let kept = tab.read("shelves", null);
let feed = "";
/** @type {Promise<HomePage>} */
let answer;
/** @type {Shelf[]} */
let left = [];

const keep = () => tab.write("shelves", kept);

/** @param {string} of a feed @param {string[]} excluded_ids @returns {Promise<HomePage>} */
async function fetchPage(of, excluded_ids) {
  const { uid } = library.outbox;
  const page = await withSeen((seen) => call("POST", "/home", { seen, excluded_ids, ...library.unsynced }));
  if (of === feed || kept?.uid !== uid) { // no newer feed has asked meanwhile
    kept = { uid, feed: of, page };
    keep();
  }
  return page;
}

/** The home page of the last feed, or one of its own if there was none. @returns {Promise<HomePage>} */
export const lastPage = async () => kept?.uid === library.outbox.uid ? kept.page : fetchPage("", []);

/** Fetches the next of a shelf, and adds them to it. @param {HomePage} page @param {Shelf} shelf @returns {Promise<HTMLElement[]>} */
export async function moreOf({ session_id: id, cursor }, shelf) {
  const next = await call("POST", `/home/${encodeURIComponent(id)}/next`, { cursor, shelf: shelf.id, shown: shelf.shown_count });
  shelf.episodes?.push(...next.episodes ?? []);
  shelf.series?.push(...next.series ?? []);
  ({ shown_count: shelf.shown_count, remaining_count: shelf.remaining_count } = next);
  keep();
  return tilesOf(next, id);
}

/**
 * Leaves places for shelves between the cards below the window, so that nothing seen moves, and fills them.
 * @param {string} of the first session of the feed @param {string[]} others on its cards @param {() => boolean} wanted whether the feed is still shown
 * @param {() => void} retry @returns {Promise<string[]>} the episodes on shelves
 */
export async function arrangeShelves(of, others, wanted, retry) {
  /** @returns {NodeListOf<HTMLElement>} */
  const places = () => document.querySelectorAll("#feed > .rail.skeleton");
  if (of !== feed) {
    feed = of;
    const mine = answer = kept?.feed === of ? Promise.resolve(kept.page) : fetchPage(of, others);
    mine.then(({ shelves }) => { if (mine === answer) left = [...shelves]; }, () => { if (mine === answer) feed = ""; });
  }
  try {
    await Promise.all([answer, styles("pages")]);
  } catch {
    if (wanted() && places()[0]) redraw(places()[0], h("div.notice", {}, h("span", {}, t("The shelves cannot be loaded just now.")), button(t("Load the shelves"), retry)));
    return [];
  }
  if (!wanted()) return [];
  const page = await answer;
  /** @returns {NodeListOf<HTMLElement>} */
  const cards = () => document.querySelectorAll("#feed > .card");
  const restOf = (/** @type {Shelf} */ { episodes }) => episodes?.filter(({ id }) => !others.includes(id));
  left = left.filter((shelf) => (restOf(shelf)?.length ?? FEWEST) >= FEWEST);
  const waiting = new Set(left.flatMap((shelf) => restOf(shelf)?.map(({ id }) => id) ?? []));
  for (const card of cards()) if (waiting.has(card.dataset.id ?? "") && card.getBoundingClientRect().top > innerHeight) card.remove(); // its shelf has it
  cards().forEach((card, index) => {
    const free = index && index % CARDS_BETWEEN === 0 && !card.nextElementSibling?.matches(".rail");
    if (free && card.getBoundingClientRect().bottom > innerHeight) card.after(...left.slice(0, 2).map(() => copy("rail")));
  });
  return [...places()].flatMap((place) => {
    const shelf = left.shift();
    if (!shelf) {
      place.remove();
      return [];
    }
    place.classList.remove("skeleton");
    redraw(place, rail(page, shelf, restOf(shelf)));
    return restOf(shelf)?.map(({ id }) => id) ?? [];
  });
}

/** A row of covers to scroll through; near its end it goes on. @param {HomePage} page @param {Shelf} shelf @param {Episode[]} [episodes] */
function rail(page, shelf, episodes) {
  const title = told("shelf", shelf.title);
  const trends = shelf.id === "trending"; // a page of its own has more of that
  const tiles = tilesOf({ ...shelf, episodes }, page.session_id);
  const row = h("ul.track", { role: "list" }, ...tiles);
  const turns = [t("Back"), t("Go on")].map((text, on) => // arrow keys do it, too
    iconButton("next", label(text, { title }), () => row.scrollBy({ left: (on ? 0.8 : -0.8) * (row.matches(":dir(rtl)") ? -1 : 1) * row.clientWidth }), { class: `icon-button turn ${on ? "" : "back"}`, tabindex: -1 }));
  let busy = false;
  const follow = () => {
    const at = Math.abs(row.scrollLeft);
    const rest = row.scrollWidth - row.clientWidth - at;
    turns[0].toggleAttribute("disabled", at < 8);
    turns[1].toggleAttribute("disabled", rest < 8 && !shelf.remaining_count);
    if (busy || !at || rest > row.clientWidth || !shelf.remaining_count) return;
    busy = true;
    moreOf(page, shelf).then((more) => row.append(...more), () => {}).then(() => { busy = false; }); // else with the next scrolling
  };
  row.addEventListener("scroll", follow, { passive: true });
  new ResizeObserver(follow).observe(row);
  rovingTabindex(row);
  return h("section", { "aria-label": title }, h("div.top", {}, h("div", {}, h("h2", {}, title), h("p.facts", {}, told("shelf reason", shelf.reason))),
    (trends || shelf.total > tiles.length) && h("a", { href: trends ? "#/trending" : address("shelf", shelf.id), "aria-label": label(t("See all"), { title }) }, t("See all")), ...turns), row);
}

/** @param {Pick<Shelf, "episodes" | "series">} shelf @param {string} session @returns {HTMLElement[]} */
export const tilesOf = ({ episodes, series = [] }, session) => episodes?.map((one) => episodeTile(one, session)) ?? series.map(seriesTile);
