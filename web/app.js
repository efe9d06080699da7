// The For You page. Everything from the API enters the page through textContent, never as markup.

const KEPT = 500; // as many engagements as the server keeps of a user
const $ = (id) => document.getElementById(id);

// Storage can be switched off in a browser; the page then forgets, and works.
const memory = {
  read(key, otherwise) {
    try { return JSON.parse(localStorage.getItem(`earshot.${key}`)) ?? otherwise; } catch { return otherwise; }
  },
  write(key, value) {
    try { localStorage.setItem(`earshot.${key}`, JSON.stringify(value)); } catch { /* forgotten */ }
  },
};

let user = memory.read("user", "");
let session = null;
let visit = 0; // counts sessions asked for, so that a late answer to an older one is dropped
let interests = null; // unknown until the profile is here: saving must not erase what it holds
let engagements = [];
let saving = Promise.resolve(); // one after the other, so that the last press wins
let categories = null; // the answer under way, null before it and when it failed
let aheadMs = 0; // how far this clock is ahead of the server's, which may be fixed to a day long past
let autoRetry;

// Throws a problem: { title, detail, type?, status?, retryAfterS? }.
async function api(method, path, body) {
  const headers = { Accept: "application/json" };
  if (user) headers["X-Demo-User"] = user;
  if (body) headers["Content-Type"] = "application/json";
  // keepalive: a click is still recorded when its link takes the page away.
  const how = { method, headers, keepalive: path === "/me/engagements", signal: AbortSignal.timeout(15_000) };
  let response;
  try {
    response = await fetch(`/api${path}`, { ...how, body: body && JSON.stringify(body) });
  } catch {
    throw { title: "The feed cannot be reached", detail: "Check the connection and try again." };
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { status } = response;
  const retryAfterS = Number(response.headers.get("Retry-After")) || 5;
  throw { title: `The server answered ${status}`, detail: "", ...answer, status, retryAfterS };
}

// Feed

async function startSession() {
  const mine = ++visit;
  clearTimeout(autoRetry);
  $("hint").hidden = $("notice").hidden = $("more").hidden = $("end").hidden = true;
  $("intro").textContent = "Choosing episodes…";
  $("feed").setAttribute("aria-busy", "true");
  $("feed").replaceChildren();
  setClock();
  try {
    await saving; // what was pressed a moment ago counts
    const page = await api("POST", "/sessions/create", user ? {} : known());
    if (mine !== visit) return;
    $("intro").textContent = intro(page);
    showPage(page);
    if (!categories) loadCategories(); // there was no catalog when they were asked for
    if (!page.episodes.length) showNotice("Nothing to show yet", "No episode is allowed by your settings right now.");
  } catch (problem) {
    if (mine !== visit) return;
    $("intro").textContent = "";
    showProblem(problem, startSession);
  } finally {
    if (mine === visit) $("feed").removeAttribute("aria-busy");
  }
}

async function showMore() {
  const mine = visit;
  $("more").disabled = true;
  $("notice").hidden = true;
  try {
    const path = `/sessions/${encodeURIComponent(session.session_id)}/next`;
    const page = await api("POST", path, { cursor: session.next_cursor });
    if (mine !== visit) return;
    const first = $("feed").children.length;
    showPage(page);
    $("feed").children[first]?.querySelector(".title").focus(); // the button may be gone
  } catch (problem) {
    if (mine !== visit) return;
    // A cursor that is refused will be refused again.
    if (problem.status < 500) showNotice("This session is over", "Only a new one goes on.", startSession, "New session");
    else showProblem(problem, showMore);
  } finally {
    $("more").disabled = false;
  }
}

function showPage(page) {
  $("feed").append(...page.episodes.map(card));
  session = page;
  draw();
  $("more").hidden = !page.next_cursor;
  $("end").hidden = !!page.next_cursor || !$("feed").children.length;
  announce(`${page.episodes.length} episodes added, ${$("feed").children.length} of ${page.total_in_queue} shown.`);
  const without = (page.degraded ?? []).map((name) => WITHOUT[name] ?? name.replaceAll("_", " "));
  $("footer").textContent = [`Catalog ${page.catalog_version}`, `scenario ${page.scenario}`, ...without].join(" · ");
}

function card(episode) {
  const item = $("card").content.firstElementChild.cloneNode(true);
  const part = (name) => item.querySelector(`.${name}`);
  const series = episode.series?.name ?? episode.series?.id ?? "";
  part("art").textContent = initials(series || episode.title);
  part("art").style.setProperty("--hue", hue(episode.series?.id ?? series));
  part("series").textContent = series;
  for (const name of ["title", "insight"]) if (episode.language) part(name).lang = episode.language;
  part("title").append(/^https?:/.test(episode.url ?? "") ? link(episode) : episode.title);
  part("insight").textContent = episode.key_insight ?? episode.description ?? "";
  part("reason").textContent = episode.reason?.text ?? "";
  const scores = [["match", "similarity"], ["quality", "quality"], ["fresh", "recency"], ["score", "final"]];
  part("scores").textContent = scores
    .map(([label, name]) => `${label} ${episode[`${name}_score`].toFixed(2)}`).join(" · ");
  part("bookmark").setAttribute("aria-label", `Bookmark: ${episode.title}`);
  part("dismiss").setAttribute("aria-label", `Not interested: ${episode.title}`);
  part("gone-text").textContent = `Noted: less like “${episode.title}”.`;

  const ids = {}; // one for each type: a retry is no second engagement
  const toggle = (type, done) => {
    const before = engagements.filter((one) => one.type === type && one.episode_id === episode.id);
    const made = engagement(ids[type] ??= crypto.randomUUID(), episode, type);
    if (before.length) change([], before); else change([made], [], done);
  };
  part("bookmark").onclick = () => toggle("bookmark", "Bookmarked.");
  part("dismiss").onclick = part("undo").onclick = () => toggle("not_interested", "Noted.");

  item.draw = () => {
    const did = (type) => engagements.some((one) => one.type === type && one.episode_id === episode.id);
    const minutes = Math.round((episode.duration_s ?? 0) / 60);
    const facts = [age(episode.published_at), minutes && `${minutes} min`, episode.explicit && "explicit"];
    const topics = (episode.categories?.major ?? []).slice(0, 2);
    part("facts").textContent = [...facts, ...topics].filter(Boolean).join(" · ");
    part("bookmark").setAttribute("aria-pressed", did("bookmark"));
    const gone = did("not_interested");
    if (gone === !part("gone").hidden) return;
    const focused = item.contains(document.activeElement);
    part("art").hidden = part("body").hidden = gone;
    part("gone").hidden = !gone;
    if (focused) part(gone ? "undo" : "dismiss").focus();
  };
  return item;
}

function link(episode) {
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: episode.url, target: "_blank", rel: "noopener", textContent: episode.title });
  anchor.onclick = () => { record(engagement(crypto.randomUUID(), episode, "click")).catch(() => {}); };
  return anchor;
}

