// The For You feed: pages of one session, each fetched as the listener nears the end.

import { call } from "../http/call.js";
import { auth, settled } from "../auth/auth.js";
import { Backoff } from "../http/backoff.js";
import { card } from "../episode/card.js";
import { $, announce, button, copy, emptyState, toast } from "../ui/dom.js";
import { watch, withSeen } from "../library/impressions.js";
import { greet, greeted } from "./interests.js";
import { library } from "../library/library.js";
import { tab } from "../library/memory.js";
import { Problem } from "../http/problem.js";
import { intro } from "../ui/words.js";

const PAGE = 10;
const MAX_SERVED = 200;
const SEEN_AT_ONCE = 30; // stored with a page: each time costs a write
const FEED_TTL_MS = 30 * 60_000; // an older feed is replaced
const DRAIN_WAIT_MS = 1_500; // for writes that no request carries along
const RESTORE_AFTER_MS = 4_000; // after this, the old cards return until the new session arrives
const STALE = ["cursor-expired", "invalid-cursor"]; // expired, or signed with an old key: retrying is useless

/** @type {Session | null} */
let session = null;
/** @type {Trace | undefined} */
let trace;
/** @type {Episode[]} */
let shown = [];
/** The episodes of the feeds before it: whoever starts over wants others. @type {string[]} */
let served = [];
/** What the feed is to be about, if the listener said so. @type {About | null} */
let about = null;
/** Counts sessions, so that late answers to older ones are dropped. */
let visit = 0;
/** The visit whose session or next page is being fetched. */
let busyWith = 0;
/** Whether the session was ranked before the listener was known. */
let anonymous = false;
/** The cards to restore if no new session arrives. @type {Live[]} */
let cards = [];
/** Retries what failed last. */
let again = () => {};
const tries = new Backoff(() => again(), 2_000, 8_000);
addEventListener("online", () => tries.hurry());
const nearEnd = new IntersectionObserver((seen) => { if (seen.at(-1)?.isIntersecting) showMore(); }, { rootMargin: "900px" });

/** @returns {NodeListOf<Live>} */
const items = () => $("feed").querySelectorAll("[data-id]");

/** Restores this tab's feed, or starts a session. @param {string | null} uid */
export function openFeed(uid) {
  const kept = tab.read("feed", /** @type {Kept | null} */ (null));
  if (!kept || kept.uid !== uid || Date.now() - kept.at > FEED_TTL_MS) return forgetFeed();
  clear();
  about = kept.about ?? null;
  greet(refresh);
  append({ ...kept.session, episodes: kept.episodes, trace: kept.trace });
  const there = [...items()].find((item) => item.dataset.id === kept.id);
  if (there) scrollBy({ top: there.getBoundingClientRect().top - kept.top, behavior: "instant" });
}

/** Starts as if this tab had shown nothing. */
export function forgetFeed() {
  tab.drop("feed");
  about = null;
  clear();
  served = [];
  startSession();
}

/** Ranks again once the listener is known, if the session was ranked for nobody. */
export function renewFeed() {
  if (anonymous) startSession(true);
}

/** Saves the position for a reload. */
export function keepPlace() {
  if (!session || $("view-feed").hidden) return;
  const first = [...items()].find((item) => item.getBoundingClientRect().bottom > 0);
  const place = { id: first?.dataset.id, top: first?.getBoundingClientRect().top ?? 0 };
  tab.write("feed", { uid: library.outbox.uid, at: Date.now(), session, trace, about, episodes: shown, ...place });
}

export const drawFeed = () => items().forEach((item) => item.update());

/** Hides the error and stops retrying. */
function dropNotice() {
  tries.stop();
  $("notice").hidden = true;
}

function clear() {
  visit++;
  dropNotice();
  [session, trace, shown, cards, anonymous] = [null, undefined, [], [], false];
  $("feed").replaceChildren();
  drawAround();
}

