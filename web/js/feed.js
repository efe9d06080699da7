// The For You feed: pages of one session, each asked for as the listener comes near the end.

import { call, Problem } from "./api.js";
import { card, skeleton } from "./card.js";
import { $, announce, button, h } from "./dom.js";
import { welcome } from "./interests.js";
import { library } from "./library.js";
import { device, tab } from "./memory.js";
import { emptyState } from "./row.js";
import { whyOf } from "./why.js";
import { intro, said, WITHOUT } from "./words.js";

const PAGE = 10;
const KEPT_MS = 30 * 60_000; // a feed left for longer is chosen anew
const PATIENCE_MS = 1_500; // for writes that cannot travel with the request
const REMEMBERED = 200; // episodes that the next session puts further back

/** @typedef {Omit<SessionPage, "episodes" | "trace">} Session */
/**
 * @typedef {{uid: string | null, at: number, session: Session, trace?: Trace, episodes: Episode[],
 *     anchor?: {id: string, top: number}}} Kept
 */

/** @type {Session | null} */
let session = null;
/** @type {Trace | undefined} */
let trace;
/** @type {Episode[]} */
let shown = [];
let visit = 0; // counts the sessions asked for, so that a late answer to an older one is dropped
let busyWith = 0; // the visit whose next page is under way
/** @type {number | undefined} */
let retryTimer;
/** @type {IntersectionObserver | undefined} */
let watched;

const items = () => /** @type {ReturnType<typeof card>[]} */ ([...$("feed").children].filter((one) => "update" in one));

/** Show what this tab was at, or a new session. @param {string | null} uid */
export function openFeed(uid) {
  const kept = tab.read("feed", /** @type {Kept | null} */ (null));
  if (!kept || kept.uid !== uid || Date.now() - kept.at > KEPT_MS) return forgetFeed();
  visit++;
  reset();
  trace = kept.trace;
  greet();
  append({ ...kept.session, episodes: kept.episodes });
  const there = items().find((item) => item.dataset.id === kept.anchor?.id);
  if (there && kept.anchor) scrollBy({ top: there.getBoundingClientRect().top - kept.anchor.top, behavior: "instant" });
}

/** Begin as if this tab had shown nothing yet. */
export function forgetFeed() {
  tab.drop("feed");
  shown = [];
  startSession();
}

/** Keep the place for a reload. */
export function keepPlace() {
  if (!session || $("view-feed").hidden) return;
  const anchor = items().find((item) => item.getBoundingClientRect().bottom > 0);
  /** @type {Kept} */
  const kept = { uid: library.outbox.uid, at: Date.now(), session, trace, episodes: shown,
    anchor: anchor && { id: anchor.dataset.id ?? "", top: anchor.getBoundingClientRect().top } };
  tab.write("feed", kept);
}

export const drawFeed = () => items().forEach((item) => item.update());

function reset() {
  clearTimeout(retryTimer);
  session = null;
  shown = [];
  $("notice").hidden = $("more").hidden = $("end").hidden = true;
  $("feed").replaceChildren();
  $("welcome").replaceChildren();
}

/** Go back to the top, to a session that knows of all that was done until now. */
export function refresh() {
  location.hash = "#/";
  scrollTo({ top: 0 });
  $("feed-title").focus({ preventScroll: true });
  startSession();
}

export async function startSession() {
  const mine = ++visit;
  const served = shown.map(({ id }) => id).slice(-REMEMBERED);
  reset();
  greet();
  $("intro").textContent = "Choosing episodes…";
  $("feed").append(...Array.from({ length: 4 }, skeleton));
  $("feed").setAttribute("aria-busy", "true");
  try {
    const page = await create({ served_ids: served });
    if (mine !== visit) return;
    $("feed").replaceChildren();
    append(page);
    if (!page.episodes.length) {
      notice("Nothing to show yet", "No episode is allowed by your settings right now.", startSession);
    }
  } catch (problem) {
    if (mine !== visit) return;
    reset();
    $("intro").textContent = "";
    explain(problem, startSession);
  } finally {
    if (mine === visit) $("feed").removeAttribute("aria-busy");
  }
}