// Engagements: on the server for a named user, in this browser for an anonymous one

function engagement(id, episode, type) {
  return { id, episode_id: episode.id, type, episode_title: episode.title, series_name: episode.series?.name };
}

async function record(made) {
  if (user) return api("POST", "/me/engagements", made); // at the server's time
  const others = memory.read("engagements", []).filter(({ id }) => id !== made.id);
  return memory.write("engagements", [{ ...made, timestamp: now().toISOString() }, ...others].slice(0, KEPT));
}

async function forget({ id }) {
  if (!user) return memory.write("engagements", memory.read("engagements", []).filter((one) => one.id !== id));
  return api("DELETE", `/me/engagements/${encodeURIComponent(id)}`)
    .catch((problem) => { if (problem.status !== 404) throw problem; }); // gone is what was wanted
}

// What an anonymous listener sends along.
function known() {
  const done = memory.read("engagements", []).map(({ episode_title, series_name, ...one }) => one);
  return { engagements: done, category_interests: memory.read("interests", []) };
}

function change(more, less, done) {
  const turn = (to, from) => {
    engagements = [...to, ...engagements.filter((one) => !from.includes(one))];
    draw();
  };
  turn(more, less);
  save(() => Promise.all([...more.map(record), ...less.map(forget)]), () => turn(less, more), done);
}

// What was pressed shows at once; if it cannot be saved, it is taken back and said.
function save(write, takeBack, done) {
  saving = saving.then(write).then(
    () => { if (done) hint(`${done} See the feed bend:`); },
    (problem) => {
      takeBack();
      hint(`Not saved: ${problem.detail || problem.title}`);
    },
  );
}

function toggleInterest(name) {
  const chosen = interests;
  const flip = () => {
    if (!chosen.delete(name)) chosen.add(name);
    draw();
  };
  const write = async () => {
    if (user) await api("PATCH", "/me", { category_interests: [...chosen] });
    else memory.write("interests", [...chosen]);
  };
  flip();
  save(write, flip, "Interests saved.");
}

// All on the page that follows from what the listener did, and from the clock.
function draw() {
  for (const item of $("feed").children) item.draw?.();
  for (const chip of $("chips").children) chip.setAttribute("aria-pressed", !!interests?.has(chip.textContent));
  $("interests").hidden = !interests || !$("chips").children.length;
  const bookmarks = engagements.filter(({ type }) => type === "bookmark");
  $("bookmarks").hidden = !bookmarks.length;
  $("bookmarks-title").textContent = `Your bookmarks (${bookmarks.length})`;
  $("bookmarks-list").replaceChildren(...bookmarks.map((one) => {
    const item = $("kept").content.firstElementChild.cloneNode(true);
    item.firstElementChild.textContent = one.episode_title || one.episode_id;
    item.lastElementChild.setAttribute("aria-label", `Remove: ${one.episode_title || one.episode_id}`);
    item.lastElementChild.onclick = () => { change([], [one], "Removed."); $("bookmarks-title").focus(); };
    return item;
  }));
}

