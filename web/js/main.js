// The page: who listens, then their feed; everything else beside it.

import { auth, startAuth } from "./auth.js";
import { setClock } from "./clock.js";
import { $, toast } from "./dom.js";
import { drawFeed, forgetFeed, keepPlace, openFeed, refresh, watchFeed } from "./feed.js";
import { library } from "./library.js";
import { drawHistory, drawSaved, watchLists } from "./lists.js";
import { playing, stop } from "./player.js";
import { startRouter } from "./router.js";
import { drawYou } from "./you.js";

/** @type {Record<string, View>} */
const VIEWS = {
  feed: { title: "For You", show: drawFeed },
  saved: { title: "Saved", show: drawSaved },
  history: { title: "History", show: drawHistory },
  you: { title: "You", show: drawYou },
};

/** The uid changes only when somebody else listens: a guest who signs in keeps theirs. @type {string | null | undefined} */
let uid;

function listen() {
  const { listener } = auth();
  $("who").textContent = listener.name;
  if (uid === listener.uid) return draw();
  if (uid !== undefined) stop();
  uid = listener.uid;
  library.open(uid);
  openFeed(uid);
  library.load();
}

function draw() {
  for (const [name, view] of Object.entries(VIEWS)) if (!$(`view-${name}`).hidden) view.show();
}

function drawBanner() {
  const { waiting, failing } = library.outbox;
  const kept = waiting.length === 1 ? "One change waits" : `${waiting.length} changes wait`;
  const unsent = waiting.length && uid !== null; // nobody's writes only travel
  const text = !navigator.onLine ? `You are offline. ${unsent ? `${kept} for the connection.` : ""}`
    : unsent && failing ? `${kept} to be saved. This page tries again by itself.` : "";
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

const beginning = startAuth(listen);
watchFeed();
watchLists(refresh);
await beginning;
startRouter(VIEWS, keepPlace);
listen();
drawBanner();
setClock().then(draw, () => {}); // without it ages are told by this device's clock
navigator.serviceWorker?.register("sw.js").catch(() => {}); // without it the page only needs the network
