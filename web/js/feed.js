// The For You feed: pages of one session, each asked for as the listener comes near the end.

import { call, Problem } from "./api.js";
import { auth, settled } from "./auth.js";
import { Backoff } from "./backoff.js";
import { card } from "./card.js";
import { $, announce, button, copy, emptyState, toast } from "./dom.js";
import { greet, greeted } from "./interests.js";
import { library } from "./library.js";
import { tab } from "./memory.js";
import { whyOf } from "./why.js";
import { intro, said, WITHOUT } from "./words.js";

const PAGE = 10;
const KEPT_MS = 30 * 60_000; // a feed left longer is chosen anew
const PATIENCE_MS = 1_500; // for writes that travel in no request
const REMEMBERED = 200; // episodes that the next session puts further back
const SLOW_MS = 4_000; // then the cards are back until the new session is here
const STALE = ["cursor-expired", "invalid-cursor"]; // too old, or of an old key: stays refused

/** @type {Session | null} */
let session = null;
/** @type {Trace | undefined} */
let trace;
/** @type {Episode[]} */
let shown = [];
/** Counts sessions, so that a late answer to an older one is dropped. */
let visit = 0;
/** The visit whose session or next page is under way. */
let busyWith = 0;
/** Whether the session was chosen before it was known for whom. */
let unnamed = false;
/** What is put back if no new session can be had. @type {Live[]} */
let cards = [];
/** What failed last, to be tried again. */
let again = () => {};
const tries = new Backoff(() => again(), 2_000, 8_000);
const nearEnd = new IntersectionObserver((seen) => { if (seen.at(-1)?.isIntersecting) showMore(); }, { rootMargin: "900px" });

/** @returns {NodeListOf<Live>} */
const items = () => $("feed").querySelectorAll("[data-id]");

/** Show what this tab was at, or a new session. @param {string | null} uid */
export function openFeed(uid) {
  const kept = tab.read("feed", /** @type {Kept | null} */ (null));
  if (!kept || kept.uid !== uid || Date.now() - kept.at > KEPT_MS) return forgetFeed();
  clear();
  greet(refresh);
  append({ ...kept.session, episodes: kept.episodes, trace: kept.trace });
  const there = [...items()].find((item) => item.dataset.id === kept.id);
  if (there) scrollBy({ top: there.getBoundingClientRect().top - kept.top, behavior: "instant" });
}

/** Begin as if this tab had shown nothing yet. */
export function forgetFeed() {
  tab.drop("feed");
  clear();
  startSession();
}

/** It is known who listens now: choose the feed for them, if it was chosen for nobody. */
export function renewFeed() {
  if (unnamed) startSession(true);
}

/** Keep the place for a reload. */
export function keepPlace() {
  if (!session || $("view-feed").hidden) return;
  const first = [...items()].find((item) => item.getBoundingClientRect().bottom > 0);
  const place = { id: first?.dataset.id, top: first?.getBoundingClientRect().top ?? 0 };
  tab.write("feed", { uid: library.outbox.uid, at: Date.now(), session, trace, episodes: shown, ...place });
}

export const drawFeed = () => items().forEach((item) => item.update());

/** Nothing is wrong any more. */
function dropNotice() {
  tries.stop();
  $("notice").hidden = true;
}

function clear() {
  visit++;
  dropNotice();
  [session, trace, shown, cards, unnamed] = [null, undefined, [], [], false];
  $("feed").replaceChildren();
  drawAround();
}

/** What stands above and below the cards follows from the session. */
function drawAround() {
  $("intro").textContent = session ? intro(session, library.profile.category_interests.length > 0) : "";
  $("more").hidden = !session?.next_cursor;
  $("end").hidden = !session || !!session.next_cursor || !shown.length;
}

/** Go back to the top, to a session that knows of all that was done until now. */
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
 * Replace the session by a new one; if none can be had, the cards stay.
 * @param {boolean} gently by the page itself, not the listener: the cards stay until the new ones are here, and a
 *     listener who has scrolled on is asked
 */
