// Interests: chosen among the catalog's categories.

import { call } from "../auth/call.js";
import { button, h, redraw } from "../ui/dom.js";
import { library } from "../library/library.js";
import { t } from "../ui/text.js";

const MAX_SHARE = 0.8; // of the catalog: a category of more episodes is no choice
const MAX_CHOICES = 24;

/** @type {Promise<string[]> | null} */
let asked = null;

/** The catalog's major categories, or where these are no choice the others; fetched once, and again after a failure. */
export function categories() {
  asked ??= call("GET", "/categories").then(({ categories: found, episodes: all }) => {
    const choices = /** @type {Category[]} */ (found).filter(({ episodes }) => episodes < MAX_SHARE * all);
    const majors = choices.filter(({ kind }) => kind === "major");
    return (majors.length > 1 ? majors : choices.slice(0, MAX_CHOICES)).map(({ name }) => name);
  });
  asked.catch(() => { asked = null; });
  return asked;
}

/** @param {() => void} [pressed] */
export function interestChips(pressed = () => {}) {
  const chips = h("div.chips", { role: "group", "aria-label": t("Interests") });
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
    redraw(chips, ...names.map(chip));
    draw();
  }, (problem) => redraw(chips, h("span.quiet", {}, `${problem.message}. `), button(t("Try again"), fill)));
  fill();
  library.addEventListener("change", draw);
  return chips;
}

/** @param {() => void} show @param {() => void} skip */
export function greeting(show, skip) {
  return h("section.welcome", { "aria-labelledby": "welcome-title" },
    h("h2", { id: "welcome-title" }, t("What do you like to hear?")),
    h("p.quiet", {}, t("Pick a few, and the feed follows. Or just listen: it learns from what you do.")),
    interestChips(),
    h("div.row", {}, button(t("Show my feed"), show, { class: "strong" }), button(t("Skip"), skip, { class: "plain" })));
}
