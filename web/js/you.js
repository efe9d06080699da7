// The You page: who listens, what they chose, and what is known of them.

import { toggleSeries } from "./actions.js";
import { auth } from "./auth.js";
import { $, button, confirmed, h, toast } from "./dom.js";
import { interestChips } from "./interests.js";
import { library } from "./library.js";

/** @type {HTMLElement | null} */
let chips = null;

/** @param {string} title @param {...(Node | string | null | false)} content */
const section = (title, ...content) => h("section", {}, h("h2", {}, title), ...content);

export function drawYou() {
  const { listener, ways, demo } = auth();
  chips ??= interestChips();
  const receipt = $("you").querySelector(".receipt");
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.key;
  $("you").replaceChildren(
    section("Listening as",
      h("p", {}, h("strong", {}, listener.name), listener.guest && !demo ? ". Sign in, and your history comes along to other devices." : ""),
      h("div", { class: "chips" }, ...ways.map((way) => way.form ? emailForm(way) : wayButton(way, demo ? way.label === listener.name : null)))),
    section("Interests", chips),
    section("Series you follow", seriesList("followed_series", "Unfollow", "None yet. The menu of an episode has it.")),
    section("Muted series", seriesList("muted_series", "Unmute", "None.")),
    section("Your data", h("p", { class: "quiet" }, "All that is stored of you: your history, your interests and series, and the summary made of them."),
      receipt ?? "", button("Delete my data", forget, { class: "danger" })),
    ...(demo ? [section("For developers", h("p", {}, h("a", { href: "lab.html" }, "Lab"), ": how a session comes about."))] : []));
  if (focused) /** @type {HTMLElement | null} */ ($("you").querySelector(`[data-key="${CSS.escape(focused)}"]`))?.focus();
}

/** @param {Way} way @param {boolean | null} pressed */
function wayButton(way, pressed) {
  return button(way.label, () => take(way), { "aria-pressed": pressed, "data-key": way.label });
}

/** @param {Way} way @param {{email: string, password: string}} [fields] */
async function take(way, fields) {
  try {
    await way.go(fields);
  } catch (error) {
    const code = /** @type {any} */ (error).code ?? "";
    if (code !== "auth/popup-closed-by-user") toast(`That did not work${code && `: ${code.replace("auth/", "").replaceAll("-", " ")}`}.`);
  }
}

/** @param {Way} way */
function emailForm(way) {
  const email = h("input", { type: "email", name: "email", required: true, autocomplete: "email", "aria-label": "E-mail", placeholder: "E-mail" });
  const password = h("input", { type: "password", name: "password", required: true, minlength: 6, autocomplete: "current-password", "aria-label": "Password", placeholder: "Password" });
  return h("form", { class: "row", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    take(way, { email: email.value, password: password.value });
  } }, email, password, h("button", { type: "submit" }, way.label));
}

/** @param {"followed_series" | "muted_series"} field @param {string} label @param {string} none */
function seriesList(field, label, none) {
  const ids = library.profile[field];
  if (!ids.length) return h("p", { class: "quiet" }, none);
  return h("ul", { role: "list" }, ...ids.map((id) => {
    const name = library.seriesNames.get(id) ?? id;
    return h("li", { class: "row-item" }, h("p", { class: "title" }, name),
      button(label, () => toggleSeries(id, name, field), { "aria-label": `${label}: ${name}` }));
  }));
}

async function forget() {
  if (!await confirmed("Delete everything?", "Your history, interests and series are deleted for good.", "Delete")) return;
  try {
    const { user_id: uid, deleted, at } = await library.forget();
    const lines = { Listener: uid, Engagements: deleted.engagements, Profile: deleted.profile, Summary: deleted.summary, At: at };
    const receipt = h("div", { class: "receipt", tabindex: -1 }, h("h3", {}, "Deleted"),
      h("dl", {}, ...Object.entries(lines).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value === true ? "deleted" : value === false ? "there was none" : String(value))])));
    $("you").querySelector(".danger")?.before(receipt);
    receipt.focus();
  } catch (problem) {
    toast(`Not deleted: ${/** @type {Error} */ (problem).message}.`);
  }
}
