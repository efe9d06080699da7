// The player: one audio element. What is heard is recorded as `listen` with its progress, the end as `complete`.

import { art } from "./art.js";
import { $, icon, toast } from "./dom.js";
import { library } from "./library.js";
import { timecode } from "./words.js";

const STEP_S = 30;
const FINISHED = 0.97;
const SPEEDS = [1, 1.25, 1.5, 2];

const audio = new Audio();
audio.preload = "metadata";
export const playing = new EventTarget();
/** @type {Episode | null} */
let episode = null;
let listen = "";
let recordedS = 0;
let completed = false;

/** @param {string} id */
export const isPlaying = (id) => episode?.id === id && !audio.paused;

/** @param {Episode} next */
export function play(next) {
  if (episode?.id === next.id) return toggle();
  stop();
  episode = next;
  const before = library.did("listen", next.id);
  listen = before?.id ?? crypto.randomUUID();
  [recordedS, completed] = [0, false];
  const from = before?.progress ?? 0;
  audio.src = (next.audio_url ?? "").replace(/^http:/, "https:");
  audio.onloadedmetadata = () => { if (from > 0 && from < FINISHED) audio.currentTime = recordedS = from * audio.duration; };
  show(next);
  toggle();
}

function toggle() {
  if (!audio.paused) return audio.pause();
  audio.play().catch((error) => { if (error.name !== "AbortError") toast("This episode cannot be played."); });
}

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

$("play").onclick = toggle;
$("back").onclick = () => skip(-15);
$("forward").onclick = () => skip(30);
$("stop").onclick = () => { stop(); $("main").focus({ preventScroll: true }); };
$("seek").oninput = () => { if (audio.duration > 0) audio.currentTime = (Number($("seek").value) / 1000) * audio.duration; };
$("speed").onclick = () => {
  audio.playbackRate = audio.defaultPlaybackRate = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
};

/** @param {Episode} shown */
function show(shown) {
  const { title, series } = shown;
  $("player").firstElementChild?.replaceWith(art(shown));
  $("playing").textContent = title;
  $("playing-of").textContent = series?.name ?? "";
  $("player").hidden = false;
}

function draw() {
  const label = audio.paused ? "Play" : "Pause";
  $("play").ariaLabel = $("play").title = label;
  $("play").replaceChildren(icon(label.toLowerCase()));
  playing.dispatchEvent(new Event("change"));
}

audio.onplay = draw;
audio.onpause = () => { draw(); record(); };
audio.onended = complete;
audio.onratechange = () => {
  $("speed").textContent = `${audio.playbackRate}×`;
  $("speed").ariaLabel = `Speed ${audio.playbackRate}×`;
};
audio.ontimeupdate = audio.ondurationchange = () => {
  const [at, all] = [timecode(audio.currentTime), timecode(audio.duration)];
  $("seek").value = String(Math.round(1000 * progress()));
  $("seek").setAttribute("aria-valuetext", `${at} of ${all}`);
  $("time").textContent = `${at} / ${all}`;
  if (Math.abs(audio.currentTime - recordedS) >= STEP_S) record();
  if (progress() >= FINISHED) complete();
};
addEventListener("pagehide", record);
