// Trending: what rises, who and what is talked about, and the charts of episodes.

import { address, episodeRow, tiles } from "../episode/row.js";
import { categories } from "../feed/interests.js";
import { call } from "../http/call.js";
import { h } from "../ui/dom.js";
import { t } from "../ui/text.js";
import { bars, episodes, numbers, section, view, why } from "./names.js";

export const { show, update } = view("trending", t("Trending"), async (category) => {
  const of = new URLSearchParams({ category });
  /** @param {string} title @param {string} kind */
  const largest = async (title, kind) => {
    const { insights } = await call("GET", `/insights?kind=${kind}&limit=8&${of}`);
    return insights.length ? section(title, tiles(kind, insights.map((/** @type {Insight} */ one) => ({ title: one.name, id: one.name, facts: numbers(one) })))) : "";
  };
  const [all, { insights }, ...others] = await Promise.all([categories(), call("GET", `/insights/trending?${of}`),
    largest(t("People"), "person"), largest(t("Topics"), "topic"), episodes(t("Rising today"), `/trending?limit=5&${of}`),
    episodes(t("Popular this week"), `/popular?limit=5&${of}`), episodes(t("New"), `/new?limit=5&${of}`)]);
  return [category ? t("Trending in {category}", { category }) : t("Trending"),
    h("div.chips", { role: "group", "aria-label": t("Categories") }, ...["", ...all].map((name) =>
      h("a", { href: address("trending", name), "aria-current": name === category ? "page" : null }, name || t("All")))),
    section(t("Rising"), insights.length ? h("ul", { role: "list" }, ...insights.map((/** @type {Insight} */ one) => h("li.risen", {},
      h("div", {}, h("h3", {}, h("a", { href: address(one.kind, one.name) }, one.name)), h("p", {}, why(one)), h("p.facts", {}, numbers(one))),
      bars(one), h("ul", { role: "list" }, ...one.episodes.slice(0, 2).map((episode) => episodeRow(episode))))))
      : h("p.quiet", {}, t("Nothing is heard or published more than usual just now."))),
    ...others];
});
