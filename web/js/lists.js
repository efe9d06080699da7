// The Saved and History pages.

import { acknowledge } from "./actions.js";
import { confirmed } from "./dialog.js";
import { $, button, emptyState, h, redraw, toast } from "./dom.js";
import { refresh } from "./feed.js";
import { library } from "./library.js";
import { engagementRow } from "./row.js";

const PAGE = 50;
/** How many engagements of the history are on the page. */
let shown = PAGE;

export function drawSaved() {
  const saved = library.engagements.filter(({ type }) => type === "bookmark");
  draw("saved", saved, "Nothing saved yet", "Save an episode of the feed, and it waits for you here.");
}

export function drawHistory() {
  const all = library.engagements;
  $("reset").hidden = !all.length;
  draw("history", all.slice(0, shown), "No history yet", "What you play, save or refuse stands here. You can take any of it back.");
  if (all.length > shown) $("history").append(button("Show more", showMore, { class: "wide" }));
}

/** Moves the focus to the first new row. */
function showMore() {
  shown += PAGE;
  drawHistory();
  $("history").querySelectorAll("li")[shown - PAGE]?.querySelector("button")?.focus();
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

$("reset").onclick = async () => {
  const detail = "This deletes your whole history, also what you saved. Interests and series stay.";
  if (!await confirmed("Reset the feed?", detail, "Reset")) return;
  try {
    await library.reset();
    toast("Your feed starts again.", ["Refresh", refresh]);
  } catch (problem) {
    toast(`Not reset: ${/** @type {Error} */ (problem).message}.`);
  }
  $("history-title").focus();
};