// Who is listening

async function loadUser() {
  const who = user;
  $("user").value = who;
  interests = who ? null : new Set(memory.read("interests", []));
  engagements = who ? [] : memory.read("engagements", []);
  draw();
  startSession();
  if (!who) return;
  // The feed does not wait for these, nor fail with them.
  const [profile, list] = await Promise.allSettled([api("GET", "/me"), api("GET", `/me/engagements?limit=${KEPT}`)]);
  if (who !== user) return;
  const pressed = new Set(engagements.map(({ id }) => id)); // meanwhile
  engagements.push(...(list.value?.engagements ?? []).filter(({ id }) => !pressed.has(id)));
  if (profile.value) interests = new Set(profile.value.category_interests);
  draw();
}

async function loadCategories() {
  categories = api("GET", "/categories").catch(() => { categories = null; });
  const found = (await categories)?.categories ?? [];
  $("chips").replaceChildren(...found.filter(({ kind }) => kind === "major").map(({ name }) => {
    const chip = document.createElement("button");
    return Object.assign(chip, { type: "button", textContent: name, onclick: () => toggleInterest(name) });
  }));
  draw();
}

async function setClock() {
  const { catalog } = await api("GET", "/health").catch(() => ({}));
  if (catalog) aheadMs = Date.now() - Date.parse(catalog.created_at) - catalog.age_s * 1000;
  draw();
}

// Messages

function showNotice(title, detail, retry = startSession, label = "Try again") {
  $("notice-title").textContent = title;
  $("notice-detail").textContent = detail;
  $("retry").textContent = label;
  $("retry").onclick = () => { $("feed").focus(); retry(); };
  $("notice").hidden = false;
  announce(`${title}. ${detail}`);
}

function showProblem(problem, retry) {
  if (problem.type === "urn:earshot:problem:no-catalog") {
    showNotice("The catalog is being built", "This page tries again by itself.", retry);
    autoRetry = setTimeout(retry, problem.retryAfterS * 1000);
    return;
  }
  if (problem instanceof Error) console.error(problem); // of this page, not of the API
  showNotice(problem.title ?? "This page stumbled over the answer", problem.detail ?? problem.message, retry);
}

function hint(text) {
  $("hint-text").textContent = text;
  $("hint").hidden = false;
  announce(text);
}

const announce = (text) => { $("live").textContent = text; };

// Words

const WITHOUT = { // what `degraded` names
  summary_missing: "new listener", summary_timeout: "your history came too late",
  summary_unavailable: "your history is out of reach", summary_unreadable: "your history cannot be read",
  freshness_widened: "older episodes included", series_limit_relaxed: "more from the same series",
  clock_ahead: "a device's clock runs ahead", catalog_unreachable: "newer catalog out of reach",
  catalog_broken: "newer catalog is damaged", catalog_too_large: "newer catalog is too large",
  catalog_missing: "catalog was withdrawn",
};
const initials = (name) => name.trim().split(/\s+/).filter((word) => !/^(the|a|an|and|of|la|el|und|y|sin|\W+)$/iu.test(word))
  .slice(0, 2).map((word) => ([...word][0] ?? "").toUpperCase()).join("");
const hue = (text) => [...text].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
const now = () => new Date(Date.now() - aheadMs);

function intro({ cold_start: cold, user_vector_episodes: episodes }) {
  if (cold) return "The best of everything, until you pick an interest or bookmark something.";
  if (!episodes) return "Chosen from your interests.";
  const last = episodes === 1 ? "the last episode" : `the last ${episodes} episodes`;
  return `Chosen from ${last} you picked${interests?.size ? " and your interests" : ""}.`;
}

function age(date) {
  const days = Math.max(0, Math.floor((now() - new Date(date)) / 86_400_000));
  if (!Number.isFinite(days)) return "";
  const [unit, size] = days < 14 ? ["day", 1] : days < 60 ? ["week", 7] : ["month", 30];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(days / size), unit);
}

$("user").onchange = async () => {
  await saving; // under the name that it was pressed by
  user = $("user").value;
  memory.write("user", user);
  loadUser();
};
$("new-session").onclick = startSession;
$("hint-session").onclick = () => { startSession(); scrollTo({ top: 0 }); $("feed").focus(); };
$("hint-close").onclick = () => { $("hint").hidden = true; };
$("more").onclick = showMore;
loadCategories();
loadUser();
