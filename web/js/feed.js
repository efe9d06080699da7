// The For You feed: pages of one session, each asked for as the listener comes near the end.

import { call, Problem } from "./api.js";
import { card, skeleton } from "./card.js";
import { $, announce, button, toast } from "./dom.js";
import { greet, greeted } from "./interests.js";
import { library } from "./library.js";
import { tab } from "./memory.js";
import { emptyState } from "./row.js";
import { whyOf } from "./why.js";
import { intro, said, WITHOUT } from "./words.js";

const PAGE = 10;
const KEPT_MS = 30 * 60_000; // a feed left longer is chosen anew
const PATIENCE_MS = 1_500; // for writes that travel in no request
const REMEMBERED = 200; // episodes that the next session puts further back
const STALE = ["cursor-expired", "invalid-cursor"]; // too old, or of an old key: stays refused

/** @type {Session | null} */
let session = null;
/** @type {Trace | undefined} */
let trace;
/** @type {Episode[]} */
let shown = [];
let visit = 0; // counts sessions, so that a late answer to an older one is dropped
let busyWith = 0; // the visit whose next page is under way
let retryTimer = 0;
const nearEnd = new IntersectionObserver((seen) => { if (seen.at(-1)?.isIntersecting) showMore(); }, { rootMargin: "900px" });

/** @returns {NodeListOf<Live>} */
const items = () => $("feed").querySelectorAll("[data-id]");

/** Show what this tab was at, or a new session. @param {string | null} uid */
export function openFeed(uid) {
  const kept = tab.read("feed", /** @type {Kept | null} */ (null));
  if (!kept || kept.uid !== uid || Date.now() - kept.at > KEPT_MS) return forgetFeed();
  reset();
  append({ ...kept.session, episodes: kept.episodes, trace: kept.trace });
  const there = [...items()].find((item) => item.dataset.id === kept.id);
  if (there) scrollBy({ top: there.getBoundingClientRect().top - kept.top, behavior: "instant" });
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
  const first = [...items()].find((item) => item.getBoundingClientRect().bottom > 0);
  const place = { id: first?.dataset.id, top: first?.getBoundingClientRect().top ?? 0 };
  tab.write("feed", { uid: library.outbox.uid, at: Date.now(), session, trace, episodes: shown, ...place });
}

export const drawFeed = () => items().forEach((item) => item.update());

function reset() {
  visit++;
  clearTimeout(retryTimer);
  [session, trace, shown] = [null, undefined, []];
  $("notice").hidden = $("more").hidden = $("end").hidden = true;
  $("feed").replaceChildren();
  greet(refresh);
}

/** Go back to the top, to a session that knows of all that was done until now. */
export function refresh() {
  if (session && !navigator.onLine) return toast("You are offline. This feed stays until you are back.");
  location.hash = "#/";
  scrollTo({ top: 0 });
  $("feed-title").focus({ preventScroll: true });
  startSession();
}

async function startSession() {
  const served = shown.map(({ id }) => id).slice(-REMEMBERED);
  reset();
  const mine = visit;
  $("intro").textContent = "Choosing episodes…";
  $("feed").append(...Array.from({ length: 4 }, skeleton));
  $("feed").setAttribute("aria-busy", "true");
  try {
    const page = await create({ served_ids: served });
    if (mine !== visit) return;
    $("feed").replaceChildren();
    append(page);
    if (!page.episodes.length) notice("Nothing to show yet", "No episode is allowed by your settings right now.", startSession);
  } catch (problem) {
    if (mine !== visit) return;
    $("feed").replaceChildren();
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
  return call("POST", "/sessions/create", { limit: PAGE, trace: true, ...library.travelling, ...request });
}

/** @param {boolean} pressed by a button, which the focus then leaves for the first new card */
async function showMore(pressed = false) {
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
async function next({ session_id: id, next_cursor: cursor }) {
  try {
    return await call("POST", `/sessions/${encodeURIComponent(id)}/next`, { cursor, limit: PAGE });
  } catch (problem) {
    if (!(problem instanceof Problem) || !STALE.includes(problem.kind)) throw problem;
    return create({ excluded_ids: shown.map(({ id }) => id) });
  }
}

/** @param {SessionPage} page @returns the first new card */
function append({ episodes, trace: traced = trace, ...rest }) {
  [session, trace] = [rest, traced];
  const there = new Set(shown.map(({ id }) => id));
  const fresh = episodes.filter(({ id }) => !there.has(id))
    .map((one) => ({ why: whyOf(trace, one.queue_position ?? 0, rest.cold_start), ...one }));
  const cards = fresh.map((one) => card(one, refresh));
  shown.push(...fresh);
  $("feed").append(...cards);
  $("intro").textContent = intro(rest, library.profile.category_interests.length > 0);
  $("more").hidden = !rest.next_cursor;
  $("end").hidden = !!rest.next_cursor || !shown.length;
  $("foot").textContent = [`Catalog ${rest.catalog_version}`, `scenario ${rest.scenario}`,
    ...rest.degraded.map((name) => said(WITHOUT, name))].join(" · ");
  announce(`${cards.length} episodes added, ${shown.length} shown.`);
  if (!rest.degraded.includes("summary_missing")) greeted(); // something is stored
  nearEnd.unobserve($("more")); // it reports anew whether the end is near
  nearEnd.observe($("more"));
  keepPlace();
  return cards[0];
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
  const mine = visit;
  const back = () => { if (mine === visit && !$("notice").hidden) retry(); };
  if (!problem.status) addEventListener("online", back, { once: true });
}

export function watchFeed() {
  $("more").addEventListener("click", () => showMore(true));
  for (const id of ["refresh", "end-refresh"]) $(id).addEventListener("click", refresh);
  addEventListener("pagehide", keepPlace);
  addEventListener("visibilitychange", keepPlace);
}
