// Finds out who listens, and wires up everything.

import { auth, settled, startAuth } from "./auth/auth.js";
import { call } from "./auth/call.js";
import { setClock } from "./device.js";
import { $, hideToast, painted, styles, toast } from "./ui/dom.js";
import { drawFeed, forgetFeed, keepPlace, openFeed, renewFeed, watchFeed } from "./feed/feed.js";
import { library } from "./library/library.js";
import { player, playing } from "./episode/actions.js";
import { startRouter } from "./router.js";
import { count, t } from "./ui/text.js";

/** A page whose module is loaded when it is opened. @param {string} title @param {() => Promise<any>} module @param {string} [view] one of several in it @returns {View} */
function page(title, module, view) {
  const load = () => Promise.all([module(), styles("pages")]).then(([all]) => view ? all[view] : all);
  const failed = (/** @type {unknown} */ error) => {
    console.error(error);
    toast(t("This page cannot be opened just now."), [t("Reload"), () => location.reload()]);
  };
  return { title, load, show: (key) => load().then((one) => one.show(key)).catch(failed), update: () => load().then((one) => one.update()).catch(failed) };
}

const lists = () => import("./pages/lists.js");
const names = () => import("./pages/names.js");
/** @type {Record<string, View>} */
const VIEWS = {
  feed: { title: t("For You"), show: drawFeed, update: drawFeed },
  shelf: page(t("Shelf"), names, "shelf"),
  search: page(t("Search"), () => import("./pages/search.js")),
  ask: page(t("Ask"), () => import("./pages/ask.js")),
  saved: page(t("Saved"), lists, "saved"),
  history: page(t("History"), lists, "history"),
  you: page(t("You"), () => import("./pages/you.js")),
  playing: page(t("Now playing"), () => import("./pages/playing.js")),
  episode: page(t("Episode"), () => import("./pages/episode.js")),
  series: page(t("Podcast"), names, "series"),
  topic: page(t("Topic"), names, "topic"),
  person: page(t("Person"), names, "person"),
  entity: page(t("Name"), names, "entity"),
  trending: page(t("Trending"), names, "trending"),
};

/** The listener the page acts for: until it is `known`, the last one on this device. */
let { listener, demo, known } = auth();
/** Whether sign-in takes so long that the page continues without it. */
let late = false;

/** Follows the sign-in. A guest who signs in keeps the uid; any other uid is another listener. */
function listen() {
  const before = listener;
  const sure = !known && auth().known;
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

/** @param {Listener} before */
function change({ uid, name, guest }) {
  // A Firebase guest never returns: their unsent writes go to the next listener, and so do writes made before sign-in.
  const succeeds = uid === null || (guest && !demo);
  hideToast(); // its button would act for the next listener
  player.stop();
  const left = succeeds ? 0 : library.outbox.waiting.length;
  library.open(listener.uid, succeeds ? uid : undefined);
  library.outbox.drain();
  if (!succeeds) openFeed(listener.uid);
  library.load();
  if (left) toast(count(left, "One change waits here, not sent yet, until “{name}” is back.", "{n} changes wait here, not sent yet, until “{name}” is back.", { name }));
}

function draw() {
  for (const [name, view] of Object.entries(VIEWS)) if (!$(`view-${name}`).hidden) view.update();
}

function drawBanner() {
  const { waiting, failing, volatile, problem } = library.outbox;
  const changes = waiting.length;
  const kept = !changes || library.withoutUser ? "" : navigator.onLine
    ? count(changes, "One change waits, not sent yet.", "{n} changes wait, not sent yet.")
    : count(changes, "One change waits for the connection.", "{n} changes wait for the connection.");
  const again = t("This page tries again by itself.");
  const text = [
    ...(!navigator.onLine ? [t("You are offline."), kept]
      : !known && late ? [t("Sign-in cannot be reached."), kept, again]
      : kept && failing ? [count(changes, "One change waits to be saved.", "{n} changes wait to be saved."), again, problem?.text]
      : []),
    volatile && t("This browser keeps nothing: leave the page open until it is sent."),
  ].filter(Boolean).join(" ");
  $("banner").hidden = !text;
  if (text !== $("banner").textContent) $("banner").textContent = text;
}

library.addEventListener("change", draw);
library.addEventListener("outbox", drawBanner);
library.addEventListener("refused", (event) => {
  const problem = /** @type {CustomEvent} */ (event).detail;
  toast(t("Not saved: {problem}", { problem: problem.detail || problem.message }));
});
library.addEventListener("forgotten", () => { player.stop(false); forgetFeed(); });
playing.addEventListener("change", draw);
for (const turn of ["online", "offline"]) addEventListener(turn, drawBanner);

player.load = () => import("./player/bar.js");
startAuth(listen);
watchFeed();
library.open(listener.uid);
startRouter(VIEWS, () => { keepPlace(); hideToast(); });
const opened = openFeed(listener.uid);
$("who").textContent = listener.name;
settled().then(() => {
  late = true;
  drawBanner();
  if (!known) library.load();
});
opened.then(painted).then(prepare);

/** Loads what the first page does without, one after the other, so that nothing waits for it. */
async function prepare() {
  call("GET", "/health").then(({ catalog }) => {
    if (catalog) setClock(Date.parse(catalog.created_at) + 1000 * catalog.age_s);
    draw();
  }, () => {}); // until then, ages follow this device's clock
  const loads = [player.load, () => import("./episode/menu.js"), () => import("./episode/why.js"), ...Object.values(VIEWS).map((view) => view.load)];
  for (const load of loads) await load?.().catch(() => {});
  await navigator.serviceWorker?.register("sw.js").catch(() => {}); // optional: without it the page needs the network
}
