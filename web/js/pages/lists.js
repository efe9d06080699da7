// What Saved and History share: a list of engagements, any of which can be taken back.

import { acknowledge } from "../episode/actions.js";
import { engagementRow } from "../episode/row.js";
import { library } from "../library/library.js";
import { $, button, emptyState, h, redraw } from "../ui/dom.js";
import { t } from "../ui/text.js";

/** @param {string} name of the view @param {Engagement[]} engagements @param {string} none @param {string} detail */
export function drawList(name, engagements, none, detail) {
  const rows = engagements.map((one) => engagementRow(one, () => {
    library.remove(one);
    acknowledge(t("Removed."), [t("Undo"), () => library.restore(one)]);
    $(`${name}-title`).focus();
  }));
  const { state } = library;
  redraw($(name),
    rows.length ? h("ul", { role: "list" }, ...rows)
      : state === "loading" ? h("p.quiet", {}, t("Loading…"))
      : state === "loaded" ? emptyState(none, detail, h("a.strong", { href: "#/" }, t("To the feed")))
      : emptyState(t("It cannot be reached just now"), t("Check the connection and try again."),
        button(t("Try again"), () => library.load(), { class: "strong" })));
}
