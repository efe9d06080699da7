// Saved and History.

import { acknowledge } from "./actions.js";
import { $, button, confirmed, h, redraw, toast } from "./dom.js";
import { library } from "./library.js";
import { emptyState, engagementRow } from "./row.js";

export function drawSaved() {
  const saved = library.engagements.filter(({ type }) => type === "bookmark");
  draw("saved", saved, "Nothing saved yet", "Save an episode of the feed, and it waits for you here.");
}

export function drawHistory() {
  const all = library.engagements;
  $("reset").hidden = !all.length;
  draw("history", all, "No history yet", "What you play, save or refuse stands here. You can take any of it back.");
}

/** @param {string} name of the view @param {Engagement[]} engagements @param {string} none @param {string} detail */
function draw(name, engagements, none, detail) {
  const rows = engagements.map((one) => engagementRow(one, () => {
    library.remove(one);
    acknowledge("Removed.", ["Undo", () => library.restore(one)]);
    $(`${name}-title`).focus();
  }));
  const { state } = library;
  redraw($(name),
    rows.length ? h("ul", { role: "list" }, ...rows)
      : state === "loading" ? h("p.quiet", {}, "Loading…")
      : state === "loaded" ? emptyState(none, detail, h("a.strong", { href: "#/" }, "To the feed"))
      : emptyState("It cannot be reached just now", "Check the connection and try again.",
        button("Try again", () => library.load(), { class: "strong" })));
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