/** @param {object} request @returns {Promise<SessionPage>} */
async function create(request) {
  const { outbox } = library;
  if (outbox.waiting.some(({ op }) => op !== "engage") && navigator.onLine) {
    await Promise.race([outbox.drain(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  }
  const { engagements, mutes, interests } = outbox.travelling;
  return call("POST", "/sessions/create", {
    limit: PAGE, trace: true, engagements, muted_series: mutes, ...request,
    ...(interests && library.state === "loaded" ? { category_interests: library.profile.category_interests } : {}),
  });
}

/** @param {boolean} pressed by a button, which the focus then leaves for the first new card */
export async function showMore(pressed = false) {
  if (busyWith === visit || !session?.next_cursor) return;
  const mine = busyWith = visit;
  $("notice").hidden = true;
  $("more").setAttribute("aria-busy", "true");
  try {
    const page = await next(session);
    if (mine !== visit) return;
    const first = append(page);
    if (pressed) first?.querySelector("h2")?.focus();
  } catch (problem) {
    if (mine !== visit) return;
    $("more").hidden = true;
    explain(problem, () => showMore(true));
  } finally {
    if (busyWith === mine) busyWith = 0;
    $("more").removeAttribute("aria-busy");
  }
}

/** @param {Session} from @returns {Promise<SessionPage>} */
async function next(from) {
  try {
    const address = `/sessions/${encodeURIComponent(from.session_id)}/next`;
    return await call("POST", address, { cursor: from.next_cursor, limit: PAGE });
  } catch (problem) {
    // A cursor that is too old, or of another time's key, stays refused: go on with a new session.
    if (!(problem instanceof Problem) || !["cursor-expired", "invalid-cursor"].includes(problem.kind)) throw problem;
    return create({ excluded_ids: shown.map(({ id }) => id) });
  }
}

/** @param {SessionPage} page @returns {HTMLElement | undefined} the first new card */
function append({ episodes, trace: traced, ...rest }) {
  session = rest;
  trace = traced ?? trace;
  const there = new Set(shown.map(({ id }) => id));
  const fresh = episodes.filter(({ id }) => !there.has(id))
    .map((one) => ({ why: whyOf(trace, one.queue_position ?? 0), ...one }));
  const cards = fresh.map((one) => card(one, refresh));
  shown.push(...fresh);
  $("feed").append(...cards);
  $("intro").textContent = intro(rest, library.profile.category_interests.length > 0);
  $("more").hidden = !rest.next_cursor;
  $("end").hidden = !!rest.next_cursor || !shown.length;
  const without = rest.degraded.map((name) => said(WITHOUT, name));
  unlessKnown(rest);
  $("foot").textContent = [`Catalog ${rest.catalog_version}`, `scenario ${rest.scenario}`, ...without].join(" · ");
  announce(`${cards.length} episodes added, ${shown.length} shown.`);
  watched?.unobserve($("more")); // it reports anew whether the end is near
  watched?.observe($("more"));
  keepPlace();
  return cards[0];
}

const welcomed = () => `welcomed.${library.outbox.uid ?? ""}`;

/** Ask a new listener what to begin with: at once, since whatever comes above the feed later moves it. */
function greet() {
  const done = () => { device.write(welcomed(), true); $("welcome").replaceChildren(); };
  if (device.read(welcomed(), false)) return;
  $("welcome").append(welcome(() => { done(); refresh(); }, () => { done(); $("feed-title").focus(); }));
}

/** Not those of whom something is stored. @param {Session} page */
function unlessKnown({ degraded }) {
  if (degraded.includes("summary_missing")) return;
  device.write(welcomed(), true);
  $("welcome").replaceChildren();
}

/** @param {string} title @param {string} detail @param {() => void} retry */
function notice(title, detail, retry) {
  const again = button("Try again", () => { $("feed-title").focus({ preventScroll: true }); retry(); }, { class: "strong" });
  $("notice").replaceChildren(emptyState(title, detail, again));
  $("notice").hidden = false;
  announce(`${title}. ${detail}`);
}

/** @param {unknown} problem @param {() => void} retry */
function explain(problem, retry) {
  if (!(problem instanceof Problem)) { // of this page, not of the API
    console.error(problem);
    return notice("This page stumbled over the answer", String(problem), retry);
  }
  if (problem.kind === "no-catalog") {
    notice("The catalog is being built", "This page tries again by itself.", retry);
    retryTimer = setTimeout(retry, (problem.retryAfterS || 5) * 1000);
    return;
  }
  notice(navigator.onLine ? problem.message : "You are offline", problem.detail, retry);
  if (problem.status === 0) addEventListener("online", retryOnce(visit, retry), { once: true });
}

/** @param {number} mine @param {() => void} retry */
const retryOnce = (mine, retry) => () => { if (mine === visit && !$("notice").hidden) retry(); };

/** @returns {void} */
export function watchFeed() {
  $("more").append(h("span", {}, "Show more"));
  $("more").addEventListener("click", () => showMore(true));
  $("refresh").addEventListener("click", refresh);
  $("end-refresh").addEventListener("click", refresh);
  watched = new IntersectionObserver((seen) => { if (seen.at(-1)?.isIntersecting) showMore(); }, { rootMargin: "900px" });
  addEventListener("pagehide", keepPlace);
  addEventListener("visibilitychange", keepPlace);
}
