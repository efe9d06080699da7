// The For You feed: pages of a session, and at its end of another one. shelves.js fills the places between the cards.

import { device, tab } from "../device.js";
import { $, announce, button, copy, h, hideToast, painted, toast } from "../ui/dom.js";
import { count, t } from "../ui/text.js";
import { Problem } from "../http/problem.js";
import { auth, settled } from "../auth/auth.js";
import { watch } from "../library/impressions.js";
import { library } from "../library/library.js";
import { updateAll } from "../episode/actions.js";
import { card } from "../episode/card.js";
import { createSession, dropNotice, explain, intro, nextPage, notice, pauseRetries } from "./session.js";

const MAX_SERVED = 200;
const FEED_TTL_MS = 30 * 60_000; // an older feed is replaced
const RESTORE_AFTER_MS = 4_000; // after this, the old cards return until the new session arrives

/** @type {Session | null} */
let session = null;
/** @type {FirstSession | null} */
let first = null;
/** Whether a further session had nothing new. */
let ended = false;
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
/** Episodes on shelves: no card shows them again. @type {Set<string>} */
const onShelves = new Set();
const nearEnd = new IntersectionObserver((seen) => { if (seen.at(-1)?.isIntersecting) showMore(); }, { rootMargin: "900px" });

/** @returns {NodeListOf<Live>} */
const items = () => $("feed").querySelectorAll(":scope > [data-id]");

/** Restores the listener's feed, or starts one; a promise then resolves when its first page is there, or an error is told. @param {string | null} uid */
export async function openFeed(uid) {
  const kept = tab.read("feed", /** @type {Kept | null} */ (null));
  if (!kept || kept.uid !== uid || Date.now() - kept.at > FEED_TTL_MS) return forgetFeed();
  clear();
  ({ first, about = null } = kept);
  greet();
  append({ ...kept.session, episodes: kept.episodes });
  const there = [...items()].find((item) => item.dataset.id === kept.id);
  if (there) scrollBy({ top: there.getBoundingClientRect().top - kept.top, behavior: "instant" });
}

export function forgetFeed() {
  tab.drop("feed");
  tab.drop("shelves");
  about = null;
  clear();
  served = [];
  return startSession();
}

/** Ranks again once the listener is known, if the session was ranked for nobody. */
export function renewFeed() {
  if (anonymous) startSession(true);
}

export function keepPlace() {
  if (!session || $("view-feed").hidden) return;
  const top = [...items()].find((item) => item.getBoundingClientRect().bottom > 0);
  const place = { id: top?.dataset.id, top: top?.getBoundingClientRect().top ?? 0 };
  tab.write("feed", { uid: library.outbox.uid, at: Date.now(), session, first, about, episodes: shown, ...place });
}

export const drawFeed = () => updateAll($("feed"), "[data-id]");

/** The episodes behind one, or all if it is not in the feed. @param {string} id */
export function following(id) {
  if (id === shown.at(-1)?.id) showMore();
  return shown.slice(shown.findIndex((one) => one.id === id) + 1);
}

function clear() {
  visit++;
  dropNotice();
  [session, first, shown, cards, anonymous, ended] = [null, null, [], [], false, false];
  onShelves.clear();
  $("feed").replaceChildren();
  drawAround();
}

/** Shows a feed about something; null: about nothing but the listener. @param {About | null} what */
export function feedAbout(what) {
  about = what;
  goToTop();
  startSession();
}

function drawAround() {
  $("about").hidden = !about;
  $("about").replaceChildren(...(about ? [t("About “{label}”", { label: about.label }), button(t("Your whole feed"), () => feedAbout(null))] : []));
  $("intro").textContent = first && !about ? intro(first, library.profile.category_interests.length > 0) : "";
  $("more").hidden = !session || ended;
  $("end").hidden = !ended || !shown.length;
}

const welcomed = () => `welcomed.${library.outbox.uid ?? ""}`;

function greet() {
  if (device.read(welcomed(), false) || library.engagements.length) return;
  const place = h("li", { id: "welcome" });
  $("feed").append(place);
  import("./interests.js").then(({ greeting }) => place.append(greeting(() => { greeted(); refresh(); }, () => { greeted(); $("feed-title").focus(); })), greeted);
}

function greeted() {
  device.write(welcomed(), true);
  document.querySelector("#welcome")?.remove();
}

