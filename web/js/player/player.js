// The player: one audio element. Records `listen` with its progress, and `complete` at the end.

import { art } from "../episode/art.js";
import { $, icon, toast } from "../ui/dom.js";
import { library } from "../library/library.js";
import { handleActions, showPlaying } from "./media-session.js";
import { controls, playing, sounds } from "./playing.js";
import { timecode } from "../ui/words.js";

const STEP_S = 30; // between two recordings of progress
const FINISHED = 0.97; // credits do not count
const [BACK_S, FORWARD_S] = [15, 30];
const SPEEDS = [1, 1.25, 1.5, 2];

const audio = new Audio();
audio.preload = "metadata";
/** @type {Episode | null} */
let episode = null;
let listen = ""; // id of the engagement that holds the progress
let recordedS = 0;
let completed = false;
/** Where to begin, once the length is known. */
let beginS = 0;

/**
 * Plays an episode, or pauses it if it is playing.
 * @param {Episode} next @param {number} [seconds] where to begin, also if it is playing; without it where the listener stopped
 */
export function play(next, seconds) {
  if (episode?.id === next.id) {
    if (seconds === undefined) return toggle();
    if (audio.readyState) audio.currentTime = seconds; else beginS = seconds;
    return start();
  }
  stop();
  episode = next;
  const before = library.did("listen", next.id);
  listen = before?.id ?? crypto.randomUUID();
  [recordedS, completed] = [0, false];
  const from = before?.progress ?? 0;
  audio.src = (next.audio_url ?? "").replace(/^http:/, "https:"); // the page's policy requires https
  beginS = seconds ?? 0;
  audio.onloadedmetadata = () => {
    if (beginS) audio.currentTime = beginS;
    else if (seconds === undefined && from > 0 && from < FINISHED) audio.currentTime = recordedS = from * audio.duration;
  };
  show(next);
  toggle();
}

const pause = () => audio.pause();

function start() {
  if (!episode) return; // a headset may press play after the player was closed
  audio.play().catch((error) => { if (error.name !== "AbortError") toast("This episode cannot be played."); });
}

function toggle() {
  if (audio.paused) start(); else pause();
}

/** Stops the player, for example when the listener changes. */
function stop() {
  record();
  audio.pause();
  audio.removeAttribute("src");
  episode = null;
  showPlaying(null);
  $("player").hidden = true;
  sounds("");
}
controls.stop = stop;
controls.at = (id) => episode?.id === id ? audio.currentTime : undefined;

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
$("back").onclick = () => skip(-BACK_S);
$("forward").onclick = () => skip(FORWARD_S);
$("stop").onclick = () => { stop(); $("main").focus({ preventScroll: true }); };
$("seek").oninput = () => { if (audio.duration > 0) audio.currentTime = (Number($("seek").value) / 1000) * audio.duration; };
$("speed").onclick = () => {
  audio.playbackRate = audio.defaultPlaybackRate = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
};

handleActions({
  play: start,
  pause,
  seekbackward: ({ seekOffset }) => skip(-(seekOffset || BACK_S)),
  seekforward: ({ seekOffset }) => skip(seekOffset || FORWARD_S),
});

/** @param {Episode} shown */
function show(shown) {
  const { title, series } = shown;
  $("player").firstElementChild?.replaceWith(art(shown));
  $("playing").textContent = title;
  $("playing-of").textContent = series?.name ?? "";
  $("player").hidden = false;
  showPlaying(shown);
}

function draw() {
  const label = audio.paused ? "Play" : "Pause";
  $("play").ariaLabel = $("play").title = label;
  $("play").replaceChildren(icon(label.toLowerCase()));
  sounds(audio.paused ? "" : episode?.id ?? "");
}

audio.onplay = draw;
audio.onpause = () => { draw(); record(); };
for (const turn of ["waiting", "playing", "pause", "error"]) {
  audio.addEventListener(turn, () => { $("play").ariaBusy = String(turn === "waiting"); });
}
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
  playing.dispatchEvent(new Event("position"));
};
addEventListener("pagehide", record);
