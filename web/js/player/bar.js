// The player at the bottom of every page but its own, and the parts that both have.

import { live, playing, webUrl } from "../episode/actions.js";
import { art } from "../episode/art.js";
import { $, button, h, icon, iconButton, styles } from "../ui/dom.js";
import { count, t, timecode } from "../ui/text.js";
import { at, audio, close, length, next, now, seek, seekable, setSpeed, skip, skips, start, toggle } from "./player.js";

export { play } from "./player.js";

/** @param {() => void} press @param {() => [icon: string, label: string, text?: string]} look */
function changing(press, look) {
  const made = iconButton("", "", press);
  return live(made, () => {
    const [name, label, text] = look();
    if (made.title === label) return;
    made.ariaLabel = made.title = label;
    made.replaceChildren(icon(name), h("span", {}, text));
  });
}

export function controls() {
  const [back, play, ahead] = [
    changing(() => skip(-1), () => ["back", count(skips()[0], "Back one second", "Back {n} seconds"), String(skips()[0])]),
    changing(toggle, () => audio.paused ? ["play", t("Play")] : ["pause", t("Pause")]),
    changing(() => skip(1), () => ["refresh", count(skips()[1], "Forward one second", "Forward {n} seconds"), String(skips()[1])]),
  ];
  play.classList.add("big");
  return live(h("div.controls", { dir: "ltr" }, back, play, ahead), () => {
    for (const one of [back, play, ahead]) one.update();
    play.ariaBusy = String(now.busy);
  });
}

export function seekBar() {
  const made = h("input", { type: "range", dir: "ltr", step: 5, "aria-label": t("Position"), oninput: () => seek(Number(made.value)) }); // an arrow key goes a step
  return live(made, () => {
    const [time, all] = [timecode(at()), timecode(length())];
    made.disabled = !seekable();
    made.max = String(seekable() ? length() : 0);
    made.value = String(at());
    made.setAttribute("aria-valuetext", seekable() ? t("{time} of {length}", { time, length: all }) : time);
  });
}

/** @param {string} label @param {number[]} values @param {(value: number) => string} text @param {(value: number) => void} choose @param {() => number} chosen */
export function choice(label, values, text, choose, chosen) {
  const made = h("select", { title: label, "aria-label": label, onchange: () => choose(Number(made.value)) }, ...values.map((value) => h("option", { value }, text(value))));
  return live(made, () => { made.value = String(chosen()); });
}

export const speedChoice = () => choice(t("Speed"), [0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3],
  (speed) => `${speed.toLocaleString(document.documentElement.lang)}×`, setSpeed, () => audio.playbackRate);

export function trouble() {
  const text = h("p");
  const publisher = h("a", { target: "_blank", rel: "noopener" }, t("Open at the publisher"));
  const made = h("div.trouble", {}, text, button(t("Try again"), () => start()), button(t("Next"), next), publisher);
  return live(made, () => {
    text.textContent = now.problem;
    if (!now.problem && made.contains(document.activeElement)) /** @type {HTMLElement | null} */ (made.parentElement?.querySelector(".big"))?.focus();
    publisher.href = webUrl(now.episode?.url) || webUrl(now.episode?.audio_url);
  });
}

const title = h("p.title", { dir: "auto" });
const series = h("p.facts", { dir: "auto" });
const time = h("span.time", { id: "time", dir: "ltr" });
const link = h("a.now", { href: "#/playing" }, h("div.art"), h("div", {}, title, series));
const [buttons, position, speed, problem] = [controls(), seekBar(), speedChoice(), trouble()];
const bar = h("section.player", { id: "player", "aria-label": t("Player"), tabindex: -1, hidden: true }, link, buttons, h("div.line", {}, position, time),
  h("div.more", {}, speed, iconButton("close", t("Close the player"), () => { close(); $("main").focus({ preventScroll: true }); })), problem);
/** Leads from the button that was pressed to the player, which is at the end of the page. */
const bridge = h("a.skip", { href: "#player", onclick: (/** @type {Event} */ event) => {
  event.preventDefault();
  /** @type {HTMLElement | null} */ ((bar.offsetHeight ? bar : $("playing")).querySelector(".big"))?.focus();
} }, t("To the player"));
/** @type {Episode | null} */
let shown = null;

function draw() {
  const { episode } = now;
  bar.hidden = bridge.hidden = !episode;
  if (episode && shown !== episode) {
    title.textContent = link.title = episode.title;
    series.textContent = episode.series?.name ?? "";
    link.firstElementChild?.replaceWith(art(episode));
    const pressed = document.activeElement;
    if (pressed?.matches("main button")) (pressed.closest("[role=toolbar], .track") ?? pressed).after(bridge);
  }
  shown = episode;
  bar.classList.toggle("failed", !!now.problem);
  for (const part of [buttons, speed, problem]) part.update();
  drawPosition();
}

function drawPosition() {
  position.update();
  bar.style.setProperty("--heard", String(seekable() ? at() / length() : 0));
  time.textContent = length() === Infinity ? t("Live") : `${timecode(at())} / ${timecode(length())}`;
}

/** Tells the heights of what is fixed at the bottom, so that nothing that has the focus is behind it. */
function measure() {
  const nav = /** @type {HTMLElement} */ (document.querySelector("nav"));
  const tabs = getComputedStyle(nav).position === "fixed" ? nav.offsetHeight : 0;
  document.documentElement.style.setProperty("--tabs", `${tabs}px`);
  document.documentElement.style.setProperty("--bars", `${tabs + bar.offsetHeight}px`);
}

$("toast").before(bar);
document.querySelector(".skip")?.after(bridge);
new ResizeObserver(measure).observe(bar);
addEventListener("resize", measure);
playing.addEventListener("change", draw);
playing.addEventListener("position", drawPosition);
draw();
measure();
styles("pages").then(measure);
