// The page: who listens, then their feed; everything else beside it.

import { auth, settled, startAuth } from "./auth.js";
import { setClock } from "./clock.js";
import { $, toast } from "./dom.js";
import { drawFeed, forgetFeed, keepPlace, openFeed, refresh, renewFeed, watchFeed } from "./feed.js";
import { library } from "./library.js";
import { drawHistory, drawSaved, watchLists } from "./lists.js";
import { playing, stop } from "./player.js";
import { startRouter } from "./router.js";
import { count } from "./words.js";
import { drawYou } from "./you.js";

/** @type {Record<string, View>} */
const VIEWS = {
  feed: { title: "For You", show: drawFeed },
  saved: { title: "Saved", show: drawSaved },
  history: { title: "History", show: drawHistory },
  you: { title: "You", show: drawYou },
};

let { listener, demo } = auth();
const AGAIN = "This page tries again by itself.";
let known = false;
let late = false;

/** The uid changes only when somebody else listens: a guest who signs in keeps theirs. */
function listen() {
  const before = listener;
  const sure = !known && auth().known;
  ({ listener, known, demo } = auth());
  $("who").textContent = listener.name;
  if (before.uid !== listener.uid) change(before);
  else if (sure) {
    library.outbox.tries.now();
    library.load();
  }
  if (sure) renewFeed();
  draw();
  drawBanner();
}

/** @param {Listener} before */
function change({ uid, name, guest }) {
  // A guest of Firebase never comes back: what they left goes to the next, and so does what was done before anybody was known.
  const succeeds = uid === null || (guest && !demo);
  stop();
  const left = succeeds ? 0 : library.outbox.waiting.length;
  library.open(listener.uid, succeeds ? uid : undefined);
  library.outbox.drain();
  if (!succeeds) openFeed(listener.uid);
  library.load();
  if (left) toast(`${count(left, "change waits", "changes wait")} here, not sent yet, until “${name}” is back.`);
}

function draw() {
  for (const [name, view] of Object.entries(VIEWS)) if (!$(`view-${name}`).hidden) view.show();
}

function drawBanner() {
  const { waiting, failing, fleeting, problem, uid } = library.outbox;
  const unsent = waiting.length && !(known && uid === null);
  const kept = count(waiting.length, "change waits", "changes wait");
  const text = [
    !navigator.onLine ? `You are offline. ${unsent ? `${kept} for the connection.` : ""}`
      : !known && late ? `Sign-in cannot be reached. ${unsent ? `${kept}, not sent yet. ` : ""}${AGAIN}`
      : unsent && failing && `${kept} to be saved. ${AGAIN} ${problem?.message}: ${problem?.detail}`,
    fleeting && "This browser keeps nothing: leave the page open until it is sent.",
  ].filter(Boolean).join(" ");
  $("banner").hidden = !text;
  if (text !== $("banner").textContent) $("banner").textContent = text;
}

library.addEventListener("change", draw);
library.addEventListener("outbox", drawBanner);
library.addEventListener("refused", (event) => {
  const problem = /** @type {CustomEvent} */ (event).detail;
  toast(`Not saved: ${problem.detail || problem.message}`);
});
library.addEventListener("forgotten", () => { stop(); forgetFeed(); });
playing.addEventListener("change", drawFeed);
window.ononline = window.onoffline = drawBanner;

navigator.serviceWorker?.register("sw.js").catch(() => {});
startAuth(listen);
watchFeed();
watchLists(refresh);
library.open(listener.uid);
startRouter(VIEWS, keepPlace);
openFeed(listener.uid);
$("who").textContent = listener.name;
await settled();
late = true;
drawBanner();
if (!known) library.load();
setClock().then(draw, () => {});
