// The page of a whole shelf.

import { updateAll } from "../episode/actions.js";
import { lastPage, moreOf, tilesOf } from "../feed/shelves.js";
import { entitle } from "../router.js";
import { failure, loading, moreButton, toFeed } from "./parts.js";
import { $, emptyState, h } from "../ui/dom.js";
import { count, joined, t, told } from "../ui/text.js";

let shown = "";

export const update = () => updateAll($("shelf"), "[data-id]");

/** @param {string} name */
export async function show(name) {
  shown = name;
  entitle("shelf", t("Shelf"));
  $("shelf").replaceChildren(loading());
  try {
    const page = await lastPage();
    if (name === shown) draw(page, page.shelves.find(({ id }) => id === name));
  } catch (problem) {
    if (name === shown) $("shelf").replaceChildren(failure(problem, () => show(name)));
  }
}

/** @param {HomePage} page @param {Shelf} [shelf] */
function draw(page, shelf) {
  if (!shelf) {
    return $("shelf").replaceChildren(emptyState(t("This shelf is not there any more"), t("Others are between the episodes of your feed."), toFeed()));
  }
  entitle("shelf", told("shelf", shelf.title));
  const grid = h("ul.grid", { role: "list" }, ...tilesOf(shelf, page.session_id));
  const more = moreButton(grid, () => moreOf(page, shelf), () => shelf.remaining_count);
  new IntersectionObserver((seen) => { if (seen.at(-1)?.isIntersecting) more.click(); }, { rootMargin: "600px" }).observe(more);
  $("shelf").replaceChildren(h("p.quiet", {}, joined([told("shelf reason", shelf.reason), count(shelf.total, "One in all", "{n} in all")])), grid, more);
}
