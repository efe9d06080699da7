// An episode of the feed.

import { live, openMenu, opened, playButton, share, toggleSeries, webUrl } from "./actions.js";
import { call } from "./api.js";
import { art } from "./art.js";
import { announce, button, h, icon, iconButton, toast } from "./dom.js";
import { library } from "./library.js";
import { episodeRow } from "./row.js";
import { whyPanel } from "./why.js";
import { age, duration } from "./words.js";

const ALIKE = 5;

/** @typedef {import("./actions.js").Live} Live */

/** @param {Episode} episode @param {() => void} refresh how to see the feed bend */
export function card(episode, refresh) {
  const { id, title, language: lang } = episode;
  const series = episode.series?.name ?? episode.series?.id ?? "";
  const url = webUrl(episode.url);
  const heading = h("h2.title", { tabindex: -1, lang },
    url ? h("a", { href: url, target: "_blank", rel: "noopener", onclick: () => opened(episode) }, title) : title);
  const facts = h("p.facts", {});
  const started = playButton(episode);
  const saved = toggle("bookmark", "Save", "Saved.");
  const liked = toggle("like", "Like", "Noted: more like this.");
  const refuse = () => leave(() => library.record("not_interested", episode));
  const refused = iconButton("refuse", `Not interested: ${title}`, refuse);
  const more = iconButton("more", `More: ${title}`, menu, { "aria-haspopup": "true" });
  const why = h("div.why", {});
  const alike = h("section.alike", { "aria-label": `More like ${title}` });
  const reason = h("button.reason", { "aria-expanded": "false", onclick: explain},
    icon("spark"), h("span.reason-text", {}, episode.reason?.text || "For you"),
    h("span.ask", {}, "Why this?"));
  why.hidden = alike.hidden = true;
  const article = h("article", { "aria-label": title },
    art(episode),
    h("div.head", {}, series && h("p.series", {}, series), heading, facts),
    h("div.body", {},
      h("p.insight", { lang }, episode.key_insight ?? episode.description ?? ""), reason, why,
      h("div.actions", {}, started, saved, liked, refused, more), alike));
  const goneText = h("span", {});
  const undo = button("Undo", bringBack);
  const gone = h("p.gone", {}, goneText, undo);
  const item = h("li.card", { "data-id": id }, article, gone);
  let left = false; // by this card's own button: only then it says so

  /** @param {EngagementType} type @param {string} label @param {string} done */
  function toggle(type, label, done) {
    return iconButton(type, `${label}: ${title}`, () => {
      if (library.toggle(type, episode)) toast(done, ["Refresh", refresh]);
    });
  }

  function explain() {
    if (!why.firstChild) why.append(whyPanel(episode));
    why.hidden = !why.hidden;
    reason.setAttribute("aria-expanded", String(!why.hidden));
  }

  function menu() {
    const of = episode.series?.id;
    const follows = !!of && library.has("followed_series", of);
    openMenu(more, title, [
      ["share", "Share", () => share(episode)],
      ["similar", "More like this", showAlike],
      ...(of ? /** @type {[string, string, () => void][]} */ ([
        [follows ? "check" : "plus", `${follows ? "Unfollow" : "Follow"} ${series}`,
          () => toggleSeries(of, series, "followed_series")],
        ["mute", `Mute ${series}`, () => leave(() => toggleSeries(of, series, "muted_series"))],
      ]) : []),
    ]);
  }

  async function showAlike() {
    alike.hidden = false;
    const close = iconButton("close", "Close", () => { alike.hidden = true; more.focus(); });
    const top = h("h3", { tabindex: -1 }, "More like this");
    const list = h("ul", { role: "list" }, h("li.quiet", {}, "Looking…"));
    alike.replaceChildren(h("div.row", {}, top, close), list);
    top.focus();
    try {
      const { episodes } = await call("GET", `/episodes/${encodeURIComponent(id)}/similar?limit=${ALIKE}`);
      list.replaceChildren(...episodes.map(episodeRow));
      if (!episodes.length) list.append(h("li.quiet", {}, "Nothing is like it."));
      announce(`${episodes.length} episodes like ${title}.`);
    } catch (problem) {
      const { message } = /** @type {Error} */ (problem);
      list.replaceChildren(h("li.quiet", {}, `${message}. `, button("Try again", showAlike)));
    }
  }

  const isMuted = () => !!episode.series && library.has("muted_series", episode.series.id);

  /** @param {() => unknown} how */
  function leave(how) {
    left = true;
    how();
    undo.focus();
  }

  function bringBack() {
    if (library.did("not_interested", id)) library.toggle("not_interested", episode);
    if (isMuted()) library.set("muted_series", episode.series?.id ?? "", false);
    left = false;
    refused.focus();
  }

  return live(item, () => {
    const heard = library.did("listen", id)?.progress;
    const topics = (episode.categories?.major ?? []).slice(0, 2);
    const part = heard && `${Math.round(100 * heard)}% heard`;
    facts.textContent = [age(episode.published_at), duration(episode.duration_s), part,
      episode.explicit && "Explicit", ...topics].filter(Boolean).join(" · ");
    started.update();
    for (const one of alike.querySelectorAll("li")) if ("update" in one) /** @type {Live} */ (one).update();
    saved.setAttribute("aria-pressed", String(!!library.did("bookmark", id)));
    liked.setAttribute("aria-pressed", String(!!library.did("like", id)));
    const muted = isMuted();
    const away = muted || !!library.did("not_interested", id);
    article.hidden = away;
    gone.hidden = !away;
    item.hidden = away && !left;
    goneText.textContent = muted ? `Muted: “${series}”.` : `Noted: less like “${title}”.`;
  });
}

export const skeleton = () => h("li.card.skeleton", { "aria-hidden": "true" },
  h("div.article", {}, h("div.art"), h("div.head", {}, h("p"), h("p"), h("p")), h("div.body", {}, h("p"), h("p"))));
