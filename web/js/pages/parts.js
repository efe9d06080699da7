// What pages are made of.

import { Problem } from "../http/problem.js";
import { button, emptyState, h, toast } from "../ui/dom.js";
import { t } from "../ui/text.js";

/** @param {string} title @param {...(Node | string | false | 0)} content */
export const section = (title, ...content) => h("section", {}, h("h2", { tabindex: -1 }, title), ...content);

export const loading = () => h("div.skeleton", { "aria-busy": "true" }, ...Array.from({ length: 3 }, () => h("div.about", {}, h("div.art"), h("div", {}, h("p"), h("p"), h("p")))));

export const toFeed = () => h("a.strong", { href: "#/" }, t("To the feed"));

/** In the place of what cannot be loaded. @param {unknown} error @param {() => unknown} retry */
export function failure(error, retry) {
  const { message, detail } = Problem.of(error);
  return emptyState(message, detail, button(t("Try again"), retry, { class: "strong" }));
}

/** @param {unknown} error @param {string} [what] is not done @param {Action} [action] */
export const tell = (error, what = "", action) => toast(`${what} ${Problem.of(error).text}`.trim(), action);

/** Moves the focus to the row beside one that is about to go. @param {HTMLLIElement} row @param {HTMLElement} list @param {HTMLElement} otherwise */
export function leaveRow(row, list, otherwise) {
  const rows = [...list.querySelectorAll("li")];
  const at = rows.indexOf(row);
  const buttons = (rows[at + 1] ?? rows[at - 1])?.querySelectorAll("button");
  ([...buttons ?? []].at(-1) ?? otherwise).focus();
}

/** @param {HTMLElement} list @param {() => Promise<HTMLElement[]>} next @param {() => unknown} left whether there is more */
export function moreButton(list, next, left) {
  const made = button(t("Show more"), async () => {
    if (made.ariaBusy) return;
    made.ariaBusy = "true";
    try {
      const added = await next();
      list.append(...added);
      if (document.activeElement === made) added[0]?.querySelector("a")?.focus();
      made.hidden = !left();
    } catch (error) {
      tell(error);
    }
    made.ariaBusy = null;
  }, { class: "wide", hidden: !left() });
  return made;
}

/** Episodes that are answered page by page. @param {EpisodePage} page @param {(cursor: string) => Promise<EpisodePage>} next @param {(episode: any) => HTMLElement} row */
export function episodeList(page, next, row) {
  const list = h("ul", { role: "list", "aria-label": t("Episodes") }, ...page.episodes.map(row));
  return [list, moreButton(list, async () => (page = await next(page.next_cursor ?? "")).episodes.map(row), () => page.next_cursor)];
}

/** Asks before something is deleted. @param {string} title @param {string} detail @param {string} yes @returns {Promise<boolean>} */
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