export function refresh() {
  if (session && !navigator.onLine) return toast(t("You are offline. This feed stays until you are back."));
  hideToast();
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
  pauseRetries();
  if (!gently) served = [...served, ...shown.map(({ id }) => id)].slice(-MAX_SERVED);
  if (items().length) cards = /** @type {Live[]} */ ([...$("feed").children]);
  const restore = () => {
    if (gently || mine !== visit) return;
    $("feed").replaceChildren(...cards);
    drawAround();
    drawFeed();
  };
  const slow = session && setTimeout(restore, RESTORE_AFTER_MS);
  if (!gently) {
    $("feed").replaceChildren(...Array.from({ length: 5 }, () => copy("skeleton")));
    $("intro").textContent = t("Choosing episodes…");
    $("notice").hidden = $("more").hidden = $("end").hidden = true;
  }
  $("feed").setAttribute("aria-busy", "true");
  try {
    await settled();
    const wasUnknown = !auth().known;
    const page = await createSession(request());
    if (mine !== visit) return;
    dropNotice();
    const show = () => {
      clear();
      anonymous = wasUnknown;
      greet();
      append(page);
      if (!page.episodes.length) notice(t("Nothing to show yet"), t("There is no episode for you right now."), startSession);
    };
    const reading = cards.length && scrollY > innerHeight / 2;
    if (gently && reading) toast(t("A new feed is ready."), [t("Show"), () => { goToTop(); show(); }]);
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

const request = () => ({ seed: about?.seed, served_ids: served });

/** @param {boolean} pressed by a button: the focus then moves to the first new card */
async function showMore(pressed = false) {
  if (busyWith === visit || !session || ended) return;
  const mine = busyWith = visit;
  $("more").setAttribute("aria-busy", "true");
  try {
    const page = await nextPage(session, { ...request(), excluded_ids: [...served, ...shown.map(({ id }) => id), ...onShelves] });
    if (mine !== visit) return;
    const added = append(page);
    if (pressed) added?.querySelector("h2")?.focus();
  } catch (problem) {
    if (mine !== visit) return;
    $("more").hidden = true;
    explain(problem, (gently) => showMore(!gently));
  } finally {
    if (busyWith === mine) busyWith = 0;
    $("more").removeAttribute("aria-busy");
  }
}

/** @param {SessionPage} page @returns the first new card */
function append({ episodes, ...rest }) {
  session = rest;
  const { session_id, cold_start, user_vector_episodes } = rest;
  first ??= { session_id, cold_start, user_vector_episodes };
  if ($("notice").nextElementSibling !== $("feed")) dropNotice(); // the notice below the cards was about this page
  const there = new Set(shown.map(({ id }) => id));
  const fresh = episodes.filter(({ id }) => !there.has(id) && !onShelves.has(id));
  ended = !fresh.length && !rest.next_cursor;
  const added = fresh.map((one) => {
    const item = card(one, refresh);
    watch(item, session_id, one.queue_position);
    shown.push(one);
    $("feed").append(item);
    if (!about && shown.length === 1) item.after(copy("rail"));
    return item;
  });
  drawAround();
  if (!about) arrange(visit).catch(console.error);
  tellCauses(rest.degraded).catch(console.error);
  announce(count(added.length, "One episode added, {all} shown.", "{n} episodes added, {all} shown.", { all: shown.length }));
  if (!rest.degraded.includes("summary_missing")) greeted(); // the user is not new
  nearEnd.unobserve($("more")); // observing again reports whether the end is near
  nearEnd.observe($("more"));
  painted().then(keepPlace);
  return added[0];
}

/** @param {number} mine */
async function arrange(mine) {
  await painted(); // the cards first
  const { arrangeShelves } = await import("./shelves.js");
  const others = shown.map(({ id }) => id).filter((id, place) => !place || !library.did("listen", id)); // what was begun is on its own shelf, but not below its own card
  const placed = await arrangeShelves(first?.session_id ?? "", others, () => mine === visit, () => arrange(mine));
  for (const id of placed) onShelves.add(id);
}

/** @param {string[]} degraded */
async function tellCauses(degraded) {
  const text = degraded.length ? (await import("../episode/why.js")).causes(degraded) : "";
  if (degraded === session?.degraded) $("foot").textContent = text;
}

export function watchFeed() {
  $("more").onclick = () => showMore(true);
  $("refresh").onclick = $("end-refresh").onclick = refresh;
  addEventListener("pagehide", keepPlace);
  addEventListener("visibilitychange", keepPlace);
}
