// The listener's engagements and profile: the server's state with the outbox's writes applied.
// Every change shows at once.

import { device, serverTime } from "../device.js";
import { auth } from "../auth/auth.js";
import { call, request } from "../auth/call.js";
import { key } from "./impressions.js";
import { changed, Outbox, withoutTitles, withTimestamp } from "./outbox.js";

const MAX_ENGAGEMENTS = 500; // as many engagements as a summary holds
/** @type {Profile} */
const EMPTY_PROFILE = { category_interests: [], followed_series: [], muted_series: [], muted_categories: [] };

/** @param {string | null} uid @param {(refused?: import("../http/problem.js").Problem) => void} tell */
function openOutbox(uid, tell) {
  return new Outbox(uid, {
    storage: device,
    fetch: (path, init) => request(path, init, uid),
    clock: { now: Date.now, date: serverTime },
    tell,
    ready: () => auth().known,
    // From one tab at a time, where the browser supports locks.
    alone: async (name, send) => navigator.locks ? navigator.locks.request(name, send).catch(send) : send(),
  });
}

/** Emits `change`, `outbox`, `refused`, `recorded` and `forgotten`. */
class Library extends EventTarget {
  outbox = openOutbox(null, () => {});
  /** @type {Map<string, string>} */
  seriesNames = new Map();
  /** @type {Engagement[]} newest first */
  engagements = [];
  profile = EMPTY_PROFILE;
  /** @type {string | null} */
  older = null;
  /** @type {"loading" | "loaded" | "failed"} */
  state = "loading";

  /** @param {string | null} uid @param {string | null} [before] a listener who does not return: their unsent writes are adopted */
  open(uid, before) {
    this.outbox.close();
    this.outbox = openOutbox(uid, (refused) => {
      this.dispatchEvent(refused ? new CustomEvent("refused", { detail: refused }) : new Event("outbox"));
      if (refused) this.load();
    });
    if (before !== undefined) this.outbox.adopt(openOutbox(before, () => {}));
    for (const [id, name] of this.kept.series) this.seriesNames.set(id, name);
    Object.assign(this, withWrites(this.kept, this.outbox.writes));
    this.state = "loading";
    this.older = null;
  }

  /** The copy on this device, of one listener at a time. @returns {KeptLibrary} */
  get kept() {
    const { uid } = this.outbox;
    const kept = device.read("library", /** @type {KeptLibrary | null} */ (null));
    if (kept?.uid !== uid) return { uid, engagements: [], profile: EMPTY_PROFILE, series: [] };
    return { ...kept, profile: { ...EMPTY_PROFILE, ...kept.profile } }; // an earlier version kept fewer lists
  }

  /** Whether guests are not allowed and nobody is signed in: writes then stay on this device. */
  get withoutUser() { return this.outbox.uid === null && auth().known; }

  /**
   * Shows a state with later writes applied, and stores it on the device.
   * @param {Known} known @param {Write[]} writes @param {Known} kept the state to store, if another tab may have added to it
   */
  take(known, writes, kept = known) {
    Object.assign(this, withWrites(known, writes));
    const { profile, engagements } = withWrites(kept, writes);
    const { uid } = this.outbox;
    device.write("library", { uid, profile, engagements: engagements.slice(0, MAX_ENGAGEMENTS), series: [...this.seriesNames] });
  }

  /** Loads the server's state; the feed does not wait for it. */
  async load() {
    const { outbox } = this;
    if (this.withoutUser) return this.tell("loaded");
    this.tell("loading");
    const how = { as: outbox.uid };
    const [profile, list] = await Promise.allSettled([
      call("GET", "/me", undefined, how), call("GET", `/me/engagements?limit=${MAX_ENGAGEMENTS}`, undefined, how)]);
    if (outbox !== this.outbox) return; // the listener has changed
    if (list.status === "fulfilled") this.older = list.value.next_cursor;
    this.take({
      profile: profile.status === "fulfilled" ? profile.value : this.profile,
      engagements: list.status === "fulfilled" ? list.value.engagements : this.engagements,
    }, outbox.writes);
    this.tell(profile.status === "fulfilled" && list.status === "fulfilled" ? "loaded" : "failed");
  }

  async loadOlder() {
    const { outbox, older } = this;
    if (!older) return;
    const page = await call("GET", `/me/engagements?limit=${MAX_ENGAGEMENTS}&cursor=${encodeURIComponent(older)}`, undefined, { as: outbox.uid });
    if (outbox !== this.outbox) return;
    this.older = page.next_cursor;
    this.take({ ...this, engagements: [...this.engagements, ...page.engagements] }, outbox.writes);
    this.tell();
  }

