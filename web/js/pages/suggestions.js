// Recent searches, and what the beginning of one may become: a combobox with a list (WAI-ARIA's pattern).

import { device } from "../device.js";
import { address, h, icon } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { call } from "../auth/call.js";
import { library } from "../library/library.js";

const KEPT = 8;
const SHOWN = 4; // they stand above what is found

/** By kind: an icon, where it leads, and a name. @type {Record<string, string[]>} */
const KINDS = { series: ["wave", "series", t("Podcast")], person: ["user", "person", t("Person")], topic: ["similar", "topic", t("Topic")], title: ["play", "episode", t("Episode")] };

/** @param {HTMLInputElement} input @param {() => void} chosen */
export function suggestions(input, chosen) {
  const list = h("ul.suggestions", { role: "listbox", id: "suggestions", "aria-label": t("Suggestions"), hidden: true });
  Object.assign(input, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: "false" });
  input.setAttribute("aria-controls", list.id);
  let asked = 0;
  let marked = -1;

  /** @param {number} at of an option, -1 for none */
  function mark(at) {
    marked = at;
    [...list.children].forEach((one, index) => { one.ariaSelected = String(index === at); });
    input.setAttribute("aria-activedescendant", at < 0 ? "" : list.children[at].id);
  }

  /** @param {{kind: string, text: string, id: string | null}[]} found */
  function draw(found) {
    list.replaceChildren(...found.map(({ kind, text, id }, index) => {
      const [picture, page, name] = KINDS[kind] ?? KINDS.title;
      const go = () => {
        hide();
        chosen();
        location.hash = address(page, id ?? text);
      };
      return h("li.suggestion", { role: "option", id: `suggestion-${index}`, onclick: go },
        icon(picture), h("span.title", {}, text), h("span.quiet", {}, name));
    }));
    list.hidden = !found.length;
    input.ariaExpanded = String(!list.hidden);
    mark(-1);
  }

  function hide() {
    asked++;
    draw([]);
  }

  /** Suggests what begins with this; a failure suggests nothing: the search says what is wrong. @param {string} q */
  async function suggest(q) {
    const mine = ++asked;
    const { suggestions: found = [] } = q ? await call("GET", `/suggest?${new URLSearchParams({ q, limit: String(SHOWN) })}`).catch(() => ({})) : {};
    if (mine === asked) draw(found);
  }

  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && count) mark((marked + 1 + step + count + 1) % (count + 1) - 1); // the field itself is one of the places
    else if (event.key === "Enter" && marked >= 0) /** @type {HTMLElement} */ (list.children[marked]).click();
    else if (event.key === "Escape" && count) hide();
    else return;
    event.preventDefault();
  });
  return { list, suggest, hide };
}

const key = () => `searches.${library.outbox.uid ?? ""}`;

/** @returns {string[]} the newest first */
export const recentSearches = () => device.read(key(), []);

/** @param {string} words */
export function remember(words) {
  const q = words.trim();
  const others = recentSearches().filter((one) => one.toLowerCase() !== q.toLowerCase());
  if (q) device.write(key(), [q, ...others].slice(0, KEPT));
}

export const forgetSearches = () => device.drop(key());
