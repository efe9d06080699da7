// An episode of the feed.

import { label, live, playButton, toggleButton } from "./actions.js";
import { art } from "./art.js";
import { button, h, hideToast, icon, iconButton, link, rovingTabindex, styles } from "../ui/dom.js";
import { library } from "../library/library.js";
import { age, duration, joined, t, told } from "../ui/text.js";

/** @param {Episode} episode @param {() => void} refresh shows a new session */
export function card(episode, refresh) {
  const { id, title, language: lang } = episode;
  const of = episode.series?.id ?? "";
  const series = episode.series?.name ?? of;
  const heading = h("h2.title", { tabindex: -1, lang }, link("episode", id, title));
  const facts = h("p.facts", { dir: "auto" });
  const started = playButton(episode);
  const [saved, liked] = [toggleButton("bookmark", episode, [t("Refresh"), refresh]), toggleButton("like", episode, [t("Refresh"), refresh])];
  const disliked = iconButton("refuse", label(t("Not interested"), episode), () => leave(() => library.record("not_interested", episode)));
  const more = iconButton("more", label(t("More"), episode), menu, { "aria-haspopup": "true" });
  const why = h("div.why", { hidden: true });
  const reason = h("button.reason", { "aria-expanded": "false", onclick: explain },
    icon("spark"), h("span.reason-text", {}, episode.reason ? told("reason", episode.reason) : t("For you")), h("span.ask", {}, t("Why this?")));
  const article = h("article", { "aria-label": title },
    art(episode),
    h("div.head", {}, series && h("p.series", {}, of ? link("series", of, series) : series), heading, facts),
    h("div.body", {},
      h("p.insight", { lang }, episode.key_insight ?? episode.description), reason, why,
      rovingTabindex(h("div.actions", { role: "toolbar", "aria-label": title }, started, saved, liked, disliked, more))));
  const goneText = h("span");
  const undo = button(t("Undo"), restore);
  const gone = h("p.gone", {}, goneText, undo);
  const item = h("li.card", { "data-id": id }, article, gone);
  let left = false; // whether this card's own button hid it: only then it says so

  async function explain() {
    const [{ whyPanel }] = await Promise.all([import("./why.js"), styles("pages")]);
    if (!why.firstChild) why.append(whyPanel(episode));
    why.hidden = !why.hidden;
    reason.ariaExpanded = String(!why.hidden);
  }

  async function menu() {
    const { openEpisodeMenu } = await import("./menu.js");
    openEpisodeMenu(episode, more, leave);
  }

  /** @param {() => void} how */
  function leave(how) {
    left = true;
    how();
    undo.focus();
  }

  function restore() {
    hideToast();
    if (library.did("not_interested", id)) library.toggle("not_interested", episode);
    if (library.has("muted_series", of)) library.set("muted_series", of, false);
    left = false;
    disliked.focus();
  }

  return live(item, () => {
    const heard = library.did("listen", id)?.progress;
    facts.textContent = joined([age(episode.published_at), duration(episode.duration_s, heard),
      episode.explicit && t("Explicit"), ...(episode.categories?.major ?? []).slice(0, 2)]);
    for (const one of [started, saved, liked]) one.update();
    const muted = library.has("muted_series", of);
    const away = muted || !!library.did("not_interested", id);
    article.hidden = away;
    gone.hidden = !away;
    item.hidden = away && !left;
    goneText.textContent = muted ? t("Muted: “{name}”.", { name: series }) : t("Noted: less like “{title}”.", { title });
  });
}
