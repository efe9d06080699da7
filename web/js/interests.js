// Interests: the catalog's categories to pick from, on a first visit and any time later.

import { call } from "./api.js";
import { $, button, copy, h } from "./dom.js";
import { library } from "./library.js";
import { device } from "./memory.js";

/** @type {Promise<string[]> | null} */
let asked = null;

/** The names of the catalog's main categories, the largest first; asked for once, and after a failure again. */
function categories() {
  asked ??= call("GET", "/categories").then(({ categories: found }) =>
    found.filter((/** @type {Category} */ { kind }) => kind === "major").map((/** @type {Category} */ { name }) => name));
  asked.catch(() => { asked = null; });
  return asked;
}

/** Chips, once the categories are here. @param {() => void} [pressed] */
export function interestChips(pressed = () => {}) {
  const chips = h("div.chips", { role: "group", "aria-label": "Interests" });
  const picked = (/** @type {string} */ name) => library.has("category_interests", name);
  const draw = () => {
    for (const chip of chips.children) chip.ariaPressed = String(picked(chip.textContent ?? ""));
  };
  /** @param {string} name */
  const chip = (name) => button(name, () => {
    library.set("category_interests", name, !picked(name));
    pressed();
  });
  const fill = () => categories().then((names) => {
    chips.replaceChildren(...names.map(chip));
    draw();
  }, (problem) => chips.replaceChildren(h("span.quiet", {}, `${problem.message}. `), button("Try again", fill)));
  fill();
  library.addEventListener("change", draw);
  return chips;
}

const welcomed = () => `welcomed.${library.outbox.uid ?? ""}`;

/** Ask a new listener what to begin with: at once, since whatever comes above the feed later moves it. @param {() => void} refresh */
export function greet(refresh) {
  $("welcome").replaceChildren();
  if (device.read(welcomed(), false) || library.engagements.length) return;
  $("welcome").append(copy("greeting"));
  $("greeting-row").before(interestChips());
  $("show").onclick = () => { greeted(); refresh(); };
  $("skip").onclick = () => { greeted(); $("feed-title").focus(); };
}

/** They need not be asked again. */
export function greeted() {
  device.write(welcomed(), true);
  $("welcome").replaceChildren();
}
