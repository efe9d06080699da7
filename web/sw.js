// The service worker: the shell works without a connection. Of the API nothing is kept, so no device shows
// another listener's feed. The network comes first: a new version is there with the next load.

const CACHE = "earshot-shell";
const SHELL = [
  "./", "style.css", "icons.svg", "icon.svg", "icon-192.png", "icon-512.png", "manifest.webmanifest",
  ...["actions", "api", "art", "auth-firebase", "auth-local", "auth", "card", "clock", "dom", "feed", "interests", "library",
    "lists", "main", "memory", "outbox", "player", "router", "row", "why", "words", "you"].map((name) => `js/${name}.js`),
];
const SIGN_IN = /\/__\/firebase\/init\.json$|^https:\/\/www\.gstatic\.com\/firebasejs\//;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.url.split(/[?#]/)[0];
  const shell = SHELL.some((path) => new URL(path, self.registration.scope).href === address) || SIGN_IN.test(address);
  if (request.method === "GET" && shell) event.respondWith(fresh(request));
});

/** @param {Request} request */
async function fresh(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
