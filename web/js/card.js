// An episode of the feed.

import { acknowledge, link, live, openMenu, playButton, share, toggleButton, toggleSeries, webUrl } from "./actions.js";
import { call } from "./api.js";
import { art } from "./art.js";
import { announce, button, h, icon, iconButton } from "./dom.js";
import { library } from "./library.js";
import { age, duration, joined } from "./words.js";

const SIMILAR_COUNT = 5;

/** @param {Episode} episode @param {() => void} refresh shows a new session */
export function card(episode, refresh) {
  const { id, title, language: lang } = episode;
  const of = episode.series?.id ?? "";
  const series = episode.series?.name ?? of;
  const heading = h("h2.title", { tabindex: -1, lang }, webUrl(episode.url) ? link(episode, {}, title) : title);
  const facts = h("p.facts");
  const started = playButton(episode);
  const saved = toggleButton("bookmark", episode, () => acknowledge("Saved.", ["Refresh", refresh]));
  const liked = toggleButton("like", episode, () => acknowledge("Noted: more like this.", ["Refresh", refresh]));
  const disliked = iconButton("refuse", `Not interested: ${title}`, () => leave(() => library.record("not_interested", episode)));
  const more = iconButton("more", `More: ${title}`, menu, { "aria-haspopup": "true" });
  const why = h("div.why", { hidden: true });
  const alike = h("section.alike", { "aria-label": `More like ${title}`, hidden: true });
  const reason = h("button.reason", { "aria-expanded": "false", onclick: explain },
    icon("spark"), h("span.reason-text", {}, episode.reason?.text || "For you"), h("span.ask", {}, "Why this?"));
  const article = h("article", { "aria-label": title },
    art(episode),
    h("div.head", {}, series && h("p.series", {}, series), heading, facts),
    h("div.body", {},
      h("p.insight", { lang }, episode.key_insight ?? episode.description), reason, why,
      h("div.actions", {}, started, saved, liked, disliked, more), alike));
  const goneText = h("span");
  const undo = button("Undo", restore);
  const gone = h("p.gone", {}, goneText, undo);
  const item = h("li.card", { "data-id": id }, article, gone);
  let left = false; // whether this card's own button hid it: only then it says so

  async function explain() {
    const { whyPanel } = await import("./why.js");
    if (!why.firstChild) why.append(whyPanel(episode));
    why.hidden = !why.hidden;
    reason.ariaExpanded = String(!why.hidden);
  }

  function menu() {
    const follows = library.has("followed_series", of);
    /** @type {MenuItem[]} */
    const items = [["share", "Share", () => share(episode)], ["similar", "More like this", showSimilar]];
    if (of) {
      items.push(
        [follows ? "check" : "plus", `${follows ? "Unfollow" : "Follow"} ${series}`, () => toggleSeries(of, series, "followed_series")],
        ["mute", `Mute ${series}`, () => leave(() => toggleSeries(of, series, "muted_series"))]);
    }
    openMenu(more, title, items);
  }

  async function showSimilar() {
    const close = iconButton("close", "Close", () => { alike.hidden = true; more.focus(); });
    const top = h("h3", { tabindex: -1 }, "More like this");
    const list = h("ul", { role: "list" }, h("li.quiet", {}, "Looking…"));
    alike.replaceChildren(h("div.row", {}, top, close), list);
    alike.hidden = false;
    top.focus();
    try {
      const [{ episodes }, { episodeRow }] = await Promise.all([
        call("GET", `/episodes/${encodeURIComponent(id)}/similar?limit=${SIMILAR_COUNT}`), import("./row.js")]);
      list.replaceChildren(...episodes.map(episodeRow));
      if (!episodes.length) list.append(h("li.quiet", {}, "Nothing is like it."));
      announce(`${episodes.length} episodes like ${title}.`);
    } catch (problem) {
      const { message } = /** @type {Error} */ (problem);
      list.replaceChildren(h("li.quiet", {}, `${message}. `, button("Try again", showSimilar)));
    }
  }

  /** @param {() => void} how */
  function leave(how) {
    left = true;
    how();
    undo.focus();
  }

  function restore() {
    if (library.did("not_interested", id)) library.toggle("not_interested", episode);
    if (library.has("muted_series", of)) library.set("muted_series", of, false);
    left = false;
    disliked.focus();
  }

  return live(item, () => {
    const heard = library.did("listen", id)?.progress;
    facts.textContent = joined([age(episode.published_at), duration(episode.duration_s, heard),
      episode.explicit && "Explicit", ...(episode.categories?.major ?? []).slice(0, 2)]);
    for (const one of [started, saved, liked, ...alike.querySelectorAll(".row-item")]) /** @type {Live} */ (one).update();
    const muted = library.has("muted_series", of);
    const away = muted || !!library.did("not_interested", id);
    article.hidden = away;
    gone.hidden = !away;
    item.hidden = away && !left;
    goneText.textContent = muted ? `Muted: “${series}”.` : `Noted: less like “${title}”.`;
  });
}