async function startSession(gently = false) {
  const mine = busyWith = ++visit;
  tries.pause();
  if (items().length) cards = [...items()];
  const putBack = () => {
    if (gently || mine !== visit) return;
    $("feed").replaceChildren(...cards);
    drawAround();
    drawFeed();
  };
  const slow = session && setTimeout(putBack, SLOW_MS);
  if (!gently) {
    $("feed").replaceChildren(...Array.from({ length: 4 }, () => copy("skeleton")));
    $("intro").textContent = "Choosing episodes…";
    $("notice").hidden = $("more").hidden = $("end").hidden = true;
  }
  $("feed").setAttribute("aria-busy", "true");
  try {
    await settled();
    const nameless = !auth().known;
    const page = await create({ served_ids: shown.map(({ id }) => id).slice(-REMEMBERED) });
    if (mine !== visit) return;
    dropNotice();
    const show = () => {
      clear();
      unnamed = nameless;
      greet(refresh);
      append(page);
      if (!page.episodes.length) notice("Nothing to show yet", "No episode is allowed by your settings right now.", startSession);
    };
    const reading = cards.length && scrollY > innerHeight / 2;
    if (gently && reading) toast("A new feed is ready.", ["Show", () => { goToTop(); show(); }]);
    else show();
  } catch (problem) {
    if (mine !== visit) return;
    putBack();
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
    await Promise.race([outbox.drain(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  }
  return call("POST", "/sessions/create", { limit: PAGE, trace: true, ...library.travelling, ...request });
}

/** @param {boolean} pressed by a button, which the focus then leaves for the first new card */
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
    return await call("POST", `/sessions/${encodeURIComponent(id)}/next`, { cursor, limit: PAGE });
  } catch (problem) {
    if (!STALE.includes(Problem.of(problem).kind)) throw problem;
    return create({ excluded_ids: shown.map(({ id }) => id) });
  }
}

/** @param {SessionPage} page @returns the first new card */
function append({ episodes, trace: traced = trace, ...rest }) {
  [session, trace] = [rest, traced];
  if ($("notice").nextElementSibling !== $("feed")) dropNotice(); // the one below the cards was of the page that is here now
  const there = new Set(shown.map(({ id }) => id));
  const fresh = episodes.filter(({ id }) => !there.has(id))
    .map((one) => ({ why: whyOf(trace, one.queue_position ?? 0, rest.cold_start), ...one }));
  const added = fresh.map((one) => card(one, refresh));
  shown.push(...fresh);
  $("feed").append(...added);
  drawAround();
  const without = rest.degraded.map((name) => said(WITHOUT, name));
  $("foot").textContent = [`Catalog ${rest.catalog_version}`, `scenario ${rest.scenario}`, ...without].join(" · ");
  announce(`${added.length} episodes added, ${shown.length} shown.`);
  if (!rest.degraded.includes("summary_missing")) greeted(); // something is stored
  nearEnd.unobserve($("more")); // it reports anew whether the end is near
  nearEnd.observe($("more"));
  keepPlace();
  return added[0];
}

/** @param {string} title @param {string} detail @param {() => void} retry @param {"before" | "after"} where of the cards */
function notice(title, detail, retry, where = "after") {
  const retried = button("Try again", () => { $("feed-title").focus({ preventScroll: true }); retry(); }, { class: "strong" });
  const state = emptyState(title, detail, retried);
  if (!$("notice").hidden && $("notice").textContent === state.textContent) return; // a try by itself moves nothing
  $("notice").replaceChildren(state);
  $("feed")[where]($("notice"));
  $("notice").hidden = false;
  announce(`${title}. ${detail}`);
}

/** @param {unknown} problem @param {(gently?: boolean) => void} retry by itself, if it may help @param {"before" | "after"} [where] */
function explain(problem, retry, where) {
  const { kind, message, detail, passes, retryAfterS } = Problem.of(problem);
  const [title, why] = kind === "no-catalog" ? ["The catalog is being built", ""] : [navigator.onLine ? message : "You are offline", detail];
  notice(title, passes ? `${why} This page tries again by itself.` : why, () => retry(), where);
  again = () => retry(true);
  if (passes) tries.later(retryAfterS);
}

export function watchFeed() {
  $("more").onclick = () => showMore(true);
  $("refresh").onclick = $("end-refresh").onclick = refresh;
  addEventListener("pagehide", keepPlace);
  addEventListener("visibilitychange", keepPlace);
}
