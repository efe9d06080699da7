// The page: who listens, then their feed; everything else beside it.

import { auth, settled, startAuth } from "./auth.js";
import { setClock } from "./clock.js";
import { $, toast } from "./dom.js";
import { drawFeed, forgetFeed, keepPlace, openFeed, renewFeed, watchFeed } from "./feed.js";
import { library } from "./library.js";
import { playing, stop } from "./player.js";
import { startRouter } from "./router.js";
import { count } from "./words.js";

const lists = () => import("./lists.js");
const you = () => import("./you.js");

/** A view whose module is not part of the first page. @param {() => Promise<void>} draw */
const loaded = (draw) => () => draw().catch((error) => {
  console.error(error);
  toast("This view cannot be opened just now.", ["Reload", () => location.reload()]);
});

/** @type {Record<string, View>} */
const VIEWS = {
  feed: { title: "For You", show: drawFeed },
  saved: { title: "Saved", show: loaded(async () => (await lists()).drawSaved()) },
  history: { title: "History", show: loaded(async () => (await lists()).drawHistory()) },
  you: { title: "You", show: loaded(async () => (await you()).drawYou()) },
};

const AGAIN = "This page tries again by itself.";

/** For whom the page acts: who listens, or until it is `known` who listened last on this device. */
let { listener, demo, known } = auth();
/** Whether it takes so long that the page goes on without knowing. */
let late = false;

/** The uid changes only when somebody else listens: a guest who signs in keeps theirs. */
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

/** Somebody else listens now. @param {Listener} before */
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
  const { waiting, failing, fleeting, problem } = library.outbox;
  const unsent = waiting.length && !library.withoutUser;
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
for (const turn of ["online", "offline"]) addEventListener(turn, drawBanner);

navigator.serviceWorker?.register("sw.js").catch(() => {}); // without it the page only needs the network
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
setClock().then(draw, () => {}); // without it ages are told by this device's clock
for (const load of [lists, you]) load().catch(() => {}); // so that they open without a connection, too
