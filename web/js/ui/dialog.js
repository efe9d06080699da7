// A question that is answered by one of two buttons. Loaded with the views that ask.

import { h } from "./dom.js";
import { t } from "./text.js";

/**
 * @param {string} title @param {string} detail @param {string} yes the label of the confirming button
 * @returns {Promise<boolean>} whether it was confirmed
 */
export function confirmed(title, detail, yes) {
  const dialog = h("dialog", { "aria-label": title }, h("form", { method: "dialog" },
    h("h2", {}, title), h("p", {}, detail),
    h("div.row", {}, h("button", { type: "submit" }, t("Cancel")), h("button.strong", { type: "submit", value: "yes" }, yes))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes");
  }));
}
