// The page of the listener.

import { acknowledge } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { auth } from "../auth/auth.js";
import { call, request } from "../auth/call.js";
import { answerOf } from "../http/problem.js";
import { $, button, h, hideToast, link, redraw, toast } from "../ui/dom.js";
import { count, language, LANGUAGES, t } from "../ui/text.js";
import { refresh } from "../feed/feed.js";
import { categories, interestChips } from "../feed/interests.js";
import { library } from "../library/library.js";
import { device } from "../device.js";
import { toggleSeries } from "../episode/menu.js";
import { reset } from "./lists.js";
import { confirmed, leaveRow, section, tell } from "./parts.js";

const EXPORT_MS = 70_000; // the API sends for at most 55 s
const FILE = "earshot.json";

let drawn = ""; // the listener that the page was drawn for
const [followed, muted, topics, receipt] = [h("div"), h("div"), h("div"), h("div")];
const choice = h("select", { "aria-label": t("Topic") });
/** @type {Map<string, string | undefined>} */
const artwork = new Map();

/** Redraws only the lists while the listener is the same: a form may be half filled in. */
export function update() {
  const { listener: { uid, name, guest }, ways, demo, known } = auth();
  redraw(followed, showList("followed_series", t("Unfollow"), t("None yet. The menu of an episode has it.")));
  redraw(muted, showList("muted_series", t("Unmute"), t("None.")));
  redraw(topics, list(library.profile.muted_categories, t("None."), (topic) => h("li.row-item", {}, h("p.title", {}, topic),
    ending(t("Unmute"), topic, () => muteTopic(topic, false)))));
  fetchShows();
  if (!choice.length) categories().then((names) => choice.replaceChildren(...names.map((one) => h("option", {}, one))), () => {}); // the next change tries again
  if (drawn === `${uid} ${name} ${known}`) return;
  drawn = `${uid} ${name} ${known}`;
  receipt.replaceChildren();
  redraw($("you"),
    section(t("Listening as"),
      !demo && h("p", {}, h("strong", {}, name)),
      !demo && guest && h("p", {}, t("Sign in, and your history comes along to other devices.")),
      h("div.chips", {}, ...ways.map((way) => way.form ? emailForm(way)
        : button(way.label, () => take(way), { "aria-pressed": demo ? way.label === name : null })))),
    section(t("Interests"), interestChips(() => acknowledge(t("Your interests are noted."), [t("Refresh"), refresh]))),
    section(t("Shows you follow"), followed),
    section(t("Muted shows"), muted),
    section(t("Muted topics"), topics, h("form.row", { onsubmit: mute }, choice, h("button", { type: "submit" }, t("Mute")))),
    section(t("Language"), h("div.chips", {}, ...Object.entries(LANGUAGES).map(([tag, own]) => languageButton(tag, own)))),
    section(t("Your data"),
      h("p.quiet", {}, t("All that is stored of you: your history, what you saw, your interests, shows, mutes and questions, and the summary made of them.")),
      receipt, h("div.row", {}, button(t("Download my data"), download), button(t("Reset the feed"), reset), button(t("Delete my data"), forget, { class: "danger" }))),
    demo ? h("section", { id: "lab" }, h("h2", {}, t("For developers")), h("p", {}, h("a", { href: "lab.html" }, t("Lab: how a session comes about")))) : "");
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
    if (code !== "auth/popup-closed-by-user") toast(why ? t("Sign-in failed: {why}.", { why }) : t("Sign-in failed."));
  }
}

/** @param {Way} way */
function emailForm(way) {
  const field = (/** @type {string} */ name, /** @type {string} */ type, /** @type {string} */ autocomplete) =>
    h("input", { type, required: true, autocomplete, "aria-label": name, placeholder: name });
  const email = field(t("E-mail"), "email", "email");
  const password = field(t("Password"), "password", "current-password");
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    take(way, { email: email.value, password: password.value });
  };
  return h("form.row", { onsubmit }, email, password, h("button", { type: "submit" }, way.label));
}

