// The demo's own line above every page: what this is, who listens, and what ranks. It keeps the last calls for the
// drawer. Only with `make run`, where the demo's listeners have a history.

import { forgetFeed } from "../feed/feed.js";
import { calls } from "../auth/call.js";
import { tab } from "../device.js";
import { button, h, iconButton, redraw, toast } from "../ui/dom.js";
import { language, t, texts } from "../ui/text.js";

const KEPT = 20;
const RANKED = /\/(sessions\/create|home)$/;

/** The newest calls first. @type {Call[]} */
export const kept = [];
/** Emits `change` with each call. */
export const watched = new EventTarget();

/** Sends the request with the chosen scenario, and keeps what was sent and answered. @param {typeof calls.send} send */
function watch(send) {
  calls.send = async (url, init) => {
    const scenario = tab.read("scenario", "");
    const body = scenario && RANKED.test(url) ? JSON.stringify({ scenario, ...JSON.parse(String(init.body)) }) : init.body;
    const from = performance.now();
    const response = await send(url, { ...init, body });
    const { status, headers } = response;
    kept.unshift({
      url: new URL(url, location.href).href, method: init.method ?? "GET", headers: /** @type {any} */ (init.headers), body, status,
      ms: performance.now() - from, parts: headers.get("Server-Timing") ?? "", answer: response.clone().text().catch(() => ""),
    });
    kept.length = Math.min(kept.length, KEPT);
    watched.dispatchEvent(new Event("change"));
    return response;
  };
}

/**
 * Fills the line, for which the server has left a place; on narrow windows with its tour only, until more is asked for.
 * @param {Auth} auth @param {(uid: string) => Promise<void>} becomeGuest @returns {Promise<() => void>} draws it again for another listener
 */
export async function openDemo(auth, becomeGuest) {
  const bar = /** @type {HTMLElement | null} */ (document.querySelector(".demo"));
  if (!bar) return () => {}; // the Lab, which has no place for it
  watch(calls.send);
  let whole = matchMedia("(min-width: 68.75rem)").matches; // as in developer.css
  const failed = () => toast(t("This page cannot be opened just now."));

  /** @param {boolean} all */
  const show = (all) => { whole = all; draw(); bar.querySelector("button")?.focus(); };
  /** @param {string} uid */
  const stay = (uid) => { tab.write("scenario", ""); return becomeGuest(uid); };
  const tour = () => button(t("Two-minute tour"), () => import("./tour.js").then((one) => one.openTour(stay), failed), { class: "strong" });
  /** @param {string} scenario */
  const rankBy = (scenario) => { tab.write("scenario", scenario); draw(); forgetFeed(); location.hash = "#/"; };

  const draw = () => {
    bar.ariaLabel = t("Demo");
    const scenario = tab.read("scenario", "");
    if (!whole) {
      return redraw(bar, h("div.row", {}, tour(), button(scenario ? t("Demo: baseline") : t("Demo"), () => show(true), { class: "plain", "aria-expanded": false })));
    }
    const { name, guest } = auth.listener;
    const lines = /** @type {Record<string, string>} */ ({
      ada: t("The stars and the sea, at length. Follows three shows, and mutes a daily one."),
      ben: t("Runs at six, cooks at eight, and leaves much half heard."),
      cleo: t("Crime after midnight, music before it, and never money."),
    });
    redraw(bar,
      h("div.row", {},
        h("p", {}, h("strong", {}, t("A demo.")), h("span", {}, t("Shows and people are made up, the ranking is real."))),
        tour(),
        button(t("Requests"), () => import("./drawer.js").then((drawer) => drawer.openDrawer(), failed)),
        h("a", { href: "lab.html" }, t("Lab")),
        iconButton("close", t("Show less of the demo"), () => show(false))),
      h("div.row", {},
        h("div.chips", { role: "group", "aria-label": t("Who listens") }, ...auth.ways.map(({ label, go }) =>
          button(label[0].toUpperCase() + label.slice(1), () => go(), { "aria-pressed": label === name }))),
        h("p.quiet", {}, guest ? t("A guest: only what you do here is known.") : lines[name]),
        h("div.chips", { role: "group", "aria-label": t("What ranks the feed") },
          button(t("For You"), () => rankBy(""), { "aria-pressed": !scenario }),
          button(t("Baseline"), () => rankBy("baseline"), { "aria-pressed": !!scenario, title: t("The same feed by quality, age and similarity alone") }))));
  };
  const translated = language === "en" ? null : import(`../../languages/demo-${language}.js`).then((one) => Object.assign(texts, one.default));
  Promise.resolve(translated).then(draw, failed); // the feed does not wait for it
  return draw;
}
