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

/** @param {Episode} episode @param {() => void} refresh how to see the feed bend */
export function card(episode, refresh) {
  const { id, title, language: lang } = episode;
  const series = episode.series?.name ?? episode.series?.id ?? "";
  const url = webUrl(episode.url);
  const heading = h("h2", { class: "title", tabindex: -1, lang },
    url ? h("a", { href: url, target: "_blank", rel: "noopener", onclick: () => opened(episode) }, title) : title);
  const facts = h("p", { class: "facts" });
  const started = playButton(episode);
  const saved = toggle("bookmark", "Save", "Saved.");
  const liked = toggle("like", "Like", "Noted: more like this.");
  const refused = iconButton("refuse", `Not interested: ${title}`, () => leave(() => library.record("not_interested", episode)));
  const more = iconButton("more", `More: ${title}`, menu, { "aria-haspopup": "true" });
  const why = h("div", { class: "why" });
  const alike = h("section", { class: "alike", "aria-label": `More like ${title}` });
  const reason = h("button", { type: "button", class: "reason", "aria-expanded": "false", onclick: explain },
    icon("spark"), h("span", { class: "reason-text" }, episode.reason?.text || "For you"), h("span", { class: "ask" }, "Why this?"));
  why.hidden = alike.hidden = true;
  const article = h("article", { "aria-label": title },
    art(episode),
    h("div", { class: "head" }, series && h("p", { class: "series" }, series), heading, facts),
    h("div", { class: "body" },
      h("p", { class: "insight", lang }, episode.key_insight ?? episode.description ?? ""), reason, why,
      h("div", { class: "actions" }, started, saved, liked, refused, more), alike));
  const goneText = h("span", {});
  const undo = button("Undo", bringBack);
  const gone = h("p", { class: "gone" }, goneText, undo);
  const item = h("li", { class: "card", "data-id": id }, article, gone);
  let left = false; // by this card's own button: only then it says so

  /** @param {EngagementType} type @param {string} label @param {string} done */
  function toggle(type, label, done) {
    return iconButton(type, `${label}: ${title}`, () => { if (library.toggle(type, episode)) toast(done, ["Refresh", refresh]); });
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
        [follows ? "check" : "plus", `${follows ? "Unfollow" : "Follow"} ${series}`, () => toggleSeries(of, series, "followed_series")],
        ["mute", `Mute ${series}`, () => leave(() => toggleSeries(of, series, "muted_series"))],
      ]) : []),
    ]);
  }

  async function showAlike() {
    alike.hidden = false;
    const close = iconButton("close", "Close", () => { alike.hidden = true; more.focus(); });
    const top = h("h3", { tabindex: -1 }, "More like this");
    const list = h("ul", { role: "list" }, h("li", { class: "quiet" }, "Looking…"));
    alike.replaceChildren(h("div", { class: "row" }, top, close), list);
    top.focus();
    try {
      const { episodes } = await call("GET", `/episodes/${encodeURIComponent(id)}/similar?limit=${ALIKE}`);
      list.replaceChildren(...episodes.map(episodeRow));
      if (!episodes.length) list.append(h("li", { class: "quiet" }, "Nothing is like it."));
      announce(`${episodes.length} episodes like ${title}.`);
    } catch (problem) {
      list.replaceChildren(h("li", { class: "quiet" }, `${/** @type {Error} */ (problem).message}. `, button("Try again", showAlike)));
    }
  }

  /** @param {() => unknown} how */
  function leave(how) {
    left = true;
    how();
    undo.focus();
  }

  function bringBack() {
    library.engagements.filter((one) => one.type === "not_interested" && one.episode_id === id).forEach((one) => library.remove(one));
    if (episode.series && library.has("muted_series", episode.series.id)) library.set("muted_series", episode.series.id, false);
    left = false;
    refused.focus();
  }

  return live(item, () => {
    const minutes = duration(episode.duration_s);
    const topics = (episode.categories?.major ?? []).slice(0, 2);
    facts.textContent = [age(episode.published_at), minutes, episode.explicit && "Explicit", ...topics].filter(Boolean).join(" · ");
    started.update();
    saved.setAttribute("aria-pressed", String(!!library.did("bookmark", id)));
    liked.setAttribute("aria-pressed", String(!!library.did("like", id)));
    const muted = !!episode.series && library.has("muted_series", episode.series.id);
    const away = muted || !!library.did("not_interested", id);
    article.hidden = away;
    gone.hidden = !away;
    item.hidden = away && !left;
    goneText.textContent = muted ? `Muted: “${series}”.` : `Noted: less like “${title}”.`;
  });
}

export const skeleton = () => h("li", { class: "card skeleton", "aria-hidden": "true" },
  h("div", { class: "article" }, h("div", { class: "art" }), h("div", { class: "head" }, h("p", {}), h("p", {}), h("p", {})), h("div", { class: "body" }, h("p", {}), h("p", {}))));
