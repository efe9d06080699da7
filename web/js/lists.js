// The Saved and History pages.

import { $, button, confirmed, h, toast } from "./dom.js";
import { library } from "./library.js";
import { emptyState, engagementRow } from "./row.js";

const PAGE = 50;

export function drawSaved() {
  const saved = library.engagements.filter(({ type }) => type === "bookmark");
  $("saved").replaceChildren(...saved.length
    ? [h("ul", { role: "list" }, ...saved.map((one) => engagementRow(one, "Remove", () => { library.remove(one); $("saved-title").focus(); })))]
    : [waits() ?? emptyState("Nothing saved yet", "Save an episode of the feed, and it waits for you here.", h("a", { class: "strong", href: "#/" }, "To the feed"))]);
}

export function drawHistory() {
  const all = library.engagements;
  $("reset").hidden = !all.length;
  $("history").replaceChildren(...all.length
    ? [h("ul", { role: "list" }, ...all.slice(0, historyLimit).map((one) =>
      engagementRow(one, "Remove", () => { library.remove(one); $("history-title").focus(); }))),
    ...(all.length > historyLimit ? [button("Show more", () => { historyLimit += PAGE; drawHistory(); }, { class: "wide" })] : [])]
    : [waits() ?? emptyState("No history yet", "What you play, save or refuse stands here. You can take any of it back.", h("a", { class: "strong", href: "#/" }, "To the feed"))]);
}

let historyLimit = PAGE;

const waits = () => library.state === "loading" ? h("p", { class: "quiet" }, "Loading…")
  : library.state === "failed" ? emptyState("It cannot be reached just now", "Check the connection and try again.", button("Try again", () => library.load(), { class: "strong" })) : null;

/** @param {() => void} refresh */
export function watchLists(refresh) {
  $("reset").addEventListener("click", async () => {
    if (!await confirmed("Reset the feed?", "Your whole history goes, and with it what you saved. Interests and series stay.", "Reset")) return;
    try {
      await library.reset();
      toast("Your feed starts again.", ["Refresh", refresh]);
    } catch (problem) {
      toast(`Not reset: ${/** @type {Error} */ (problem).message}.`);
    }
    $("history-title").focus();
  });
}
