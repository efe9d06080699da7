// The pages of what has a name: shelves, shows, people, things and topics; and of what is trending.

import { acknowledge, live, updateAll } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { toggleSeries } from "../episode/menu.js";
import { categories } from "../feed/interests.js";
import { lastPage, moreOf, tilesOf } from "../feed/shelves.js";
import { call } from "../auth/call.js";
import { Problem } from "../http/problem.js";
import { library } from "../library/library.js";
import { entitle } from "../router.js";
import { episodeList, failure, loading, moreButton, section, toFeed } from "./parts.js";
import { episodeRow, seriesTile, tile } from "../episode/items.js";
import { $, address, button, emptyState, h, link, redraw, svg } from "../ui/dom.js";
import { age, count, joined, language, t, told } from "../ui/text.js";

/** @type {Record<Insight["kind"], string>} */
const KINDS = { person: t("Person"), entity: t("Name"), topic: t("Topic") };

/**
 * A view whose content is fetched.
 * @param {string} name @param {string} title without one it is the key
 * @param {(key: string) => Promise<(Node | string)[]>} draw answers the title, too, as the first
 * @param {boolean} [stays] whether it is as it was when it is opened again
 */
function view(name, title, draw, stays = true) {
  /** @type {string | undefined} */
  let shown;
  /** @type {string | null} */
  let uid;
  const update = () => shown && !stays && uid !== library.outbox.uid ? load(shown) : updateAll($(name), ".row-item, .tile, .row > button");
  /** @param {string} key */
  async function load(key) {
    ({ uid } = library.outbox);
    redraw($(name), loading());
    const [heading, ...content] = await draw(key).catch((error) =>
      [title || key, Problem.of(error).status === 404 ? nothing() : failure(error, () => load(key))]);
    if (key !== shown) return;
    entitle(name, /** @type {string} */ (heading));
    redraw($(name), ...content);
  }
  return {
    update,
    show(/** @type {string} */ key) {
      if (key === shown && stays) return update();
      shown = key;
      entitle(name, title || key);
      return load(key);
    },
  };
}

const nothing = () => emptyState(t("Nothing here is called that"), t("It may have left the catalog, or be spelled otherwise."),
  h("a.strong", { href: "#/search" }, t("Search")));

/** A grid in a section; nothing without tiles. @param {string} title @param {HTMLElement[]} tiles */
const grid = (title, tiles) => tiles.length ? section(title, h("ul.grid", { role: "list" }, ...tiles)) : "";

/** @param {string} title @param {string} path @param {EpisodePage} [first] its first page */
async function episodes(title, path, first) {
  const next = (cursor = "0") => call("GET", `${path}&cursor=${cursor}`);
  const page = first ?? await next();
  return page.episodes.length ? section(title, ...episodeList(page, next, (one) => episodeRow(one, h("p.snippet", { lang: one.language }, one.key_insight ?? one.description)))) : "";
}

/** @param {ListField} follow @param {ListField} mute @param {string} id @param {(field: any) => void} turn */
function choices(follow, mute, id, turn) {
  /** @param {ListField} field @param {string} off @param {string} on */
  const one = (field, off, on) => {
    const made = button("", () => turn(field));
    return live(made, () => {
      const is = library.has(field, id);
      made.textContent = is ? on : off;
      made.classList.toggle("strong", field === follow && !is);
    });
  };
  return h("div.row", {}, one(follow, t("Follow"), t("Unfollow")), one(mute, t("Mute"), t("Unmute")));
}

export const shelf = view("shelf", t("Shelf"), async (id) => {
  const page = await lastPage();
  const found = page.shelves.find((one) => one.id === id);
  if (!found) return [t("Shelf"), emptyState(t("This shelf is not there any more"), t("Others are between the episodes of your feed."), toFeed())];
  const tiles = h("ul.grid", { role: "list" }, ...tilesOf(found, page.session_id));
  const more = moreButton(tiles, () => moreOf(page, found), () => found.remaining_count);
  new IntersectionObserver((seen) => { if (seen.at(-1)?.isIntersecting) more.click(); }, { rootMargin: "600px" }).observe(more);
  return [told("shelf", found.title), h("p.quiet", {}, joined([told("shelf reason", found.reason), count(found.total, "One in all", "{n} in all")])), tiles, more];
}, false);

export const series = view("series", t("Podcast"), async (id) => {
  const path = `/series/${encodeURIComponent(id)}`;
  /** @type {[EpisodePage & {series: Show}, {series: Show[]}]} */
  const [page, { series: alike }] = await Promise.all([call("GET", `${path}?limit=20`), call("GET", `${path}/similar?limit=6`)]);
  const { name, episodes: size, topics, newest_at, image_url } = page.series;
  const languages = new Set(page.episodes.flatMap((one) => one.language ?? []));
  const inWords = new Intl.DisplayNames(language, { type: "language" });
  return [name,
    h("div.about", {}, art({ title: name, image_url }), h("div", {},
      h("p.facts", {}, joined([count(size, "One episode", "{n} episodes"), newest_at !== null && t("latest {age}", { age: age(newest_at) }),
        ...[...languages].map((one) => inWords.of(one))])),
      h("div.chips", {}, ...topics.map((one) => link("topic", one))),
      choices("followed_series", "muted_series", id, (field) => toggleSeries(id, name, field)))),
    await episodes(t("Episodes"), `${path}?limit=20`, page),
    grid(t("Similar shows"), alike.map(seriesTile))];
});

