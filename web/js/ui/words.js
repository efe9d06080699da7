// Texts for numbers and names.

import { serverTime } from "../http/clock.js";
import { language, t } from "./text.js";

export const DAY_MS = 86_400_000;
export const RELATIVE = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

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
  const time = [hours && t("{n} h", { n: hours }), minutes && t("{n} min", { n: minutes })].filter(Boolean).join(" ");
  return heard && seconds ? t("{time} left", { time: time || t("{n} min", { n: 0 }) }) : time;
}

/** @param {number} seconds @returns {string} "1:05:09" */
export function timecode(seconds) {
  const whole = Math.floor(Number.isFinite(seconds) ? seconds : 0);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Joins facts with dots; a line never begins with a dot. @param {(string | false | undefined)[]} facts */
export const joined = (facts) => facts.filter(Boolean).join("\u00a0· ");

/** @param {string} name from the API, in snake case */
export const plain = (name) => name.replaceAll("_", " ");
