// Elements. All that comes from the API enters as text, never as markup.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, unknown>} [traits] properties @param {(Node | string)[]} children
 */
export function h(tag, traits = {}, ...children) {
  const made = Object.assign(document.createElement(tag), traits);
  made.append(...children);
  return made;
}

/** @template {string} K @param {K} id @returns {K extends keyof Ids ? Ids[K] : HTMLElement} */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/** @param {string} name of a filter, source or setting */
export const words = (name) => name.replaceAll("_", " ");

/** @param {number} count @param {string} one */
export const counted = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
