// The player: one audio element. Records `listen` with its progress, and `complete` at the end.

import { call } from "../auth/call.js";
import { following } from "../feed/feed.js";
import { library } from "../library/library.js";
import { device } from "../device.js";
import { announce, toast } from "../ui/dom.js";
import { t, timecode } from "../ui/text.js";
import { handleActions, showPlaying, showPosition } from "./media-session.js";
import { player, playing, sounds, webUrl } from "../episode/actions.js";
import { autoplay, keep, kept, list, put, remove } from "../library/queue.js";

const STEP_S = 30; // between two recordings of progress
const FINISHED = 0.97; // credits do not count
const STALL_MS = 15_000; // without sound
const NEAR_S = 3; // positions that are nearer to each other are one

export const audio = new Audio();
audio.preload = "none"; // before it is played

export const now = {
  /** @type {Episode | null} */
  episode: null,
  busy: false,
  problem: "", // why it does not play
  sleepAt: 0, // when it stops: a time, Infinity at the end of the episode, 0 never
};

let listen = ""; // id of the engagement that holds the progress
let recordedS = 0;
let completed = false;
/** Where to begin once the length is known: a time, or a share of the length. */
let [beginS, beginShare] = [0, 0];
/** Whether it plays on once there is data again. */
let waits = false;
let patience = 0; // the timer of a stream that sends nothing

/** What was played since the page was opened, the last one at the end. @type {Episode[]} */
const past = [];

export const at = () => audio.readyState ? audio.currentTime : beginS;

/** As far as it is known, else 0; Infinity of a live stream. */
export const length = () => (audio.readyState ? audio.duration : now.episode?.duration_s) || 0;

export const seekable = () => length() > 0 && length() < Infinity;

/**
 * Plays an episode, or pauses it if it is playing.
 * @param {Episode} next @param {number} [seconds] where to begin, also if it is playing; without it where the listener stopped
 */
export function play(next, seconds) {
  const { episode } = now;
  if (episode?.id !== next.id) {
    if (episode) past.push(episode);
    load(next, seconds);
  } else if (seconds === undefined) return toggle();
  else seek(seconds);
  start(seconds === undefined);
}

/** @param {Episode} episode @param {number} [seconds] */
function load(episode, seconds) {
  stop();
  now.episode = episode;
  const { id, progress: heard = 0 } = library.did("listen", episode.id) ?? {};
  listen = id ?? crypto.randomUUID();
  [recordedS, completed] = [0, false];
  beginShare = seconds === undefined && heard < FINISHED ? heard : 0;
  beginS = seconds ?? beginShare * (episode.duration_s ?? 0);
  audio.src = (episode.audio_url ?? "").replace(/^http:/, "https:"); // the page's policy requires https
  showPlaying(episode);
  remove(episode.id);
  keep("playing", episode);
}

export const pause = () => audio.pause();

/** @param {boolean} [resumes] where the listener stopped, on any device */
export function start(resumes = true) {
  if (!now.episode) return; // a headset may press play after the player was closed
  if (now.sleepAt < Date.now()) now.sleepAt = 0;
  if (now.problem) {
    [beginS, beginShare] = [at(), 0];
    audio.load();
  }
  proceed();
  if (resumes) followOtherDevices().catch(() => {}); // then it is where this one stopped
}

function proceed() {
  [waits, now.problem] = [false, ""];
  audio.play().catch(tell); // a browser that wants a press first leaves it paused; `error` tells of the rest
  tell();
}

export const toggle = () => audio.paused ? start() : pause();

async function followOtherDevices() {
  const { outbox, withoutUser } = library;
  const { episode } = now;
  if (withoutUser || !episode) return;
  const { engagements } = await call("GET", "/me/engagements?limit=20", undefined, { as: outbox.uid });
  const theirs = engagements.find((/** @type {Engagement} */ one) => one.type === "listen" && one.episode_id === episode.id);
  const ours = library.did("listen", episode.id)?.timestamp ?? "";
  if (now.episode !== episode || !seekable() || !(theirs?.progress < FINISHED) || Date.parse(theirs.timestamp) <= Date.parse(ours)) return;
  const [from, there] = [at(), theirs.progress * length()];
  listen = theirs.id;
  if (Math.abs(there - from) < NEAR_S) return;
  seek(there);
  toast(t("Continued at {time}, as on another device.", { time: timecode(there) }), [t("Back to {time}", { time: timecode(from) }), () => seek(from)]);
}

/** @param {string} problem @param {boolean} [temporary] */
function fail(problem, temporary = !navigator.onLine) {
  pause();
  [now.problem, waits] = [navigator.onLine ? problem : t("You are offline."), temporary];
  announce(now.problem);
  tell();
}

