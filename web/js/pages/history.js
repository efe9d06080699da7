// History: what the listener did, newest first.

import { refresh } from "../feed/feed.js";
import { library } from "../library/library.js";
import { confirmed } from "../ui/dialog.js";
import { $, button, toast } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { drawList } from "./lists.js";

const PAGE = 50;
/** How many engagements are on the page. */
let shown = PAGE;

const resetButton = button(t("Reset"), reset, { id: "reset" });
$("history-title").after(resetButton);

export function update() {
  const all = library.engagements;
  resetButton.hidden = !all.length;
  drawList("history", all.slice(0, shown), t("No history yet"), t("What you play, save or refuse stands here. You can take any of it back."));
  if (all.length > shown) $("history").append(button(t("Show more"), showMore, { class: "wide" }));
}

export { update as show };

/** Moves the focus to the first new row. */
function showMore() {
  shown += PAGE;
  update();
  $("history").querySelectorAll("li")[shown - PAGE]?.querySelector("button")?.focus();
}

async function reset() {
  const detail = t("This deletes your whole history, also what you saved. Interests and series stay.");
  if (!await confirmed(t("Reset the feed?"), detail, t("Reset"))) return;
  try {
    await library.reset();
    toast(t("Your feed starts again."), [t("Refresh"), refresh]);
  } catch (problem) {
    toast(t("Not reset: {why}.", { why: /** @type {Error} */ (problem).message }));
  }
  $("history-title").focus();
}
