// The You page: sign-in, interests, series, and the listener's data.

import { acknowledge } from "../episode/actions.js";
import { auth } from "../auth/auth.js";
import { confirmed } from "../ui/dialog.js";
import { $, button, h, redraw, toast } from "../ui/dom.js";
import { refresh } from "../feed/feed.js";
import { interestChips } from "../feed/interests.js";
import { library } from "../library/library.js";
import { toggleSeries } from "../episode/menu.js";

const STORED = "All that is stored of you: your history, what you saw, your interests and series, and the summary made of them.";

let drawn = ""; // the listener that the page was drawn for
const [followed, muted, receipt] = [h("div"), h("div"), h("div")];

/** @param {string} title @param {...(Node | string)} content */
const section = (title, ...content) => h("section", {}, h("h2", {}, title), ...content);

/** Redraws only the lists while the listener is the same: a form may be half filled in. */
export function update() {
  const { listener: { uid, name, guest }, ways, demo, known } = auth();
  redraw(followed, seriesList("followed_series", "Unfollow", "None yet. The menu of an episode has it."));
  redraw(muted, seriesList("muted_series", "Unmute", "None."));
  if (drawn === `${uid} ${name} ${known}`) return;
  drawn = `${uid} ${name} ${known}`;
  receipt.replaceChildren();
  redraw($("you"),
    section("Listening as",
      demo ? "" : h("p", {}, h("strong", {}, name), guest && ". Sign in, and your history comes along to other devices."),
      h("div.chips", {}, ...ways.map((way) => way.form ? emailForm(way)
        : button(way.label, () => take(way), { "aria-pressed": demo ? way.label === name : null })))),
    section("Interests", interestChips(() => acknowledge("Your interests are noted.", ["Refresh", refresh]))),
    section("Series you follow", followed),
    section("Muted series", muted),
    section("Your data", h("p.quiet", {}, STORED), receipt, button("Delete my data", forget, { class: "danger" })),
    demo ? h("section", { id: "lab" }, h("h2", {}, "For developers"), h("p", {}, h("a", { href: "lab.html" }, "Lab"), ": how a session comes about.")) : "");
}

export { update as show };

/** @param {Way} way @param {Credentials} [fields] */
async function take(way, fields) {
  try {
    // Send first: after signing out it would wait until this listener returns.
    if (!auth().listener.guest) await library.outbox.drain();
    await way.go(fields);
  } catch (error) {
    const code = /** @type {any} */ (error).code ?? "";
    const why = code.replace("auth/", "").replaceAll("-", " ");
    if (code !== "auth/popup-closed-by-user") toast(why ? `Sign-in failed: ${why}.` : "Sign-in failed.");
  }
}

/** @param {Way} way */
function emailForm(way) {
  const email = h("input", { type: "email", required: true, autocomplete: "email", "aria-label": "E-mail", placeholder: "E-mail" });
  const password = h("input", { type: "password", required: true, autocomplete: "current-password", "aria-label": "Password", placeholder: "Password" });
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    take(way, { email: email.value, password: password.value });
  };
  return h("form.row", { onsubmit }, email, password, h("button", { type: "submit" }, "Continue with e-mail"));
}

/** @param {SeriesField} field @param {string} label @param {string} none */
function seriesList(field, label, none) {
  const ids = library.profile[field];
  if (!ids.length) return h("p.quiet", {}, none);
  return h("ul", { role: "list" }, ...ids.map((id) => {
    const name = library.seriesNames.get(id) ?? id;
    return h("li.row-item", {}, h("p.title", {}, name),
      button(label, () => toggleSeries(id, name, field), { "aria-label": `${label}: ${name}` }));
  }));
}

async function forget() {
  if (!await confirmed("Delete everything?", "Your history, interests and series are deleted for good.", "Delete")) return;
  try {
    const { user_id: uid, deleted: { engagements, profile, summary }, at } = await library.forget();
    const [was, none] = ["deleted", "there was none"];
    const lines = { Listener: uid, Engagements: engagements, Profile: profile ? was : none, Summary: summary ? was : none, At: new Date(at).toLocaleString("en") };
    const told = h("div.receipt", { tabindex: -1 }, h("h3", {}, "Deleted"),
      h("dl", {}, ...Object.entries(lines).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])));
    receipt.replaceChildren(told);
    told.focus();
  } catch (problem) {
    toast(`Not deleted: ${/** @type {Error} */ (problem).message}.`);
  }
}
