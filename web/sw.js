// After one visit the shell works without a connection. The network comes first, so the next load has the newest version.
// A page that came from the cache also gets its modules from there, so that versions never mix.

const CACHE = "earshot-shell";
const SDK = "https://www.gstatic.com/firebasejs/12.6.0"; // as in js/auth/firebase.js
const MODULES = {
  "js/http": ["event-stream", "problem"],
  "js/auth": ["auth", "call", "firebase", "local"],
  "js/episode": ["actions", "art", "card", "items", "menu", "why"],
  "js/feed": ["feed", "interests", "session", "shelves"],
  "js/library": ["impressions", "kept", "library", "outbox", "queue"],
  "js": ["device", "main", "router", "start"],
  "js/pages": ["ask", "episode", "lists", "names", "parts", "playing", "search", "suggestions", "you"],
  "js/player": ["bar", "media-session", "player"],
  "js/ui": ["dom", "text"],
  languages: ["de"],
};
const SHELL = [
  "./", "config.json", "style.css", "styles/pages.css", "icons.svg", "icon.svg", "icon-192.png", "icon-512.png", "manifest.webmanifest",
  ...Object.entries(MODULES).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}.js`)),
].map((path) => new URL(path, self.registration.scope).href);
const SHARED = new URL("episode/", self.registration.scope).href;
const INIT = new URL("/__/firebase/init.json", self.registration.scope).href;
const SIGN_IN = ["app", "auth", "app-check"].map((name) => `${SDK}/firebase-${name}.js`);
/** The ids of pages that came from the cache. @type {Set<string>} */
const cached = new Set();

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.url.split(/[?#]/)[0];
  if (request.method === "GET" && [...SHELL, INIT, ...SIGN_IN].includes(address)) event.respondWith(fresh(event, address));
  else if (request.mode === "navigate" && address.startsWith(SHARED)) event.respondWith(fetch(request).catch(() => inApp(address)));
});

/** Where the page of a shared episode leads, without a connection, too. @param {string} address */
const inApp = (address) => Response.redirect(`${self.registration.scope}#/episode/${address.slice(SHARED.length)}`);

/** Caches the shell and, if possible, what sign-in needs, so that one visit is enough. */
async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((address) => new Request(address, { cache: "no-cache" })));
  try {
    await cache.add(INIT);
    const { apiKey } = await (await cache.match(INIT)).json();
    const { app_check_site_key: siteKey } = await (await cache.match(new URL("config.json", self.registration.scope).href)).json();
    if (apiKey) await cache.addAll(siteKey ? SIGN_IN : SIGN_IN.slice(0, 2));
  } catch (error) {
    console.warn("Kept without sign-in:", error); // the next visit retries
  }
}

/** @param {FetchEvent} event @param {string} address */
async function fresh({ request, clientId, resultingClientId }, address) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(address);
  if (kept && cached.has(clientId) && address.endsWith(".js")) return kept;
  const answer = await fetch(request).catch((error) => {
    if (!kept) throw error;
  });
  if (answer?.ok) await cache.put(address, answer.clone());
  if (answer && (answer.status < 500 || !kept)) return answer;
  if (request.mode === "navigate") cached.add(resultingClientId);
  return kept;
}
