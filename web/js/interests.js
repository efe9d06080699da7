// Interests: the catalog's categories to pick from.

import { call } from "./api.js";
import { $, button, copy, h } from "./dom.js";
import { library } from "./library.js";
import { device } from "./memory.js";

/** The catalog's main categories as chips, once they are here. @param {() => void} [pressed] */
export function interestChips(pressed = () => {}) {
  const chips = h("div.chips", { role: "group", "aria-label": "Interests" });
  const picked = (/** @type {string} */ name) => library.has("category_interests", name);
  const draw = () => {
    for (const chip of chips.children) chip.ariaPressed = String(picked(chip.textContent ?? ""));
  };
  /** @param {Category} category */
  const chip = ({ name }) => button(name, () => {
    library.set("category_interests", name, !picked(name));
    pressed();
  });
  const fill = () => call("GET", "/categories").then(({ categories }) => {
    chips.replaceChildren(...categories.filter((/** @type {Category} */ { kind }) => kind === "major").map(chip));
    draw();
  }, (problem) => chips.replaceChildren(h("span.quiet", {}, `${problem.message}. `), button("Try again", fill)));
  fill();
  library.addEventListener("change", draw);
  return chips;
}

const welcomed = () => `welcomed.${library.outbox.uid ?? ""}`;

/** Ask a new listener what to begin with. @param {() => void} refresh */
export function greet(refresh) {
  $("welcome").replaceChildren();
  if (device.read(welcomed(), false) || library.engagements.length) return;
  $("welcome").append(copy("greeting"));
  $("greeting-row").before(interestChips());
  $("show").onclick = () => { greeted(); refresh(); };
  $("skip").onclick = () => { greeted(); $("feed-title").focus(); };
}

export function greeted() {
  device.write(welcomed(), true);
  $("welcome").replaceChildren();
}
