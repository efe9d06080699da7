// A visit with a bad connection: engagements are recorded offline, survive a restart of the app, and are sent once.
//
//   EARSHOT=https://…/api EARSHOT_UID=… EARSHOT_ID_TOKEN=… npm start

import { Earshot } from "./earshot.ts";
import { openStorage, type KeptStorage } from "./storage.ts";

declare const process: { env: Record<string, string> };
const { EARSHOT = "", EARSHOT_UID = "", EARSHOT_ID_TOKEN = "" } = process.env;
const NOWHERE = "http://127.0.0.1:9/api"; // where no server answers

/** Stands for the device's storage. It answers later, as AsyncStorage does. */
const kept = new Map<string, string>();
const device: KeptStorage = {
  getItem: async (key) => kept.get(key) ?? null,
  setItem: async (key, text) => void kept.set(key, text),
  removeItem: async (key) => void kept.delete(key),
};

/** Starts the app: signs in, and opens the user's outbox. */
async function open(api: string) {
  const storage = await openStorage(device, [...kept.keys()]);
  const refused = ({ detail }: { detail: string }) => console.log(`refused: ${detail}`);
  return { storage, earshot: new Earshot({ api, uid: EARSHOT_UID, idToken: async () => EARSHOT_ID_TOKEN, storage, refused }) };
}

const first = await open(EARSHOT);
const page = await first.earshot.createSession({ limit: 5 });
for (const { title, reason } of page.episodes) console.log(`${title} (${reason.text})`);
const known = await first.earshot.cards(["gone from the catalog", page.episodes[0]!.id]);
console.log(`looked up: ${known.map(({ title }) => title).join()}`);
first.earshot.close();

const offline = await open(NOWHERE);
const [liked, heard, mistaken] = page.episodes;
offline.earshot.record("like", liked!);
offline.earshot.record("listen", heard!, 0.95);
offline.earshot.remove(offline.earshot.record("bookmark", mistaken!));
await offline.earshot.outbox.drain();
console.log(`offline: ${offline.earshot.outbox.waiting.length} writes wait`);
await offline.storage.settled();
offline.earshot.close();

const again = await open(EARSHOT);
await again.earshot.outbox.drain();
console.log(`online: ${again.earshot.outbox.waiting.length} writes wait`);
const queue: string[] = [];
for await (const { id } of again.earshot.episodes({ limit: 50 })) queue.push(id);
console.log(`next session: ${queue.length} episodes, with the liked one: ${queue.includes(liked!.id)}`);
again.earshot.close();