/** @param {string[]} ids @param {string} none @param {(id: string) => Node} item */
const list = (ids, none, item) => ids.length ? h("ul", { role: "list" }, ...ids.map(item)) : h("p.quiet", {}, none);

/** @param {string} label @param {string} name @param {() => void} end */
function ending(label, name, end) {
  const made = button(label, () => {
    const row = /** @type {any} */ (made.closest("li"));
    leaveRow(row, row.parentElement, row.closest("section").firstElementChild);
    end();
  }, { "aria-label": `${label}: ${name}` });
  return made;
}

/** @param {SeriesField} field @param {string} label @param {string} none */
const showList = (field, label, none) => list(library.profile[field], none, (id) => {
  const name = library.seriesNames.get(id) ?? t("Unknown show");
  return h("li.row-item", {}, art({ title: name, image_url: artwork.get(id) }),
    h("p.title", {}, link("series", id, name)), ending(label, name, () => toggleSeries(id, name, field)));
});

async function fetchShows() {
  const { followed_series: follows, muted_series: mutes } = library.profile;
  const ids = [...follows, ...mutes].filter((id) => !artwork.has(id)).slice(0, 50);
  if (!ids.length) return;
  for (const id of ids) artwork.set(id, undefined);
  const found = await call("GET", `/series?${new URLSearchParams(ids.map((id) => ["id", id]))}`).catch(() => artwork.clear()); // the next change tries again
  if (!found) return;
  for (const { id, name, image_url } of found.series) {
    artwork.set(id, image_url);
    library.seriesNames.set(id, name);
  }
  update();
}

/** @param {Event} event */
function mute(event) {
  event.preventDefault();
  if (choice.value) muteTopic(choice.value, true);
}

/** @param {string} topic @param {boolean} on */
function muteTopic(topic, on) {
  library.set("muted_categories", topic, on);
  acknowledge(on ? t("Muted: “{name}”.", { name: topic }) : t("No longer muted: “{name}”.", { name: topic }), [t("Undo"), () => library.set("muted_categories", topic, !on)]);
}

/** @param {string} tag @param {string} own what the language calls itself */
const languageButton = (tag, own) => button(own, () => {
  device.write("language", tag);
  location.reload();
}, { lang: tag, "aria-pressed": tag === language });

/** Saves all that is stored of the listener as a file: the whole of it, or nothing. */
async function download() {
  toast(t("Collecting your data…"));
  try {
    await library.outbox.drain(); // so that it is in the file, too
    const answer = await request("/me/export", { signal: AbortSignal.timeout(EXPORT_MS) }, library.outbox.uid);
    const text = answer.ok ? await answer.text() : await answerOf(answer);
    JSON.parse(text); // fails if it is not all there
    const href = URL.createObjectURL(new Blob([text]));
    h("a", { href, download: FILE }).click();
    setTimeout(() => URL.revokeObjectURL(href), EXPORT_MS);
    toast(t("Your data is in the file {name}.", { name: FILE }));
  } catch (error) {
    tell(error, t("No file was saved."), [t("Try again"), download]);
  }
}

async function forget() {
  if (!await confirmed(t("Delete everything?"), t("Your history, interests, shows and mutes are deleted for good."), t("Delete"))) return;
  hideToast();
  try {
    const { deleted: { engagements, profile, summary, conversations }, at } = await library.forget();
    const lines = [
      engagements && count(Number(engagements), "One entry of your history is deleted.", "{n} entries of your history are deleted."),
      profile && t("Your interests, shows and mutes are deleted."),
      summary && t("The summary made of them is deleted."),
      conversations && t("Your questions are deleted."),
      new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(at)),
    ];
    const told = h("div.receipt", { tabindex: -1 }, h("h3", {}, t("Nothing is stored of you any more")), ...lines.map((line) => line && h("p", {}, line)));
    receipt.replaceChildren(told);
    told.focus();
  } catch (problem) {
    tell(problem, t("Not deleted."));
  }
}
