// The views, by the address behind the #: `#/view/key?query`. One is visible, the others keep their state.

import { $, h } from "./ui/dom.js";

function address() {
  const [, name, ...rest] = location.hash.split("?")[0].split("/");
  const encoded = rest.join("/");
  try {
    return { name, key: decodeURIComponent(encoded) };
  } catch { // no valid encoding
    return { name, key: encoded };
  }
}

/** The section of a view that index.html does not have. @param {string} name @param {string} title */
const section = (name, title) => h("section", { id: `view-${name}`, "aria-labelledby": `${name}-title`, hidden: true },
  h("h1", { id: `${name}-title`, tabindex: -1 }, title), h("div", { id: name }));

/** @param {string} name of the view @param {string} title */
export function entitle(name, title) {
  $(`${name}-title`).textContent = title;
  if (!$(`view-${name}`).hidden) document.title = `${title} · Earshot`;
}

/** @param {Record<string, View>} views by name; the first is the one at "#/" @param {() => void} leave called before a view is hidden */
export function startRouter(views, leave) {
  const [home] = Object.keys(views);
  /** @type {Record<string, number>} */
  const places = {};
  let current = "";
  $("main").append(...Object.entries(views).slice(1).map(([name, { title }]) => section(name, title)));

  async function go() {
    if (current && /^#[^/]/.test(location.hash)) return; // within the view
    const at = address();
    const name = Object.hasOwn(views, at.name) ? at.name : home;
    const here = `${name}/${at.key}`;
    if (here === current) return;
    const first = !current;
    places[current] = scrollY;
    current = here;
    const { title, show } = views[name];
    for (const one of Object.keys(views)) $(`view-${one}`).hidden = one !== name;
    for (const link of document.querySelectorAll("nav a")) {
      const target = link.getAttribute("href") === `#/${name === home ? "" : name}`;
      link.ariaCurrent = target ? "page" : null;
    }
    $("back").hidden = !!document.querySelector("nav [aria-current]");
    document.title = `${title} · Earshot`;
    const drawn = show(at.key);
    if (first) return;
    $(`${name}-title`).focus({ preventScroll: true });
    scrollTo({ top: places[here] ?? 0, behavior: "instant" });
    await drawn;
    if (here === current && places[here]) scrollTo({ top: places[here], behavior: "instant" }); // it was too short before
  }

  history.scrollRestoration = "manual";
  $("back").onclick = () => history.length > 1 ? history.back() : location.hash = "";
  for (const link of document.querySelectorAll("nav a")) {
    link.addEventListener("click", () => { if (link.ariaCurrent) scrollTo({ top: 0 }); });
  }
  // The hash has changed, the visible view has not: save its state first.
  addEventListener("hashchange", () => { leave(); go(); });
  go();
}
