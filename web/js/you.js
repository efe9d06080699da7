// The You page: who listens, what they chose, and what is known of them.

import { toggleSeries } from "./actions.js";
import { auth } from "./auth.js";
import { $, button, confirmed, h, toast } from "./dom.js";
import { interestChips } from "./interests.js";
import { library } from "./library.js";

const STORED = "All that is stored of you: your history, your interests and series, and the summary made of them.";

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
      h("p", {}, h("strong", {}, listener.name), listener.guest && !demo && ". Sign in, and your history comes along to other devices."),
      h("div.chips", {}, ...ways.map((way) => way.form ? emailForm(way) : wayButton(way, demo ? way.label === listener.name : null)))),
    section("Interests", chips),
    section("Series you follow", seriesList("followed_series", "Unfollow", "None yet. The menu of an episode has it.")),
    section("Muted series", seriesList("muted_series", "Unmute", "None.")),
    section("Your data", h("p.quiet", {}, STORED), receipt, button("Delete my data", forget, { class: "danger" })),
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
    const why = code.replace("auth/", "").replaceAll("-", " ");
    if (code !== "auth/popup-closed-by-user") toast(why ? `That did not work: ${why}.` : "That did not work.");
  }
}

/** @param {Way} way */
function emailForm(way) {
  const field = (/** @type {string} */ type, /** @type {string} */ label, /** @type {string} */ autocomplete) =>
    h("input", { type, name: type, required: true, autocomplete, "aria-label": label, placeholder: label });
  const [email, password] = [field("email", "E-mail", "email"), field("password", "Password", "current-password")];
  return h("form.row", { onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    take(way, { email: email.value, password: password.value });
  } }, email, password, h("button", { type: "submit" }, way.label));
}

/** @param {"followed_series" | "muted_series"} field @param {string} label @param {string} none */
function seriesList(field, label, none) {
  const ids = library.profile[field];
  if (!ids.length) return h("p.quiet", {}, none);
  return h("ul", { role: "list" }, ...ids.map((id) => {
    const name = library.seriesNames.get(id) ?? id;
    return h("li.row-item", {}, h("p.title", {}, name),
      button(label, () => toggleSeries(id, name, field), { "aria-label": `${label}: ${name}` }));
  }));
}

/** @param {number | boolean} there */
const was = (there) => there ? "deleted" : "there was none";

async function forget() {
  if (!await confirmed("Delete everything?", "Your history, interests and series are deleted for good.", "Delete")) return;
  try {
    const { user_id: uid, deleted, at } = await library.forget();
    const { engagements, profile, summary } = deleted;
    const lines = { Listener: uid, Engagements: engagements, Profile: was(profile), Summary: was(summary), At: at };
    const receipt = h("div.receipt", { tabindex: -1 }, h("h3", {}, "Deleted"),
      h("dl", {}, ...Object.entries(lines).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])));
    $("you").querySelector(".danger")?.before(receipt);
    receipt.focus();
  } catch (problem) {
    toast(`Not deleted: ${/** @type {Error} */ (problem).message}.`);
  }
}