/** @param {boolean} busy */
function wait(busy) {
  clearTimeout(patience);
  if (busy) patience = setTimeout(() => fail(t("The sound does not arrive."), true), STALL_MS);
  if (busy === now.busy) return;
  now.busy = busy;
  tell();
}

/** Unloads the episode, for example when the listener changes. @param {boolean} [records] */
function stop(records = true) {
  if (records) record();
  wait(false);
  Object.assign(now, { problem: "", episode: null });
  waits = false;
  pause();
  audio.removeAttribute("src");
  audio.load(); // forgets the length
  showPlaying(null);
  tell();
}

export function close() {
  now.sleepAt = 0;
  keep("playing", null);
  stop();
}

const progress = () => audio.duration > 0 && audio.duration < Infinity ? Math.min(1, audio.currentTime / audio.duration) : 0;

function record() {
  if (!now.episode || !audio.currentTime || audio.currentTime === recordedS) return;
  recordedS = audio.currentTime;
  library.record("listen", now.episode, { id: listen, progress: Number(progress().toFixed(4)) });
}

function complete() {
  if (!now.episode || completed) return;
  completed = true;
  library.record("complete", now.episode);
}

/** @param {number} seconds */
export function seek(seconds) {
  [beginS, beginShare] = [Math.max(0, seconds), 0];
  if (audio.readyState) audio.currentTime = beginS;
  tellPosition();
}

export const skips = () => device.read("skips", [15, 30]);

/** @param {number} way -1 back, 1 ahead @param {number} [seconds] */
export const skip = (way, seconds) => seek(at() + way * (seconds || skips()[way > 0 ? 1 : 0]));

/** What the feed has to play behind an episode. @param {string} id */
export function fromFeed(id) {
  const gone = [id, ...[...past, ...list()].map((one) => one.id)];
  return following(id).find((one) => webUrl(one.audio_url) && !gone.includes(one.id) && !library.did("complete", one.id)
    && !library.did("not_interested", one.id) && !library.has("muted_series", one.series?.id ?? ""));
}

export function next() {
  const following = list()[0] ?? fromFeed(now.episode?.id ?? "");
  if (following) {
    remove(following.id); // it may be the current one
    play(following);
  }
  return following;
}

export function previous() {
  const before = at() < NEAR_S && past.pop();
  if (!before) return seek(0);
  if (now.episode) put(now.episode, 0);
  load(before);
  start();
}

/** @param {number} speed */
export function setSpeed(speed) {
  device.write("speed", speed);
  audio.playbackRate = audio.defaultPlaybackRate = speed;
}

function tell() {
  sounds(audio.paused ? "" : now.episode?.id ?? "");
  showPosition(audio);
}

const tellPosition = () => playing.dispatchEvent(new Event("position"));

player.stop = stop;
player.at = (id) => now.episode?.id === id ? at() : undefined;
handleActions({
  play: () => start(),
  pause,
  seekbackward: ({ seekOffset }) => skip(-1, seekOffset),
  seekforward: ({ seekOffset }) => skip(1, seekOffset),
  seekto: ({ seekTime }) => seek(seekTime ?? 0),
  nexttrack: next,
  previoustrack: previous,
});

audio.onloadedmetadata = () => {
  const to = beginShare && seekable() ? beginShare * audio.duration : beginS;
  if (to) audio.currentTime = recordedS = to;
};
audio.onplay = audio.onseeked = audio.onratechange = tell;
audio.onpause = () => { wait(false); tell(); record(); };
audio.onwaiting = () => wait(!audio.paused);
audio.onplaying = () => wait(false);
audio.oncanplay = () => { if (waits) proceed(); };
addEventListener("online", () => { if (waits) start(); });
audio.onerror = () => {
  if (audio.error?.code === MediaError.MEDIA_ERR_NETWORK) fail(t("The connection to the publisher is lost."), true);
  else fail(t("The audio is missing, or this browser cannot play it."));
};
audio.onended = () => {
  if (!audio.duration) return fail(t("This audio is empty."));
  complete();
  if (now.sleepAt < Infinity && (autoplay() || list().length) && next()) return;
  now.sleepAt = 0;
  keep("playing", null);
};
audio.ontimeupdate = audio.ondurationchange = () => {
  if (Math.abs(audio.currentTime - recordedS) >= STEP_S) record();
  if (progress() >= FINISHED) complete();
  if (now.sleepAt && now.sleepAt < Date.now()) {
    now.sleepAt = 0;
    pause();
    toast(t("The sleep timer has stopped it."), [t("Go on"), start]);
  }
  tellPosition();
};
addEventListener("pagehide", record);

setSpeed(device.read("speed", 1));
const left = kept("playing", /** @type {Episode | null} */ (null)); // as the page was left
if (left) load(left);