/** Shows a feed about something; null: about nothing but the listener. @param {About | null} what */
export function feedAbout(what) {
  about = what;
  goToTop();
  startSession();
}

/** Updates what is above and below the cards. */
function drawAround() {
  $("about").hidden = !about;
  $("about").replaceChildren(...(about ? [`About “${about.label}”`, button("Your whole feed", () => feedAbout(null))] : []));
  $("intro").textContent = session && !about ? intro(session, library.profile.category_interests.length > 0) : "";
  $("more").hidden = !session?.next_cursor;
  $("end").hidden = !session || !!session.next_cursor || !shown.length;
}

/** Goes to the top and starts a session that includes everything done so far. */
export function refresh() {
  if (session && !navigator.onLine) return toast("You are offline. This feed stays until you are back.");
  goToTop();
  startSession();
}

function goToTop() {
  location.hash = "#/";
  scrollTo({ top: 0 });
  $("feed-title").focus({ preventScroll: true });
}

/**
 * Replaces the session by a new one; if that fails, the cards stay.
 * @param {boolean} gently started by the page, not the listener: the cards stay until the new ones arrive, and a
 *     listener who has scrolled down is asked first
 */
async function startSession(gently = false) {
  const mine = busyWith = ++visit;
  tries.pause();
  if (!gently) served = [...served, ...shown.map(({ id }) => id)].slice(-MAX_SERVED);
  if (items().length) cards = [...items()];
  const restore = () => {
    if (gently || mine !== visit) return;
    $("feed").replaceChildren(...cards);
    drawAround();
    drawFeed();
  };
  const slow = session && setTimeout(restore, RESTORE_AFTER_MS);
  if (!gently) {
    $("feed").replaceChildren(...Array.from({ length: 4 }, () => copy("skeleton")));
    $("intro").textContent = "Choosing episodes…";
    $("notice").hidden = $("more").hidden = $("end").hidden = true;
  }
  $("feed").setAttribute("aria-busy", "true");
  try {
    await settled();
    const wasUnknown = !auth().known;
    const page = await create({});
    if (mine !== visit) return;
    dropNotice();
    const show = () => {
      clear();
      anonymous = wasUnknown;
      greet(refresh);
      append(page);
      if (!page.episodes.length) notice("Nothing to show yet", "No episode is allowed by your settings right now.", startSession);
    };
    const reading = cards.length && scrollY > innerHeight / 2;
    if (gently && reading) toast("A new feed is ready.", ["Show", () => { goToTop(); show(); }]);
    else show();
  } catch (problem) {
    if (mine !== visit) return;
    restore();
    if (Problem.of(problem).kind === "seed-expired") about = null;
    explain(problem, startSession, session ? "before" : "after");
  } finally {
    clearTimeout(slow ?? 0);
    if (busyWith === mine) {
      busyWith = 0;
      $("feed").removeAttribute("aria-busy");
    }
  }
}

/** @param {object} request @returns {Promise<SessionPage>} */
async function create(request) {
  const { outbox } = library;
  if (outbox.waiting.some(({ op }) => op !== "engage") && navigator.onLine) {
    await Promise.race([outbox.drain(), new Promise((resolve) => setTimeout(resolve, DRAIN_WAIT_MS))]);
  }
  return withSeen((seen) =>
    call("POST", "/sessions/create", { limit: PAGE, trace: true, seed: about?.seed, served_ids: served, seen, ...library.unsynced, ...request }));
}

/** @param {boolean} pressed by a button: the focus then moves to the first new card */
async function showMore(pressed = false) {
  if (busyWith === visit || !session?.next_cursor) return;
  const mine = busyWith = visit;
  $("more").setAttribute("aria-busy", "true");
  try {
    const page = await next(session);
    if (mine !== visit) return;
    const first = append(page);
    if (pressed) first?.querySelector("h2")?.focus();
  } catch (problem) {
    if (mine !== visit) return;
    $("more").hidden = true;
    explain(problem, (gently) => showMore(!gently));
  } finally {
    if (busyWith === mine) busyWith = 0;
    $("more").removeAttribute("aria-busy");
  }
}

