// The two-minute tour: a new listener likes three episodes, the feed changes, and says why. All of it is answered by the API.

import { art } from "../episode/art.js";
import { whyPanel } from "../episode/why.js";
import { call } from "../auth/call.js";
import { Problem } from "../http/problem.js";
import { button, h, iconButton } from "../ui/dom.js";
import { count, joined, t, told } from "../ui/text.js";

const PLACES = 10;
const LIKES = 3;
const EXPLAINED = 3;

/** @param {Episode} episode @param {string} mark @param {...(Node | string)} more */
const place = (episode, mark, ...more) => h("li", { class: mark && "marked" }, art(episode),
  h("div.told", {}, h("p.title", {}, episode.title), h("p.facts", {}, joined([episode.series?.name, episode.categories?.major?.[0]])), mark && h("span.mark", {}, mark)), ...more);

/** @param {(uid: string) => Promise<void>} stay goes on as the tour's listener */
export function openTour(stay) {
  const uid = `tour-${crypto.randomUUID().slice(0, 8)}`;
  const as = { headers: { "X-Demo-User": uid } };
  /** @returns {Promise<SessionPage>} */
  const rank = () => call("POST", "/sessions/create", { limit: PLACES, trace: true, scenario: "for_you" }, as);
  const dialog = h("dialog.tour", { "aria-labelledby": "tour-title", onclose: () => dialog.remove() });

  /** @param {number} number @param {string} title @param {string} text @param {...Node} content */
  function step(number, title, text, ...content) {
    const heading = h("h2", { id: "tour-title", tabindex: -1 }, title);
    dialog.replaceChildren(
      h("div.row", {}, h("p.quiet", {}, t("Step {n} of 3", { n: number })), iconButton("close", t("Close"), () => dialog.close())),
      heading, h("p", {}, text), ...content);
    dialog.scrollTop = 0;
    heading.focus();
  }

  /** Does something, or says why it failed. @param {() => Promise<void>} work */
  async function attempt(work) {
    dialog.setAttribute("aria-busy", "true");
    await work().catch((error) => step(1, t("That did not work"), Problem.of(error).message,
      h("div.row", {}, button(t("Try again"), () => attempt(work), { class: "strong" }))));
    dialog.removeAttribute("aria-busy");
  }

  const like = async () => {
    const before = await rank();
    /** @type {Set<Episode>} */
    const liked = new Set();
    const next = button("", () => attempt(() => bend(before.episodes, [...liked])), { class: "strong", disabled: true });
    const label = () => {
      const left = LIKES - liked.size;
      next.disabled = left > 0;
      next.textContent = left > 0 ? count(left, "Like one more", "Like {n} more") : t("See what changes");
    };
    const hearts = before.episodes.map((one) => {
      const heart = iconButton("like", t("Like: {title}", { title: one.title }), () => {
        if (!liked.delete(one)) liked.add(one);
        heart.setAttribute("aria-pressed", String(liked.has(one)));
        label();
      }, { "aria-pressed": false });
      return place(one, "", heart);
    });
    label();
    step(1, t("Like three episodes"), t("This is a new listener's feed: nothing is known about them yet. Like three that have something in common."),
      h("ol", {}, ...hearts), h("div.row.foot", {}, next));
  };

  /** @param {Episode[]} before @param {Episode[]} liked */
  const bend = async (before, liked) => {
    for (const { id } of liked) await call("POST", "/me/engagements", { id: `${uid}-${id}`, episode_id: id, type: "like" }, as);
    const after = await rank();
    const [was, is] = [before, after.episodes].map((all) => all.map(({ id }) => id));
    const entered = after.episodes.filter(({ id }) => !was.includes(id));
    /** @param {Episode} one @param {number} at */
    const moved = ({ id }, at) => was[at] === id ? "" : was.includes(id) ? t("was {n}", { n: was.indexOf(id) + 1 }) : t("new");
    step(2, t("The feed bends"), count(entered.length, "One of {all} places has another episode, three likes later.",
      "{n} of {all} places have another episode, three likes later.", { all: is.length }),
    h("div.sides", {},
      h("section", {}, h("h3", {}, t("Before")), h("ol", {}, ...before.map((one) =>
        place(one, liked.includes(one) ? t("liked") : is.includes(one.id) ? "" : t("left"))))),
      h("section", {}, h("h3", {}, t("After")), h("ol", {}, ...after.episodes.map((one, at) => place(one, moved(one, at)))))),
    h("div.row.foot", {}, button(t("See why"), () => explain(after, entered), { class: "strong" })));
  };

  /** @param {SessionPage} after @param {Episode[]} entered */
  const explain = ({ episodes, trace }, entered) => {
    const shown = entered.slice(0, EXPLAINED).map((one) => {
      const at = episodes.indexOf(one);
      const parts = Object.entries(trace?.parts ?? {}).map(([name, given]) => ({ name, given: given[at] })).filter(({ given }) => Math.abs(given) >= 0.005);
      const why = trace && { parts, sources: trace.proposed_by[at] };
      return h("section", {}, h("h3", {}, one.title), h("p", {}, one.reason ? told("reason", one.reason) : ""), h("div.why", {}, whyPanel({ ...one, why })));
    });
    step(3, t("And says why"), t("Each place has a reason, and a score whose parts add up. No other service was asked: one document of this listener was read, and the catalog was ranked in memory."),
      ...shown,
      h("div.row.foot", {}, button(t("Once more"), () => dialog.close() ?? openTour(stay)),
        button(t("Go on as this listener"), () => { dialog.close(); location.hash = "#/"; stay(uid); }, { class: "strong" })));
  };

  document.body.append(dialog);
  dialog.showModal();
  attempt(like);
}
