// The views, by the address behind the #, up to a question mark: one is visible, the others keep their state.

import { $ } from "./dom.js";

/** @param {Record<string, View>} views by name; the first is the one at "#/" @param {() => void} leave called before a view is hidden */
export function startRouter(views, leave) {
  const [home] = Object.keys(views);
  /** @type {Record<string, number>} */
  const places = {};
  let current = "";

  function go() {
    if (current && /^#[^/]/.test(location.hash)) return; // within the view
    const name = Object.keys(views).find((one) => location.hash.split("?")[0] === `#/${one}`) ?? home;
    if (name === current) return;
    const first = !current;
    places[current] = scrollY;
    current = name;
    for (const one of Object.keys(views)) $(`view-${one}`).hidden = one !== name;
    for (const link of document.querySelectorAll("nav a")) {
      const here = link.getAttribute("href") === `#/${name === home ? "" : name}`;
      link.ariaCurrent = here ? "page" : null;
    }
    document.title = `${views[name].title} · Earshot`;
    views[name].show();
    if (first) return;
    scrollTo({ top: places[name] ?? 0, behavior: "instant" });
    $(`${name}-title`).focus({ preventScroll: true });
  }

  history.scrollRestoration = "manual";
  for (const link of document.querySelectorAll("nav a")) {
    link.addEventListener("click", () => { if (link.ariaCurrent) scrollTo({ top: 0 }); });
  }
  // The hash has changed, the visible view has not: save its state first.
  addEventListener("hashchange", () => { leave(); go(); });
  go();
}