/** @param {Session} from @returns {Promise<SessionPage>} */
async function next({ session_id: id, next_cursor: cursor }) {
  try {
    return await withSeen((seen) => call("POST", `/sessions/${encodeURIComponent(id)}/next`, { cursor, limit: PAGE, seen }), SEEN_AT_ONCE);
  } catch (problem) {
    if (!STALE.includes(Problem.of(problem).kind)) throw problem;
    return create({ excluded_ids: shown.map(({ id }) => id) });
  }
}

/** @param {SessionPage} page @returns the first new card */
function append({ episodes, trace: traced = trace, ...rest }) {
  [session, trace] = [rest, traced];
  if ($("notice").nextElementSibling !== $("feed")) dropNotice(); // the notice below the cards was about this page
  const there = new Set(shown.map(({ id }) => id));
  const fresh = episodes.filter(({ id }) => !there.has(id))
    .map((one) => ({ why: whyOf(trace, one.queue_position ?? 0, rest.cold_start), ...one }));
  const added = fresh.map((one) => card(one, refresh));
  added.forEach((item, index) => watch(item, rest.session_id, fresh[index].queue_position));
  shown.push(...fresh);
  $("feed").append(...added);
  drawAround();
  tellCauses(rest.degraded).catch(console.error);
  announce(`${added.length} episodes added, ${shown.length} shown.`);
  if (!rest.degraded.includes("summary_missing")) greeted(); // the user is not new
  nearEnd.unobserve($("more")); // observing again reports whether the end is near
  nearEnd.observe($("more"));
  keepPlace();
  return added[0];
}

/** What "Why this?" shows of an episode. @param {Trace | undefined} trace @param {number} place from 1 on @param {boolean} cold no taste is known */
function whyOf(trace, place, cold) {
  const sources = trace?.proposed_by[place - 1];
  if (!trace || !sources) return undefined;
  const parts = Object.entries(trace.parts)
    .map(([name, given]) => ({ name: cold && name === "similarity" ? "cold" : name, given: given[place - 1] }))
    .filter(({ given }) => Math.abs(given) >= 0.005); // visible as 0.01 or more
  return { sources, parts };
}

/** @param {string[]} degraded what the answer on the page lacks */
async function tellCauses(degraded) {
  const text = degraded.length ? (await import("./causes.js")).causes(degraded) : "";
  if (degraded === session?.degraded) $("foot").textContent = text;
}

/** @param {string} title @param {string} detail @param {() => void} retry @param {"before" | "after"} where of the cards */
function notice(title, detail, retry, where = "after") {
  const retried = button("Try again", () => { $("feed-title").focus({ preventScroll: true }); retry(); }, { class: "strong" });
  const state = emptyState(title, detail, retried);
  if (!$("notice").hidden && $("notice").textContent === state.textContent) return; // an automatic retry changes nothing
  $("notice").replaceChildren(state);
  $("feed")[where]($("notice"));
  $("notice").hidden = false;
  announce(`${title}. ${detail}`);
}

/** @param {unknown} problem @param {(gently?: boolean) => void} retry automatic, if it may help @param {"before" | "after"} [where] */
function explain(problem, retry, where) {
  const { kind, message, detail, temporary, retryAfterS } = Problem.of(problem);
  const [title, why] = kind === "no-catalog" ? ["The catalog is being built", ""] : [navigator.onLine ? message : "You are offline", detail];
  notice(title, temporary ? `${why} This page tries again by itself.` : why, () => retry(), where);
  again = () => retry(true);
  if (temporary) tries.later(retryAfterS);
}

export function watchFeed() {
  $("more").onclick = () => showMore(true);
  $("refresh").onclick = $("end-refresh").onclick = refresh;
  addEventListener("pagehide", keepPlace);
  addEventListener("visibilitychange", keepPlace);
}
