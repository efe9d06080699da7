// The texts of the page in the listener's language. English texts are their own keys, as with gettext; other languages
// are files in languages/, one each.

import { device } from "../library/memory.js";

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

/** A text that the API made of a key and parameters. @param {"reason" | "shelf" | "shelf reason"} kind @param {Reason} label @returns {string} */
export function told(kind, { key, params, text }) {
  const mine = texts[`${kind}: ${key}`];
  return mine ? filled(/** @type {string} */ (mine), params) : text;
}

/** Loads the texts of the listener's language; to be done before a module is loaded that has texts. */
export async function loadTexts() {
  if (language === "en") return;
  Object.assign(texts, (await import(`../../languages/${language}.js`)).default);
  document.documentElement.lang = language;
  (await import("./frame.js")).translate(t);
}
