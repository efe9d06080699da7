// The pages of shows, people, things and topics.

import { acknowledge, live } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { toggleSeries } from "../episode/menu.js";
import { address, episodeRow, tiles } from "../episode/row.js";
import { call } from "../http/call.js";
import { Problem } from "../http/problem.js";
import { library } from "../library/library.js";
import { entitle } from "../router.js";
import { $, button, emptyState, h, styles, svg, toast } from "../ui/dom.js";
import { count, language, t } from "../ui/text.js";
import { age, joined } from "../ui/words.js";

/** @type {Record<Insight["kind"], string>} */
const KINDS = { person: t("Person"), entity: t("Name"), topic: t("Topic") };

styles("pages");

/**
 * A view whose content is fetched.
 * @param {string} name @param {string} title without one it is the key
 * @param {(key: string) => Promise<(Node | string)[]>} draw answers the title, too, as the first
 */
export function view(name, title, draw) {
  /** @type {string | undefined} */
  let shown;
  const update = () => { for (const one of /** @type {NodeListOf<Live>} */ ($(name).querySelectorAll(".row-item, .live"))) one.update(); };
  /** @param {string} key */
  async function load(key) {
    $(name).replaceChildren(h("p.quiet", {}, t("Loading…")));
    const [heading, ...content] = await draw(key).catch((error) => {
      const { status, message, detail } = Problem.of(error);
      return [title || key, status === 404 ? nothing() : emptyState(message, detail, button(t("Try again"), () => load(key), { class: "strong" }))];
    });
    if (key !== shown) return;
    entitle(name, /** @type {string} */ (heading));
    $(name).replaceChildren(...content);
  }
  return {
    update,
    show(/** @type {string} */ key) {
      if (key === shown) return update();
      shown = key;
      entitle(name, title || key);
      return load(key);
    },
  };
}

const nothing = () => emptyState(t("Nothing here is called that"), t("It may have left the catalog, or be spelled otherwise."),
  h("a.strong", { href: "#/search" }, t("Search")));

/** @param {string} title @param {...(Node | string)} content */
export const section = (title, ...content) => h("section", {}, h("h2", {}, title), ...content);

/** Episodes that are answered page by page; nothing without any. @param {string} title @param {string} path @param {EpisodePage} [first] its first page */
export async function episodes(title, path, first) {
  const next = (/** @type {string | null} */ cursor) => call("GET", `${path}&cursor=${cursor}`);
  let page = first ?? await next("0");
  const rows = () => page.episodes.map((/** @type {Episode} */ one) => episodeRow(one));
  const list = h("ul", { role: "list" }, ...rows());
  const more = button(t("Show more"), async () => {
    try {
      page = await next(page.next_cursor);
      const [one, ...others] = rows();
      list.append(one, ...others);
      one.querySelector("a").focus();
      more.hidden = !page.next_cursor;
    } catch (error) {
      toast(Problem.of(error).message);
    }
  }, { class: "wide", hidden: !page.next_cursor });
  return page.episodes.length ? section(title, list, more) : "";
}

/** Buttons to follow and to mute. @param {SeriesField | "category_interests"} follow @param {SeriesField | "muted_categories"} mute @param {string} id @param {(field: ListField) => void} turn */
function choices(follow, mute, id, turn) {
  const one = (/** @type {ListField} */ field, /** @type {string} */ off, /** @type {string} */ on) => {
    const made = button("", () => turn(field), { class: "live" });
    return live(made, () => {
      const is = library.has(field, id);
      made.textContent = is ? on : off;
      made.classList.toggle("strong", field === follow && !is);
    });
  };
  return h("div.row", {}, one(follow, t("Follow"), t("Unfollow")), one(mute, t("Mute"), t("Unmute")));
}

export const series = view("series", t("Show"), async (id) => {
  const path = `/series/${encodeURIComponent(id)}`;
  const [page, { series: alike }] = await Promise.all([call("GET", `${path}?limit=20`), call("GET", `${path}/similar?limit=6`)]);
  /** @type {Show} */
  const { name, episodes: all, topics, newest_at, image_url } = page.series;
  const languages = new Set(page.episodes.flatMap((/** @type {Episode} */ one) => one.language ?? []));
  const inWords = new Intl.DisplayNames(language, { type: "language" });
  return [name,
    h("div.about", {}, art({ title: name, image_url }), h("div", {},
      h("p.facts", {}, joined([count(all, "One episode", "{n} episodes"), newest_at !== null && t("latest {age}", { age: age(newest_at) }),
        ...[...languages].map((one) => inWords.of(one))])),
      h("p.chips", {}, ...topics.map((one) => h("a", { href: address("topic", one) }, one))),
      choices("followed_series", "muted_series", id, (field) => toggleSeries(id, name, /** @type {SeriesField} */ (field))))),
    await episodes(t("Episodes"), `${path}?limit=20`, page),
    alike.length ? section(t("Similar shows"), tiles("series", alike.map((/** @type {Show} */ one) =>
      ({ ...one, title: one.name, facts: count(one.episodes, "One episode", "{n} episodes") })))) : ""];
});

/** A view of names of one kind. @param {Insight["kind"]} kind */
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
  return [spelled, h("div.about", {}, h("div", {}, h("p.facts", {}, joined([KINDS[kind], insight && numbers(insight)])),
    insight && h("p", {}, why(insight)), insight && bars(insight), kind === "topic" && choices("category_interests", "muted_categories", spelled, (field) => {
      library.set(field, spelled, !library.has(field, spelled));
      acknowledge(t("Noted for your feed."));
    }))), ...found];
});

export const [person, entity, topic] = /** @type {const} */ (["person", "entity", "topic"]).map(names);

/** Episodes that name somebody. @param {string} name @returns {Promise<Episode[]>} */
async function naming(name) {
  const page = await call("GET", `/search?${new URLSearchParams({ q: name.slice(0, 200), limit: "50" })}`);
  const key = (/** @type {any} */ one) => String(one.name ?? one).toLowerCase();
  return page.episodes.filter((/** @type {any} */ { people = [], entities = [] }) => [...people, ...entities].some((one) => key(one) === key(name)));
}

/** @param {Insight} insight */
export const why = ({ rising, reason }) => rising && reason.text;

/** @param {Insight} insight */
export const numbers = ({ listeners, series: shows }) => joined([listeners > 0 && count(listeners, "One listener this week", "{n} listeners this week"),
  shows > 0 && count(shows, "One show this week", "{n} shows this week")]);

/** A bar for each of 14 days, of listeners or else of shows, if there are any. @param {Insight} insight */
export function bars({ listeners_by_day: listeners, series_by_day: shows }) {
  const heard = Math.max(...listeners) > 0;
  const values = heard ? listeners : shows;
  const top = Math.max(...values);
  const numbers = values.join(", ");
  return top && svg("svg", { class: "days", viewBox: "0 0 96 28", role: "img",
    "aria-label": heard ? t("Listeners on each of 14 days: {numbers}", { numbers }) : t("Shows on each of 14 days: {numbers}", { numbers }) },
  ...values.map((value, day) => svg("rect", { x: 7 * day, y: 27 - (27 * value) / top, width: 5, height: 28 })));
}
