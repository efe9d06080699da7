// The drawer for developers: the last calls, each with its times, what was sent and what was answered, as curl, too.

import { button, h, iconButton, redraw, toast } from "../ui/dom.js";
import { count, t } from "../ui/text.js";
import { kept, watched } from "./demo.js";

const CLAMPED = 3_000; // characters of an answer that are shown at first
/** What is never copied: a shell puts its own in place. @type {Record<string, string>} */
const SECRETS = { "authorization": "Bearer $TOKEN", "x-firebase-appcheck": "$APP_CHECK_TOKEN" };

/** The command that repeats a call in a shell, without its secrets. @param {Call} call */
export function curl({ method, url, headers, body }) {
  const quoted = (/** @type {unknown} */ text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  const named = Object.entries(headers).map(([name, value]) =>
    SECRETS[name.toLowerCase()] ? `-H "${name}: ${SECRETS[name.toLowerCase()]}"` : `-H ${quoted(`${name}: ${value}`)}`);
  const form = body instanceof FormData && [...body.keys()].map((name) => `-F ${quoted(`${name}=@file`)}`);
  const implied = method === (body ? "POST" : "GET");
  const sent = form || (body ? [`-d ${quoted(body)}`] : []);
  return ["curl -s", ...(implied ? [] : [`-X ${method}`]), quoted(url), ...named, ...sent].join(" ");
}

/** @param {string} text @returns {HTMLElement} the text, indented if it is JSON, its end shown when asked for */
function source(text) {
  let all = text;
  try { all = JSON.stringify(JSON.parse(text), null, 2); } catch { /* a stream of events, or nothing */ }
  const pre = h("pre", { tabindex: 0, dir: "ltr" }, all.slice(0, CLAMPED));
  const more = all.length > CLAMPED && button(count(all.length - CLAMPED, "Show one more character", "Show {n} more characters"), () => {
    pre.textContent = all;
    more && more.remove();
    pre.focus();
  });
  return h("div", {}, pre, more);
}

/** @param {Call} call */
function entry(call) {
  const { method, url, status, ms, parts, body, answer } = call;
  const path = url.replace(/^.*?\/api/, "");
  const size = h("span", { dir: "auto" });
  answer.then((text) => { size.textContent = t("{n} KB", { n: (new Blob([text]).size / 1000).toFixed(1) }); });
  const details = h("details", { ontoggle: async () => {
    if (details.children.length > 1) return;
    details.append(h("div.row", {}, button(t("Copy as curl"), async () => {
      await navigator.clipboard.writeText(curl(call)).then(() => toast(t("Copied.")), () => toast(t("This browser does not let the page copy.")));
    })), h("p.quiet", {}, parts.replace(/;dur=([\d.]+)/g, (_, ms) => ` ${Number(ms).toFixed(1)} ms`)));
    if (body) details.append(h("h3", {}, t("Sent")), body instanceof FormData ? h("p", {}, [...body.keys()].join(", ")) : source(String(body)));
    details.append(h("h3", {}, t("Answered")), source(await answer));
  } }, h("summary", {}, h("strong", {}, method), h("code", {}, path), h("span", { class: status < 400 ? "" : "bad" }, String(status)),
    h("span", {}, t("{n} ms", { n: Math.round(ms) })), size));
  return details;
}

/** @type {HTMLElement | null} */
let open = null;

/** Opens the drawer beside the page, which stays usable. */
export function openDrawer() {
  if (open) return open.querySelector("h2")?.focus();
  const back = /** @type {HTMLElement | null} */ (document.activeElement);
  /** What is drawn already, so that it stays open. @type {Map<Call, HTMLElement>} */
  const drawn = new Map();
  const list = h("div");
  const draw = () => redraw(list, ...kept.map((one) => {
    const item = drawn.get(one) ?? entry(one);
    drawn.set(one, item);
    return item;
  }));
  const close = () => {
    watched.removeEventListener("change", draw);
    open?.remove();
    open = null;
    back?.focus();
  };
  const title = h("h2", { tabindex: -1 }, t("Requests"));
  open = h("aside.drawer", { "aria-label": t("Requests"), onkeydown: (/** @type {KeyboardEvent} */ { key }) => { if (key === "Escape") close(); } },
    h("div.row", {}, title, iconButton("close", t("Close"), close)),
    h("p.quiet", {}, t("The last calls behind what is on the screen, the newest first.")), list);
  watched.addEventListener("change", draw);
  draw();
  document.body.append(open);
  title.focus();
}
