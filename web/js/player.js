// The player: one audio element. What is heard is recorded as `listen` with its progress, the end as `complete`.

import { art } from "./art.js";
import { $, h, icon, iconButton, toast } from "./dom.js";
import { library } from "./library.js";
import { timecode } from "./words.js";

const STEP_S = 30; // between two records of progress
const FINISHED = 0.97; // credits are not listened to
const SPEEDS = [1, 1.25, 1.5, 2];

const audio = new Audio();
audio.preload = "metadata";
export const playing = new EventTarget();
/** @type {Episode | null} */
let episode = null;
let listen = ""; // the id of the engagement that the progress is of
let recordedS = 0;
let completed = false;

/** @param {string} id */
export const isPlaying = (id) => episode?.id === id && !audio.paused;

/** Play it, or pause it if it plays. @param {Episode} next */
export function play(next) {
  if (episode?.id === next.id) return toggle();
  stop();
  episode = next;
  const before = library.did("listen", next.id);
  listen = before?.id ?? crypto.randomUUID();
  [recordedS, completed] = [0, false];
  const from = before?.progress ?? 0;
  audio.src = (next.audio_url ?? "").replace(/^http:/, "https:"); // as the policy wants it
  audio.onloadedmetadata = () => { if (from > 0 && from < FINISHED) audio.currentTime = recordedS = from * audio.duration; };
  show(next);
  toggle();
}

function toggle() {
  if (!audio.paused) return audio.pause();
  audio.play().catch((error) => { if (error.name !== "AbortError") toast("This episode cannot be played."); });
}

/** End it, for example because somebody else listens now. */
export function stop() {
  record();
  audio.pause();
  audio.removeAttribute("src");
  episode = null;
  $("player").hidden = true;
  playing.dispatchEvent(new Event("change"));
}

const progress = () => audio.duration > 0 && audio.duration < Infinity ? Math.min(1, audio.currentTime / audio.duration) : 0;

function record() {
  if (!episode || !audio.currentTime || audio.currentTime === recordedS) return;
  recordedS = audio.currentTime;
  library.record("listen", episode, { id: listen, progress: Number(progress().toFixed(4)) });
}

function complete() {
  if (!episode || completed) return;
  completed = true;
  library.record("complete", episode);
}

/** @param {number} seconds */
const skip = (seconds) => { audio.currentTime = Math.max(0, audio.currentTime + seconds); };

const started = iconButton("play", "Play", toggle, { class: "icon-button big" });
const time = h("span.time");
const seek = h("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Position", oninput: () => {
  if (audio.duration > 0) audio.currentTime = (Number(seek.value) / 1000) * audio.duration;
} });
const speed = h("button.speed", { "aria-label": "Speed 1×", onclick: () => {
  audio.playbackRate = audio.defaultPlaybackRate = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
} }, "1×");

/** @param {Episode} shown */
function show(shown) {
  const { title, series } = shown;
  $("player").replaceChildren(
    art(shown),
    h("div.now", {}, h("p.title", {}, title), h("p.facts", {}, h("span", {}, series?.name), time)),
    started,
    iconButton("close", "Close the player", () => { stop(); $("main").focus({ preventScroll: true }); }),
    h("div.line", {},
      iconButton("back", "Back 15 seconds", () => skip(-15)), seek, iconButton("forward", "Forward 30 seconds", () => skip(30)), speed));
  $("player").hidden = false;
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title, artist: series?.name });
  navigator.mediaSession.setActionHandler("seekbackward", () => skip(-15));
  navigator.mediaSession.setActionHandler("seekforward", () => skip(30));
}

function draw() {
  const label = audio.paused ? "Play" : "Pause";
  started.ariaLabel = started.title = label;
  started.replaceChildren(icon(label.toLowerCase()));
  playing.dispatchEvent(new Event("change"));
}

audio.addEventListener("play", draw);
audio.addEventListener("pause", () => { draw(); record(); });
for (const turn of ["waiting", "playing", "pause"]) audio.addEventListener(turn, () => { started.ariaBusy = String(turn === "waiting"); });
audio.addEventListener("ended", complete);
audio.addEventListener("ratechange", () => {
  speed.textContent = `${audio.playbackRate}×`;
  speed.ariaLabel = `Speed ${audio.playbackRate}×`;
});
for (const moved of ["timeupdate", "durationchange"]) audio.addEventListener(moved, () => {
  const [at, all] = [timecode(audio.currentTime), timecode(audio.duration)];
  seek.value = String(Math.round(1000 * progress()));
  seek.setAttribute("aria-valuetext", `${at} of ${all}`);
  time.textContent = `${at} / ${all}`;
  if (Math.abs(audio.currentTime - recordedS) >= STEP_S) record();
  if (progress() >= FINISHED) complete();
});
addEventListener("pagehide", record);
