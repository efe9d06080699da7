// The page's elements. Text enters as text: there is no way to pass markup.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K | `${K}.${string}`} selector a tag, and classes behind dots
 * @param {Record<string, unknown>} [traits] `onclick` and the like listen; true, false and null switch an
 *     attribute; the rest are attributes
 * @param {...(Node | string | null | undefined | false | 0)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(selector, traits = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(/** @type {K} */ (tag));
  if (classes.length) element.className = classes.join(" ");
  if (element instanceof HTMLButtonElement) element.type = "button";
  for (const [name, value] of Object.entries(traits)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (typeof value === "boolean" && !name.startsWith("aria-")) element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((one) => one || one === "").map((one) => /** @type {Node | string} */ (one)));
  return element;
}

/** @param {string} tag @param {Record<string, string | number>} [traits] @param {...Node} children */
export function svg(tag, traits = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(traits)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {string} name of icons.svg */
export const icon = (name) =>
  svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `icons.svg#${name}` }));

/** @param {string} name @param {string} label @param {() => void} press @param {Record<string, unknown>} [traits] */
export const iconButton = (name, label, press, traits = {}) =>
  h("button.icon-button", { "aria-label": label, title: label, onclick: press, ...traits }, icon(name));

/** @param {string} text @param {() => void} press @param {Record<string, unknown>} [traits] */
export const button = (text, press, traits = {}) => h("button", { onclick: press, ...traits }, text);

/** @param {string} id @returns {HTMLElement} */
export function $(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} in the page`);
  return found;
}

/** @param {string} text for who hears the page */
export const announce = (text) => { $("live").textContent = text; };

/** @type {number | undefined} */
let leaving;

/** @param {string} text @param {[label: string, press: () => void]} [action] A line at the foot that leaves by itself. */
export function toast(text, action) {
  clearTimeout(leaving);
  const close = () => { $("toast").hidden = true; };
  $("toast").replaceChildren(
    h("span", {}, text),
    ...(action ? [button(action[0], () => { close(); action[1](); })] : []),
    iconButton("close", "Dismiss", close),
  );
  $("toast").hidden = false;
  announce(text);
  const lasting = () => { // as long as it is being used
    if ($("toast").matches(":hover, :focus-within")) leaving = setTimeout(lasting, 3000);
    else close();
  };
  leaving = setTimeout(lasting, 8000);
}

/**
 * @param {string} title @param {string} detail @param {string} yes what is about to be done
 * @returns {Promise<boolean>} whether to
 */
export function confirmed(title, detail, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-label": title },
      h("form", { method: "dialog" },
        h("h2", {}, title), h("p", {}, detail),
        h("div.row", {}, 
          h("button", { type: "submit", value: "" }, "Cancel"), h("button.strong", { type: "submit", value: "yes" }, yes))));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
