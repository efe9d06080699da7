// Interests: choose among the catalog's categories, on a first visit or later.

import { call } from "../http/call.js";
import { $, button, copy, h } from "../ui/dom.js";
import { library } from "../library/library.js";
import { device } from "../library/memory.js";

/** @type {Promise<string[]> | null} */
let asked = null;

/** The catalog's major categories, the largest first; fetched once, and again after a failure. */
export function categories() {
  asked ??= call("GET", "/categories").then(({ categories: found }) =>
    found.filter((/** @type {Category} */ { kind }) => kind === "major").map((/** @type {Category} */ { name }) => name));
  asked.catch(() => { asked = null; });
  return asked;
}

/** One chip per category, once they are fetched. @param {() => void} [pressed] */
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

/** Asks a new listener for interests; at once, because inserting it later would move the feed. @param {() => void} refresh */
export function greet(refresh) {
  $("welcome").replaceChildren();
  if (device.read(welcomed(), false) || library.engagements.length) return;
  $("welcome").append(copy("greeting"));
  $("greeting-row").before(interestChips());
  $("show").onclick = () => { greeted(); refresh(); };
  $("skip").onclick = () => { greeted(); $("feed-title").focus(); };
}

/** Marks the listener as asked. */
export function greeted() {
  device.write(welcomed(), true);
  $("welcome").replaceChildren();
}
