// Interests: the catalog's categories to pick from, on a first visit and any time later.

import { call } from "./api.js";
import { button, h } from "./dom.js";
import { library } from "./library.js";

/** @type {Promise<string[]> | null} */
let asked = null;

/** The catalog's main categories, the largest first. */
function categories() {
  asked ??= call("GET", "/categories").then(({ categories: found }) =>
    found.filter((/** @type {any} */ one) => one.kind === "major").map((/** @type {any} */ one) => one.name));
  asked.catch(() => { asked = null; });
  return asked;
}

/** @returns {HTMLElement} chips, once the categories are here */
export function interestChips() {
  const chips = h("div.chips", { role: "group", "aria-label": "Interests" });
  const draw = () => {
    for (const chip of chips.children) {
      chip.setAttribute("aria-pressed", String(library.has("category_interests", chip.textContent ?? "")));
    }
  };
  const fill = () => categories().then((names) => {
    chips.replaceChildren(...names.map((name) => button(name, () => {
      library.set("category_interests", name, !library.has("category_interests", name));
      draw();
    })));
    draw();
  }, (problem) => { chips.replaceChildren(h("span.quiet", {}, `${problem.message}. `), button("Try again", fill)); });
  fill();
  library.addEventListener("change", draw);
  return chips;
}

/** @param {() => void} done @param {() => void} skip What a first visit opens with, above a feed that is there already. */
export const welcome = (done, skip) => h("section.welcome", { "aria-labelledby": "welcome-title" },
  h("h2", { id: "welcome-title" }, "What do you like to hear?"),
  h("p.quiet", {}, "Pick a few, and the feed follows. Or just listen: it learns from what you do."),
  interestChips(),
  h("div.row", {}, button("Show my feed", done, { class: "strong" }), button("Skip", skip, { class: "plain" })));