  /** @param {Library["state"]} [state] */
  tell(state = this.state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {EngagementType} type @param {string} episodeId */
  did(type, episodeId) {
    return this.engagements.find((one) => one.type === type && one.episode_id === episodeId);
  }

  /** @param {Write} write */
  add(write) {
    this.take(this, [write], this.kept);
    this.outbox.add(write);
    this.tell();
  }

  /**
   * @param {EngagementType} type @param {Episode} episode
   * @param {{id?: string, progress?: number}} [more] an `id` that was recorded before is updated
   */
  record(type, episode, { id = crypto.randomUUID(), ...more } = {}) {
    const names = { episode_title: episode.title.slice(0, 1000), series_name: (episode.series?.name ?? "").slice(0, 1000) };
    this.dispatchEvent(new CustomEvent("recorded", { detail: episode }));
    this.add({ op: "engage", id, at: Date.now(), body: { id, episode_id: episode.id, type, ...names, ...more } });
  }

  /** @param {Engagement} engagement */
  remove({ id }) { this.add({ op: "remove", id, at: Date.now() }); }

  /** Undoes a removal, at the original time. @param {Engagement} body */
  restore(body) { this.add({ op: "engage", id: body.id, at: Date.now(), body }); }

  /** @param {EngagementType} type @param {Episode} episode @returns {boolean} whether it is on now */
  toggle(type, episode) {
    const before = this.engagements.filter((one) => one.type === type && one.episode_id === episode.id);
    if (before.length) before.forEach((one) => this.remove(one)); else this.record(type, episode);
    return !before.length;
  }

  /** @param {ListField} field @param {string} value */
  has(field, value) { return this.profile[field].includes(value); }

  /** @param {ListField} field @param {string} value @param {boolean} on */
  set(field, value, on) {
    this.add({ op: "list", id: `${field}:${value}`, field, value, on, at: Date.now() });
  }

  /** Writes that the next session's request carries, because the server may not have them yet. */
  get unsynced() {
    const { writes } = this.outbox;
    const lists = writes.filter((one) => one.op === "list");
    /** @param {ListField} name */
    const added = (name) => lists.filter(({ field, on }) => field === name && on).map(({ value }) => value);
    const interests = this.state === "loaded" && lists.some(({ field }) => field === "category_interests");
    return {
      engagements: writes.filter((one) => one.op === "engage").map((one) => withoutTitles(withTimestamp(one, serverTime))).slice(-MAX_ENGAGEMENTS),
      muted_series: added("muted_series"),
      muted_categories: added("muted_categories"),
      ...(interests && { category_interests: this.profile.category_interests }),
    };
  }

  /** Drops what is on the device. @param {(write: Write) => boolean} which @param {Profile} profile that remains */
  drop(which, profile) {
    this.outbox.drop(which);
    device.drop(key(this.outbox.uid));
    this.older = null;
    this.take({ engagements: [], profile }, this.outbox.writes);
    this.tell();
  }

  /** Resets the feed: deletes all engagements, keeps the profile. */
  async reset() {
    if (!this.withoutUser) await call("DELETE", "/me/engagements", undefined, { as: this.outbox.uid });
    this.drop(({ op }) => op !== "list", this.profile);
  }

  /** @returns {Promise<Receipt>} */
  async forget() {
    const receipt = await call("DELETE", "/me", undefined, { as: this.outbox.uid });
    this.drop(() => true, EMPTY_PROFILE);
    this.dispatchEvent(new Event("forgotten"));
    return receipt;
  }
}

/** @param {Engagement} engagement */
const time = ({ timestamp = "" }) => Date.parse(timestamp);

/** @param {Known} known @param {Write[]} writes */
function withWrites({ engagements, profile }, writes) {
  for (const write of writes) {
    if (write.op === "list") {
      profile = { ...profile, [write.field]: changed(profile[write.field], write) };
      continue;
    }
    const stored = engagements.find(({ id }) => id === write.id);
    engagements = engagements.filter(({ id }) => id !== write.id);
    if (write.op === "engage") engagements = [{ ...stored, ...withTimestamp(write, serverTime) }, ...engagements];
  }
  return { engagements: engagements.toSorted((one, other) => time(other) - time(one)), profile };
}

export const library = new Library();
addEventListener("online", () => library.outbox.tries.hurry());
addEventListener("storage", () => library.outbox.tell()); // another tab has written
addEventListener("beforeunload", (event) => { if (library.outbox.volatile) event.preventDefault(); });
