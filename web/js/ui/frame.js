// The texts of index.html in another language than English.

const ATTRIBUTES = ["aria-label", "title", "placeholder"];

/** @param {(english: string) => string} t */
export function translate(t) {
  const templates = [...document.querySelectorAll("template")].map(({ content }) => content);
  for (const root of [document.body, ...templates]) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = /** @type {Text} */ (walker.currentNode);
      const english = node.data.trim();
      if (english) node.data = node.data.replace(english, () => t(english));
    }
    for (const name of ATTRIBUTES) {
      for (const one of root.querySelectorAll(`[${name}]`)) one.setAttribute(name, t(one.getAttribute(name) ?? ""));
    }
  }
}
