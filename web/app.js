// The For You page. Everything from the API enters the page through textContent, never as markup.

const PAGE = 10;
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
let bookmarks = new Map(); // episode id -> engagement ids
const unsaved = new Map(); // episode id -> engagement id of a failed save: a retry is no second one
let saving = Promise.resolve(); // one after the other, so that the last press wins
let categories = null; // the answer under way, null before it and when it failed
let autoRetry;

class Problem extends Error {
  constructor({ title, detail, status, retryAfter }) {
    super(title);
    Object.assign(this, { title, detail, status, retryAfter });
  }
}

async function api(method, path, body) {
  const headers = { Accept: "application/json" };
  if (user) headers["X-Demo-User"] = user;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    // keepalive: a click is still recorded when its link takes the page away.
    const keepalive = path === "/me/engagements" && method === "POST";
    const signal = AbortSignal.timeout(15_000);
    response = await fetch(`/api${path}`, { method, headers, keepalive, signal, body: body && JSON.stringify(body) });
  } catch {
    throw new Problem({ title: "The feed cannot be reached", detail: "Check the connection and try again." });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Problem({
    title: answer.title ?? `The server answered ${response.status}`,
    detail: answer.detail ?? "",
    status: response.status,
    retryAfter: Number(response.headers.get("Retry-After")) || 5,
  });
}

// Feed

async function startSession() {
  const mine = ++visit;
  clearTimeout(autoRetry);
  $("hint").hidden = $("notice").hidden = $("more").hidden = true;
  $("intro").textContent = "Choosing episodes…";
  $("feed").setAttribute("aria-busy", "true");
  $("feed").replaceChildren(...Array.from({ length: 3 }, () => {
    const placeholder = document.createElement("li");
    placeholder.className = "card waiting";
    placeholder.ariaHidden = "true";
    return placeholder;
  }));
  try {
    await saving; // what was pressed a moment ago counts
    const known = { engagements: memory.read("engagements", []), category_interests: memory.read("interests", []) };
    const page = await api("POST", "/sessions/create", { limit: PAGE, ...(user ? {} : known) });
    if (mine !== visit) return;
    $("feed").replaceChildren();
    showPage(page);
    $("intro").textContent = page.cold_start
      ? "New here: the best of everything, until you pick an interest or bookmark something."
      : "Chosen from what you like and what you did lately.";
    if (!categories) loadCategories(); // there was no catalog when they were asked for
    if (!page.episodes.length) showNotice("Nothing to show yet", "No episode is allowed by your settings right now.");
  } catch (problem) {
    if (mine !== visit) return;
    $("feed").replaceChildren();
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
    const page = await api("POST", path, { cursor: session.next_cursor, limit: PAGE });
    if (mine !== visit) return;
    const first = $("feed").children.length;
    showPage(page);
    $("feed").children[first]?.querySelector(".title").focus(); // the button may be gone
  } catch (problem) {
    if (mine === visit) showProblem(problem, showMore);
  } finally {
    $("more").disabled = false;
  }
}

function showPage(page) {
  session = page;
  $("feed").append(...page.episodes.map(card));
  $("more").hidden = !page.next_cursor;
  const shown = $("feed").children.length;
  announce(`${page.episodes.length} episodes added, ${shown} of ${page.total_in_queue} shown.`);
  const facts = [`Catalog ${page.catalog_version}`, `scenario ${page.scenario}`];
  if (page.degraded?.length) facts.push(`degraded: ${page.degraded.map(readable).join(", ")}`);
  $("footer").textContent = facts.join(" · ");
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
  part("facts").textContent = [
    age(episode.published_at), duration(episode.duration_s), episode.categories?.major?.join(", "),
    episode.explicit && "explicit",
  ].filter(Boolean).join(" · ");
  part("insight").textContent = episode.key_insight ?? episode.description ?? "";
  part("reason").textContent = episode.reason?.text ?? "";
  part("reason").hidden = !episode.reason?.text;
  const scores = [["match", "similarity"], ["quality", "quality"], ["fresh", "recency"], ["score", "final"]];
  part("scores").textContent = scores
    .filter(([, name]) => Number.isFinite(episode[`${name}_score`]))
    .map(([label, name]) => `${label} ${episode[`${name}_score`].toFixed(2)}`).join(" · ");

  part("bookmark").dataset.episode = episode.id;
  part("bookmark").setAttribute("aria-label", `Bookmark: ${episode.title}`);
  part("dismiss").setAttribute("aria-label", `Not interested: ${episode.title}`);
  part("gone-text").textContent = `Noted: less like “${episode.title}”.`;
  markBookmark(part("bookmark"));
  part("bookmark").onclick = () => toggleBookmark(episode);
  let dismissal;
  const fold = (gone) => {
    part("art").hidden = part("body").hidden = gone;
    part("gone").hidden = !gone;
    part(gone ? "undo" : "dismiss").focus();
  };
  part("dismiss").onclick = () => {
    dismissal ??= crypto.randomUUID(); // kept for a retry, so that it is one engagement
    fold(true);
    attempt(() => record(dismissal, episode, "not_interested"), () => fold(false), "Noted.");
  };
  part("undo").onclick = () => {
    fold(false);
    const id = dismissal;
    attempt(() => forget(id).then(() => { dismissal = undefined; }), () => fold(true));
  };
  return item;
}

function link(episode) {
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: episode.url, target: "_blank", rel: "noopener", textContent: episode.title });
  anchor.onclick = () => { record(crypto.randomUUID(), episode, "click").catch(() => {}); };
  return anchor;
}

