// The calls of a feed, and what it says of their answers.

import { $, announce, button, emptyState } from "../ui/dom.js";
import { count, t } from "../ui/text.js";
import { Backoff, Problem } from "../http/problem.js";
import { call } from "../auth/call.js";
import { withSeen } from "../library/impressions.js";
import { library } from "../library/library.js";

const PAGE = 10;
const SEEN_AT_ONCE = 30; // stored with a page: each time costs a write
const DRAIN_WAIT_MS = 1_500; // for writes that no request carries along
const STALE = ["cursor-expired", "invalid-cursor"]; // expired, or signed with an old key: retrying is useless

/** @param {object} request @returns {Promise<SessionPage>} */
export async function createSession(request) {
  const { outbox } = library;
  if (outbox.waiting.some(({ op }) => op !== "engage") && navigator.onLine) {
    await Promise.race([outbox.drain(), new Promise((resolve) => setTimeout(resolve, DRAIN_WAIT_MS))]);
  }
  return withWhy(await withSeen((seen) => call("POST", "/sessions/create", { limit: PAGE, trace: true, seen, ...library.unsynced, ...request })));
}

/** @param {Session} session @param {object} another @returns {Promise<SessionPage>} */
export async function nextPage({ session_id: id, next_cursor: cursor, trace }, another) {
  if (!cursor) return createSession(another);
  try {
    const page = await withSeen((seen) => call("POST", `/sessions/${encodeURIComponent(id)}/next`, { cursor, limit: PAGE, seen }), SEEN_AT_ONCE);
    return withWhy({ trace, ...page });
  } catch (problem) {
    if (!STALE.includes(Problem.of(problem).kind)) throw problem;
    return createSession(another);
  }
}

/** A page whose episodes have what speaks for each, by the trace of its session. @param {SessionPage} page @returns {SessionPage} */
const withWhy = (page) => ({ ...page, episodes: page.episodes.map((one) => ({ ...one, why: whyOf(page, one.queue_position ?? 0) })) });

/** @param {SessionPage} page @param {number} place from 1 on */
function whyOf({ trace, cold_start: cold }, place) {
  const sources = trace?.proposed_by[place - 1];
  if (!trace || !sources) return undefined;
  const parts = Object.entries(trace.parts)
    .map(([name, given]) => ({ name: cold && name === "similarity" ? "cold" : name, given: given[place - 1] })) // no taste is known
    .filter(({ given }) => Math.abs(given) >= 0.005); // visible as 0.01 or more
  return { sources, parts };
}

/** @param {FirstSession} session @param {boolean} interested */
export function intro({ cold_start: cold, user_vector_episodes: episodes }, interested) {
  if (cold) return t("The best of everything, for a start.");
  if (!episodes) return t("Chosen from your interests.");
  return interested
    ? count(episodes, "Chosen from the last episode you picked and your interests.", "Chosen from the last {n} episodes you picked and your interests.")
    : count(episodes, "Chosen from the last episode you picked.", "Chosen from the last {n} episodes you picked.");
}

let again = () => {};
const tries = new Backoff(() => again(), 2_000, 8_000);
addEventListener("online", () => tries.hurry());

/** Retrying, which stops while a call is on its way. */
export const pauseRetries = () => tries.pause();

export function dropNotice() {
  tries.stop();
  $("notice").hidden = true;
}

/** @param {string} title @param {string} detail @param {() => void} retry @param {"before" | "after"} where */
export function notice(title, detail, retry, where = "after") {
  const retried = button(t("Try again"), () => { $("feed-title").focus({ preventScroll: true }); retry(); }, { class: "strong" });
  const state = emptyState(title, detail, retried);
  if (!$("notice").hidden && $("notice").textContent === state.textContent) return; // an automatic retry changes nothing
  $("notice").replaceChildren(state);
  $("feed")[where]($("notice"));
  $("notice").hidden = false;
  announce(`${title}. ${detail}`);
}

/** @param {unknown} problem @param {(gently?: boolean) => void} retry automatic, if it may help @param {"before" | "after"} [where] */
export function explain(problem, retry, where) {
  const { kind, message, detail, temporary, retryAfterS } = Problem.of(problem);
  const [title, why] = kind === "no-catalog" ? [t("The catalog is being built"), ""] : [navigator.onLine ? message : t("You are offline"), detail];
  notice(title, temporary ? `${why} ${t("This page tries again by itself.")}` : why, () => retry(), where);
  again = () => retry(true);
  if (temporary) tries.later(retryAfterS);
}
