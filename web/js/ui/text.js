// The texts of the page in the listener's language, dates and lengths among them. English texts are their own keys, as
// with gettext; other languages are files in languages/, one each.

import { device, serverTime } from "../device.js";

export const LANGUAGES = { en: "English", de: "Deutsch" };

const wanted = [device.read("language", ""), ...globalThis.navigator?.languages ?? []].map((tag) => tag.split("-")[0]);
export const language = wanted.find((tag) => tag in LANGUAGES) ?? "en";

/** By English text, or for texts of the API by kind and key; a text with a number is an object by plural category. @type {Record<string, string | Record<string, string>>} */
export const texts = {};
const plurals = new Intl.PluralRules(language);

/** @param {string} text @param {Record<string, unknown>} values */
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/** @param {string} english a literal, with {names} for values @param {Record<string, unknown>} [values] */
export const t = (english, values = {}) => filled(/** @type {string} */ (texts[english] ?? english), values);

/**
 * A text with a number, in which {n} stands for the number.
 * @param {number} n @param {string} one the English text for 1 @param {string} many for all others; the key @param {Record<string, unknown>} [values]
 */
export function count(n, one, many, values) {
  const forms = /** @type {Record<string, string>} */ (texts[many] ?? { one, other: many });
  return filled(forms[plurals.select(n)] ?? forms.other, { n: n.toLocaleString(language), ...values });
}

/** A text that the API made of a key and parameters. @param {"reason" | "shelf" | "shelf reason" | "problem"} kind @param {Reason} label @returns {string} */
export function told(kind, { key, params, text }) {
  const mine = texts[`${kind}: ${key}`];
  return mine ? filled(/** @type {string} */ (mine), params) : text;
}

/** Loads the texts of the listener's language; to be done before a module is loaded that has texts. */
export async function loadTexts() {
  if (language === "en") return;
  Object.assign(texts, (await import(`../../languages/${language}.js`)).default);
  document.documentElement.lang = language;
  translateFrame();
}

/** Puts the texts of index.html, which are English, into the listener's language. */
function translateFrame() {
  const templates = [...document.querySelectorAll("template")].map(({ content }) => content);
  for (const root of [document.body, ...templates]) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = /** @type {Text} */ (walker.currentNode);
      const english = node.data.trim();
      if (english) node.data = node.data.replace(english, () => t(english));
    }
    for (const one of root.querySelectorAll("[aria-label]")) one.ariaLabel = t(one.ariaLabel ?? "");
  }
}

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

/** @param {number} [seconds] @param {number} [heard] the share heard so far @returns {string} "1 h 5 min" or "20 min left", where number and unit stay on one line */
export function duration(seconds, heard = 0) {
  const all = Math.round((seconds ?? 0) * (1 - heard) / 60);
  const [hours, minutes] = [Math.floor(all / 60), all % 60];
  const time = [hours && t("{n} h", { n: hours }), minutes && t("{n} min", { n: minutes })].filter(Boolean).join(" ").replaceAll(" ", "\u00a0");
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
