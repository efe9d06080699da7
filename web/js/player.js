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
  if (episode?.id === next.id) return void (audio.paused ? start() : audio.pause());
  stop();
  episode = next;
  const before = library.did("listen", next.id);
  listen = before?.id ?? crypto.randomUUID();
  [recordedS, completed] = [0, false];
  const from = before?.progress ?? 0;
  audio.src = (next.audio_url ?? "").replace(/^http:/, "https:"); // as the policy wants it
  audio.onloadedmetadata = () => { if (from > 0 && from < FINISHED) audio.currentTime = recordedS = from * audio.duration; };
  show(next);
  start();
}

function start() {
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

const progress = () => Number.isFinite(audio.duration) ? Math.min(1, audio.currentTime / (audio.duration || 1)) : 0;

function record() {
  if (!episode || !(audio.currentTime > 0) || audio.currentTime === recordedS) return;
  recordedS = audio.currentTime;
  library.record("listen", episode, { id: listen, progress: Number(progress().toFixed(4)) });
}

function complete() {
  if (!episode || completed) return;
  completed = true;
  library.record("complete", episode);
}

const parts = {
  toggle: iconButton("play", "Play", () => audio.paused ? start() : audio.pause(), { class: "icon-button big" }),
  seek: h("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Position", oninput: () => {
    if (audio.duration > 0) audio.currentTime = (Number(parts.seek.value) / 1000) * audio.duration;
  } }),
  time: h("span.time", {}),
  speed: h("button.speed", { "aria-label": "Speed 1×", onclick: () =>{
    audio.playbackRate = audio.defaultPlaybackRate = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
  } }, "1×"),
};

/** @param {number} seconds */
const skip = (seconds) => { audio.currentTime = Math.max(0, audio.currentTime + seconds); };

/** @param {Episode} shown */
function show(shown) {
  const series = shown.series?.name ?? "";
  $("player").replaceChildren(
    art(shown),
    h("div.now", {}, h("p.title", {}, shown.title), h("p.series", {}, series)),
    h("div.controls", {},
      iconButton("back", "Back 15 seconds", () => skip(-15)), parts.toggle,
      iconButton("forward", "Forward 30 seconds", () => skip(30))),
    h("div.line", {}, parts.seek, parts.time, parts.speed),
    iconButton("close", "Close the player", stop));
  $("player").hidden = false;
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: shown.title, artist: series });
  navigator.mediaSession.setActionHandler("seekbackward", () => skip(-15));
  navigator.mediaSession.setActionHandler("seekforward", () => skip(30));
}

function draw() {
  const label = audio.paused ? "Play" : "Pause";
  parts.toggle.setAttribute("aria-label", label);
  parts.toggle.title = label;
  parts.toggle.replaceChildren(icon(label.toLowerCase()));
  playing.dispatchEvent(new Event("change"));
}

audio.addEventListener("play", draw);
audio.addEventListener("pause", () => { draw(); record(); });
audio.addEventListener("ended", complete);
audio.addEventListener("ratechange", () => {
  parts.speed.textContent = `${audio.playbackRate}×`;
  parts.speed.setAttribute("aria-label", `Speed ${audio.playbackRate}×`);
});
audio.addEventListener("timeupdate", () => {
  parts.seek.value = String(Math.round(1000 * progress()));
  parts.time.textContent = `${timecode(audio.currentTime)} / ${timecode(audio.duration)}`;
  parts.seek.setAttribute("aria-valuetext", `${timecode(audio.currentTime)} of ${timecode(audio.duration)}`);
  if (Math.abs(audio.currentTime - recordedS) >= STEP_S) record();
  if (progress() >= FINISHED) complete();
});
addEventListener("pagehide", record);
