// Texts for numbers and names.

import { serverTime } from "./clock.js";

const DAY_MS = 86_400_000;
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** @param {string | undefined} date @returns {string} "3 days ago" */
export function age(date) {
  const days = Math.max(0, Math.floor((serverTime().getTime() - Date.parse(date ?? "")) / DAY_MS));
  if (!Number.isFinite(days)) return "";
  const [unit, size] = /** @type {[Intl.RelativeTimeFormatUnit, number]} */ (
    days < 14 ? ["day", 1] : days < 60 ? ["week", 7] : days < 730 ? ["month", 30] : ["year", 365]);
  return RELATIVE.format(-Math.floor(days / size), unit);
}

/** @param {number} [seconds] @param {number} [heard] the share heard so far @returns {string} "1 h 5 min" or "20 min left" */
export function duration(seconds, heard = 0) {
  const all = Math.round((seconds ?? 0) * (1 - heard) / 60);
  const [hours, minutes] = [Math.floor(all / 60), all % 60];
  const text = [hours && `${hours} h`, minutes && `${minutes} min`].filter(Boolean).join(" ");
  return heard && seconds ? `${text || "0 min"} left` : text;
}

/** @param {number} seconds @returns {string} "1:05:09" */
export function timecode(seconds) {
  const whole = Math.floor(Number.isFinite(seconds) ? seconds : 0);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A number with its noun: "One change", "3 changes". @param {number} number @param {string} one @param {string} many */
export const count = (number, one, many) => number === 1 ? `One ${one}` : `${number} ${many}`;

/** @param {Session} page @param {boolean} interested */
export function intro({ cold_start: cold, user_vector_episodes: episodes }, interested) {
  if (cold) return "The best of everything, for a start.";
  if (!episodes) return "Chosen from your interests.";
  const last = episodes === 1 ? "the last episode" : `the last ${episodes} episodes`;
  return `Chosen from ${last} you picked${interested ? " and your interests" : ""}.`;
}

/** @type {Record<EngagementType, string>} */
export const DID = {
  click: "Opened", listen: "Listened", complete: "Finished", bookmark: "Saved", like: "Liked", share: "Shared",
  not_interested: "Not interested",
};

/** @type {Record<string, string>} by part of the score */
export const PARTS = {
  similarity: "Like your taste", cold: "Taste, not known yet", interest: "Like one you picked", neighbours: "Picked with it by others",
  neighbours_latest: "Follows your last", neighbours_long: "Follows your picks", age: "Its age", promise: "Promising", unseen: "Little known",
  popularity_day: "Popular today", popularity_week: "Popular this week", popularity_month: "Popular this month", popularity_ever: "Popular",
  rise_day: "Rising today", rise_week: "Rising", rise_month: "On the way up", quality: "Quality", recency: "New",
  completion: "Heard to the end", series: "Its series", category: "Its topics", unfinished: "Half heard",
  aversion: "Like what you disliked", served: "Shown before", era: "Its time",
};

/** @type {Record<string, string>} by source */
export const SOURCES = {
  similar: "like your taste", interests: "like something you picked", neighbours: "what others picked with it",
  series: "series you follow or often hear", unfinished: "half heard", trending: "trending", popular: "popular", fresh: "new",
  stated: "your interests", exploration: "something new by chance",
};

/** @type {Record<string, string>} by cause of degradation */
export const WITHOUT = {
  summary_missing: "new listener", summary_timeout: "your history came too late",
  summary_unavailable: "your history is out of reach", summary_unreadable: "your history cannot be read",
  identity_unavailable: "your sign-in cannot be checked just now", clock_ahead: "a device's clock runs ahead",
  freshness_widened: "older episodes included", series_limit_relaxed: "more from the same series",
  languages_unreadable: "every language included", no_language_match: "nothing in your languages",
  all_muted: "everything is muted", all_excluded: "you have heard everything", none_published: "nothing is out yet",
  none_fresh: "nothing is new enough", all_below_quality: "nothing is good enough", all_ruled_out: "nothing fits the rules",
  vectors_unavailable: "only topics are compared", catalog_empty: "the catalog is empty",
  search_index_missing: "no search yet", search_index_unavailable: "search is out",
  catalog_missing: "catalog was withdrawn", catalog_unreachable: "newer catalog out of reach",
  catalog_broken: "newer catalog is damaged", catalog_stale: "catalog is old", catalog_too_large: "newer catalog is too large",
  retrieval_timeout: "search came too late", retrieval_unavailable: "search is out of reach",
  retrieval_empty: "search found nothing",
};

/** Joins facts with dots; a line never begins with a dot. @param {(string | false | undefined)[]} facts */
export const joined = (facts) => facts.filter(Boolean).join("\u00a0· ");

/** @param {string} name from the API, in snake case */
export const plain = (name) => name.replaceAll("_", " ");

/** @param {Record<string, string>} words @param {string} name */
export const wordFor = (words, name) => words[name] ?? plain(name);