// Engagements: on the server for a named user, in this browser for an anonymous one

async function record(id, episode, type) {
  if (user) {
    const names = { episode_title: episode.title, series_name: episode.series?.name };
    return api("POST", "/me/engagements", { id, episode_id: episode.id, type, ...names });
  }
  const entry = { id, episode_id: episode.id, type, timestamp: new Date().toISOString() };
  const others = memory.read("engagements", []).filter((known) => known.id !== id);
  return memory.write("engagements", [entry, ...others].slice(0, KEPT));
}

async function forget(id) {
  if (user) {
    return api("DELETE", `/me/engagements/${encodeURIComponent(id)}`)
      .catch((problem) => { if (problem.status !== 404) throw problem; }); // gone is what was wanted
  }
  return memory.write("engagements", memory.read("engagements", []).filter((known) => known.id !== id));
}

function toggleBookmark(episode) {
  const before = bookmarks.get(episode.id);
  const set = (ids) => {
    if (ids) bookmarks.set(episode.id, ids); else bookmarks.delete(episode.id);
    document.querySelectorAll(".bookmark").forEach(markBookmark);
  };
  if (before) {
    set(undefined);
    attempt(() => Promise.all(before.map(forget)), () => set(before));
    return;
  }
  const id = unsaved.get(episode.id) ?? crypto.randomUUID();
  const save = () => record(id, episode, "bookmark").then(() => unsaved.delete(episode.id));
  set([id]);
  unsaved.set(episode.id, id);
  attempt(save, () => set(undefined), "Bookmarked.");
}

function markBookmark(button) {
  button.setAttribute("aria-pressed", bookmarks.has(button.dataset.episode));
}

// What was pressed shows at once; if it cannot be saved, it is taken back and said.
function attempt(save, takeBack, done) {
  saving = saving.then(save).then(
    () => { if (done) hint(`${done} See the feed bend:`); },
    (problem) => {
      takeBack();
      hint(`Not saved: ${problem.detail || problem.title || problem}`);
    },
  );
}

// Who is listening

async function loadUser() {
  const who = user;
  $("user").value = who;
  bookmarks = new Map();
  unsaved.clear();
  interests = who ? null : new Set(memory.read("interests", []));
  if (!who) addBookmarks(memory.read("engagements", []));
  markChips();
  startSession();
  if (!who) return;
  // The feed does not wait for these, nor fail with them.
  const [profile, list] = await Promise.allSettled([api("GET", "/me"), api("GET", `/me/engagements?limit=${KEPT}`)]);
  if (who !== user) return;
  if (list.value) addBookmarks(list.value.engagements);
  if (profile.value) interests = new Set(profile.value.category_interests ?? []);
  markChips();
}

function addBookmarks(engagements) {
  for (const { id, episode_id: episode, type } of engagements) {
    if (type === "bookmark") bookmarks.set(episode, [...(bookmarks.get(episode) ?? []), id]);
  }
  document.querySelectorAll(".bookmark").forEach(markBookmark);
}

async function loadCategories() {
  categories = api("GET", "/categories").catch(() => { categories = null; });
  const known = (await categories)?.categories ?? [];
  $("chips").replaceChildren(...known.filter(({ kind }) => kind === "major").map(({ name }) => {
    const chip = document.createElement("button");
    Object.assign(chip, { type: "button", textContent: name, onclick: () => toggleInterest(name) });
    return chip;
  }));
  markChips();
}

function markChips() {
  for (const chip of $("chips").children) chip.setAttribute("aria-pressed", !!interests?.has(chip.textContent));
  $("interests").hidden = !interests || !$("chips").children.length;
}

function toggleInterest(name) {
  const chosen = interests;
  const flip = () => {
    if (!chosen.delete(name)) chosen.add(name);
    markChips();
  };
  const save = async () => {
    if (user) await api("PATCH", "/me", { category_interests: [...chosen] });
    else memory.write("interests", [...chosen]);
  };
  flip();
  attempt(save, flip, "Interests saved.");
}

// Messages

function showNotice(title, detail, retry = startSession) {
  $("notice-title").textContent = title;
  $("notice-detail").textContent = detail;
  $("retry").onclick = retry;
  $("notice").hidden = false;
  announce(`${title}. ${detail}`);
}

function showProblem(problem, retry) {
  if (problem.status === 503) {
    showNotice("The catalog is being built", `${problem.detail || problem.title} This page tries again by itself.`, retry);
    autoRetry = setTimeout(retry, problem.retryAfter * 1000);
  } else if (problem instanceof Problem) showNotice(problem.title, problem.detail, retry);
  else {
    console.error(problem);
    showNotice("This page stumbled over the answer", "The browser's console says more.", retry);
  }
}

function hint(text) {
  $("hint-text").textContent = text;
  $("hint").hidden = false;
  announce(text);
}

function announce(text) { $("live").textContent = text; }

// Words

const readable = (name) => String(name).replace(/[_-]+/g, " ");
const initials = (name) => name.split(/\s+/).filter((word) => !/^(the|a|an|and|of|la|el|und|y|sin)$/i.test(word))
  .slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
const hue = (text) => [...text].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);

function age(date) {
  const days = Math.floor((Date.now() - new Date(date)) / 86_400_000);
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  if (!Number.isFinite(days)) return "";
  if (days < 14) return words.format(-Math.max(days, 0), "day");
  return days < 60 ? words.format(-Math.floor(days / 7), "week") : words.format(-Math.floor(days / 30), "month");
}

function duration(seconds) {
  const minutes = Math.round((seconds ?? 0) / 60);
  if (!minutes) return "";
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
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
