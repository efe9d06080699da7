// Entry point: finds out who listens, shows their feed, and wires up everything else.

import { auth, settled, startAuth } from "./auth.js";
import { setClock } from "./clock.js";
import { $, toast } from "./dom.js";
import { drawFeed, forgetFeed, keepPlace, openFeed, renewFeed, watchFeed } from "./feed.js";
import { library } from "./library.js";
import { playing, stop } from "./player.js";
import { startRouter } from "./router.js";
import { count } from "./words.js";

const ask = () => import("./ask.js");
const lists = () => import("./lists.js");
const search = () => import("./search.js");
const you = () => import("./you.js");

/** A view whose module is not part of the first page. @param {() => Promise<void>} draw */
const loaded = (draw) => () => draw().catch((error) => {
  console.error(error);
  toast("This view cannot be opened just now.", ["Reload", () => location.reload()]);
});

/** @type {Record<string, View>} */
const VIEWS = {
  feed: { title: "For You", show: drawFeed },
  search: { title: "Search", show: loaded(async () => (await search()).drawSearch()) },
  ask: { title: "Ask", show: loaded(async () => (await ask()).drawAsk()) },
  saved: { title: "Saved", show: loaded(async () => (await lists()).drawSaved()) },
  history: { title: "History", show: loaded(async () => (await lists()).drawHistory()) },
  you: { title: "You", show: loaded(async () => (await you()).drawYou()) },
};

const AGAIN = "This page tries again by itself.";

/** The listener the page acts for: until it is `known`, the last one on this device. */
let { listener, demo, known } = auth();
/** Whether sign-in takes so long that the page continues without it. */
let late = false;

/** Follows the sign-in. A guest who signs in keeps the uid; any other uid is another listener. */
function listen() {
  const before = listener;
  const sure = !known && auth().known; // from now on
  ({ listener, demo, known } = auth());
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

/** Switches to another listener. @param {Listener} before */
function change({ uid, name, guest }) {
  // A Firebase guest never returns: their unsent writes go to the next listener, and so do writes made before sign-in.
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
  const { waiting, failing, volatile, problem } = library.outbox;
  const unsent = waiting.length && !library.withoutUser;
  const kept = count(waiting.length, "change waits", "changes wait");
  const text = [
    !navigator.onLine ? `You are offline. ${unsent ? `${kept} for the connection.` : ""}`
      : !known && late ? `Sign-in cannot be reached. ${unsent ? `${kept}, not sent yet. ` : ""}${AGAIN}`
      : unsent && failing && `${kept} to be saved. ${AGAIN} ${problem?.message}: ${problem?.detail}`,
    volatile && "This browser keeps nothing: leave the page open until it is sent.",
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
for (const turn of ["online", "offline"]) addEventListener(turn, drawBanner);

navigator.serviceWorker?.register("sw.js").catch(() => {}); // optional: without it the page needs the network
startAuth(listen);
watchFeed();
library.open(listener.uid);
startRouter(VIEWS, keepPlace);
openFeed(listener.uid);
$("who").textContent = listener.name;
await settled();
late = true;
drawBanner();
if (!known) library.load();
setClock().then(draw, () => {}); // until then, ages follow this device's clock
for (const load of [lists, search, you, () => import("./menu.js"), () => import("./why.js")]) load().catch(() => {}); // so that they open without a connection, too
