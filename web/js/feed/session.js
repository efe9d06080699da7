// The calls of a feed, and what it says when they fail.

import { Backoff, Problem } from "../http/problem.js";
import { call } from "../auth/call.js";
import { withSeen } from "../library/impressions.js";
import { library } from "../library/library.js";
import { $, announce, button, emptyState } from "../ui/dom.js";
import { t } from "../ui/text.js";

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
  return withSeen((seen) => call("POST", "/sessions/create", { limit: PAGE, trace: true, seen, ...library.unsynced, ...request }));
}

/** @param {Session} session @param {object} another @returns {Promise<SessionPage>} */
export async function nextPage({ session_id: id, next_cursor: cursor }, another) {
  if (!cursor) return createSession(another);
  try {
    return await withSeen((seen) => call("POST", `/sessions/${encodeURIComponent(id)}/next`, { cursor, limit: PAGE, seen }), SEEN_AT_ONCE);
  } catch (problem) {
    if (!STALE.includes(Problem.of(problem).kind)) throw problem;
    return createSession(another);
  }
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