/** @param {Insight["kind"]} kind */
const names = (kind) => view(kind, "", async (name) => {
  /** @type {{insight?: Insight}} */
  const { insight } = await call("GET", `/insights/${kind}/${encodeURIComponent(name)}?limit=20`).catch((error) => {
    if (Problem.of(error).status !== 404) throw error;
    return {};
  });
  const query = new URLSearchParams({ category: name });
  const found = kind === "topic" ? await Promise.all([episodes(t("Popular"), `/popular?${query}`), episodes(t("New"), `/new?${query}`)])
    : [await episodes(t("Episodes"), "", { episodes: insight?.episodes ?? await naming(name), next_cursor: null })];
  const spelled = insight?.name ?? name;
  if (!found.some(Boolean)) return [spelled, nothing()];
  return [spelled, h("div.about", {}, art({ title: spelled }), h("div", {}, h("p.facts", {}, joined([KINDS[kind], insight && numbers(insight)])),
    insight?.rising && h("p", {}, told("reason", insight.reason)), insight && bars(insight), kind === "topic" && choices("category_interests", "muted_categories", spelled, (field) => {
      library.set(field, spelled, !library.has(field, spelled));
      acknowledge(t("Noted for your feed."));
    }))), ...found];
});

export const [person, entity, topic] = /** @type {const} */ (["person", "entity", "topic"]).map(names);

/** @param {string} name @returns {Promise<Episode[]>} */
async function naming(name) {
  const page = await call("GET", `/search?${new URLSearchParams({ q: name.slice(0, 200), limit: "50" })}`);
  const key = (/** @type {any} */ one) => String(one.name ?? one).toLowerCase();
  return page.episodes.filter((/** @type {any} */ { people = [], entities = [] }) => [...people, ...entities].some((one) => key(one) === key(name)));
}

/** @param {Insight} insight */
const numbers = ({ listeners, series: shows }) => joined([listeners > 0 && count(listeners, "One listener this week", "{n} listeners this week"),
  shows > 0 && count(shows, "One show this week", "{n} shows this week")]);

/** A bar for each of 14 days, of listeners or else of shows, if there are any. @param {Insight} insight */
function bars({ listeners_by_day: listeners, series_by_day: shows }) {
  const heard = Math.max(...listeners) > 0;
  const values = heard ? listeners : shows;
  const top = Math.max(...values);
  const numbers = values.join(", ");
  return top && svg("svg", { class: "days", viewBox: "0 0 96 28", role: "img",
    "aria-label": heard ? t("Listeners on each of 14 days: {numbers}", { numbers }) : t("Shows on each of 14 days: {numbers}", { numbers }) },
  ...values.map((value, day) => svg("rect", { x: 7 * day, y: 27 - (27 * value) / top, width: 5, height: 28 })));
}

export const trending = view("trending", t("Trending"), async (category) => {
  const of = new URLSearchParams({ category });
  /** @param {string} title @param {string} kind */
  const largest = async (title, kind) => {
    const { insights } = await call("GET", `/insights?kind=${kind}&limit=6&${of}`);
    return grid(title, insights.map((/** @type {Insight} */ one) => tile({ title: one.name }, link(kind, one.name), h("p.facts", {}, numbers(one)))));
  };
  const [all, { insights }, ...others] = await Promise.all([categories(), call("GET", `/insights/trending?${of}`),
    largest(t("People"), "person"), largest(t("Topics"), "topic"), episodes(t("Rising today"), `/trending?limit=5&${of}`),
    episodes(t("Popular this week"), `/popular?limit=5&${of}`), episodes(t("New"), `/new?limit=5&${of}`)]);
  return [category ? t("Trending in {category}", { category }) : t("Trending"),
    h("div.chips", { role: "group", "aria-label": t("Categories") }, ...["", ...all].map((name) =>
      h("a", { href: address("trending", name), "aria-current": name === category ? "page" : null }, name || t("All")))),
    section(t("Rising"), insights.length ? h("ul", { role: "list" }, ...insights.map((/** @type {Insight} */ one) => h("li.risen", {},
      h("div", {}, h("h3.title", {}, link(one.kind, one.name)), h("p", {}, told("reason", one.reason)), h("p.facts", {}, numbers(one))),
      bars(one), h("ul", { role: "list" }, ...one.episodes.slice(0, 2).map((episode) => episodeRow(episode))))))
      : h("p.quiet", {}, t("Nothing is heard or published more than usual just now."))),
    ...others];
});
