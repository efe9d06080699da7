// Helpers to make elements. Text is inserted as text, never as markup.

import { t } from "./text.js";

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K | `${K}.${string}`} selector a tag, and classes behind dots
 * @param {Record<string, unknown>} [traits] attributes; functions (`onclick`) become listeners, booleans toggle the
 *     attribute unless it is ARIA, null and undefined are skipped
 * @param {...(Node | string | null | undefined | false | 0)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(selector, traits = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(/** @type {K} */ (tag));
  if (classes.length) element.className = classes.join(" ");
  if (element instanceof HTMLButtonElement) element.type = "button";
  for (const [name, value] of Object.entries(traits)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (typeof value === "boolean" && !name.startsWith("aria-")) element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  // It may come from data, in any script. A link reads as the text that it is part of.
  if (tag !== "a" && (/^(p|h\d|d[dt])$/.test(tag) || children.some((child) => typeof child === "string" && child))) element.dir ||= "auto";
  return element;
}

/** @param {string} tag @param {Record<string, string | number>} [traits] @param {...Node} children */
export function svg(tag, traits = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(traits)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {string} name of icons.svg */
export const icon = (name) =>
  svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `icons.svg#${name}` }));

/** @param {string} id @returns {any} */
export const copy = (id) => /** @type {any} */ ($(id)).content.firstElementChild.cloneNode(true);

/** @param {string} name @param {string} label @param {() => void} press @param {Record<string, unknown>} [traits] */
export const iconButton = (name, label, press, traits = {}) =>
  h("button.icon-button", { "aria-label": label, title: label, onclick: press, ...traits }, icon(name));

/** @param {string} text @param {() => void} press @param {Record<string, unknown>} [traits] */
export const button = (text, press, traits = {}) => h("button", { onclick: press, ...traits }, text);

/** @param {string} view @param {string} key an id or a name, of any characters */
export const address = (view, key) => `#/${view}/${encodeURIComponent(key)}`;

/** @param {string} view @param {string} key @param {string} [text] */
export const link = (view, key, text = key) => h("a", { href: address(view, key) }, text);

/** @param {string} text @param {string} detail @param {...Node} more */
export const emptyState = (text, detail, ...more) =>
  h("div.notice", {}, icon("wave"), h("h2", {}, text), detail && h("p", {}, detail), ...more);

/** @template {string} K @param {K} id @returns {K extends keyof Ids ? Ids[K] : HTMLElement} */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/** What the Tab key stops at. @param {HTMLElement} within @returns {NodeListOf<HTMLElement>} */
const stops = (within) => within.querySelectorAll("a, button, summary");

/** Replaces an element's content; the focus stays on the stop with the same `data-key` or name, else on the element. @param {HTMLElement} element @param {...(Node | string)} content */
export function redraw(element, ...content) {
  /** @param {any} one */
  const name = (one) => one.dataset.key || one.ariaLabel || one.textContent;
  const focused = document.activeElement;
  const had = element.contains(focused) && name(focused);
  element.replaceChildren(...content);
  if (!had) return;
  const same = [...stops(element)].find((one) => name(one) === had);
  if (!same) element.tabIndex = -1;
  (same ?? element).focus({ preventScroll: true });
}

/** Makes a row, or a column, one stop of the Tab key; the arrow keys, Home and End move among its children. @param {HTMLElement} row @param {boolean} [column] */
export function rovingTabindex(row, column) {
  const places = () => /** @type {HTMLElement[]} */ ([...row.children]).filter((one) => !one.hidden);
  /** @type {any} */
  let stop;
  const enter = (there = stop) => {
    stop = places().find((one) => one.contains(there)) ?? places()[0];
    for (const one of stops(row)) one.tabIndex = stop?.contains(one) ? 0 : -1;
  };
  enter();
  new MutationObserver(() => enter()).observe(row, { subtree: true, childList: true, attributeFilter: ["hidden"] });
  row.addEventListener("focusin", ({ target }) => enter(target));
  row.addEventListener("keydown", (event) => {
    const all = places();
    const at = all.indexOf(stop);
    const [back, on] = column ? ["ArrowUp", "ArrowDown"] : row.matches(":dir(rtl)") ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    const to = all[{ [back]: at - 1, [on]: at + 1, Home: 0, End: all.length - 1 }[event.key] ?? -1];
    if (!to || event.altKey) return;
    event.preventDefault();
    /** @type {HTMLElement} */ (to.querySelector(".title a") ?? stops(to)[0] ?? to).focus();
  });
  return row;
}

/** @param {string} text */
export const announce = (text) => { $("live").textContent = text; };

/** Resolves once the page is painted as it is. @returns {Promise<void>} */
export const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

let leaving = 0;
/** What had the focus before the toast. @type {any} */
let before = null;

/** Takes the toast away: what it says may no longer be so. If it has the focus, that returns to where it was. */
export function hideToast() {
  if ($("toast").contains(document.activeElement)) (before?.isConnected ? before : $("main")).focus({ preventScroll: true });
  $("toast").hidden = true;
}

/** @param {string} text @param {Action} [action] */
export function toast(text, action) {
  clearTimeout(leaving);
  if (!$("toast").contains(document.activeElement)) before = document.activeElement;
  redraw($("toast"),
    h("span", {}, text),
    ...(action ? [button(action[0], () => { hideToast(); action[1](); })] : []),
    iconButton("close", t("Dismiss"), hideToast));
  $("toast").hidden = false;
  announce(text);
  const later = () => { // not while it is in use
    if ($("toast").matches(":hover, :focus-within")) leaving = setTimeout(later, 3000);
    else hideToast();
  };
  leaving = setTimeout(later, action && document.querySelector(":focus-visible") ? 20_000 : 8000); // the way is longer by keyboard
}

/** @type {Record<string, Promise<unknown>>} */
const sheets = {};

/** Adds a stylesheet that the first page does not need, once; resolves when it is there. @param {string} name of a file in styles/ */
export const styles = (name) => sheets[name] ??= new Promise((resolve) => {
  document.head.append(h("link", { rel: "stylesheet", href: `styles/${name}.css`, onload: resolve, onerror: resolve }));
});
