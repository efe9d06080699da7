// The Saved and History pages.

import { $, button, confirmed, h, toast } from "./dom.js";
import { library } from "./library.js";
import { emptyState, engagementRow } from "./row.js";

const PAGE = 50;
let shown = PAGE; // of the history

export function drawSaved() {
  const saved = library.engagements.filter(({ type }) => type === "bookmark");
  const empty = () => toTheFeed("Nothing saved yet", "Save an episode of the feed, and it waits for you here.");
  $("saved").replaceChildren(saved.length ? list(saved, "saved-title") : waits() ?? empty());
}

export function drawHistory() {
  const all = library.engagements;
  $("reset").hidden = !all.length;
  const empty = () => toTheFeed("No history yet", "What you play, save or refuse stands here. You can take any of it back.");
  $("history").replaceChildren(all.length ? list(all.slice(0, shown), "history-title") : waits() ?? empty());
  if (all.length > shown) $("history").append(button("Show more", () => { shown += PAGE; drawHistory(); }, { class: "wide" }));
}

/** @param {Engagement[]} engagements @param {string} then has the focus, once one of them is gone */
const list = (engagements, then) => h("ul", { role: "list" }, ...engagements.map((one) => engagementRow(one, "Remove", () => {
  library.remove(one);
  $(then).focus();
})));

/** @param {string} title @param {string} detail */
const toTheFeed = (title, detail) => emptyState(title, detail, h("a.strong", { href: "#/" }, "To the feed"));

function waits() {
  if (library.state === "loading") return h("p.quiet", {}, "Loading…");
  if (library.state === "loaded") return null;
  const again = button("Try again", () => library.load(), { class: "strong" });
  return emptyState("It cannot be reached just now", "Check the connection and try again.", again);
}

/** @param {() => void} refresh */
export function watchLists(refresh) {
  $("reset").addEventListener("click", async () => {
    const detail = "Your whole history goes, and with it what you saved. Interests and series stay.";
    if (!await confirmed("Reset the feed?", detail, "Reset")) return;
    try {
      await library.reset();
      toast("Your feed starts again.", ["Refresh", refresh]);
    } catch (problem) {
      toast(`Not reset: ${/** @type {Error} */ (problem).message}.`);
    }
    $("history-title").focus();
  });
}
