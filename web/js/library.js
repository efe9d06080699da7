// What is known of the listener: engagements and profile, the server's and what waits in the outbox, as one.
// Whatever is done shows at once.

import { call } from "./api.js";
import { auth } from "./auth.js";
import { device } from "./memory.js";
import { changed, Outbox, timed, untitled } from "./outbox.js";

const KEPT = 500; // as many engagements as a summary holds
/** @type {Profile} */
const NOTHING = { category_interests: [], followed_series: [], muted_series: [] };

/** Says `change`, `outbox`, `refused` and `forgotten`. */
class Library extends EventTarget {
  outbox = new Outbox(null, () => {});
  /** @type {Map<string, string>} */
  seriesNames = new Map();
  /** @type {Engagement[]} newest first */
  engagements = [];
  profile = NOTHING;
  /** @type {"loading" | "loaded" | "failed"} */
  state = "loading";

  /**
   * Open what this device kept of this listener, and what waits.
   * @param {string | null} uid
   * @param {string | null} [before] a listener who does not come back: what they left to send becomes this one's
   */
  open(uid, before) {
    this.outbox.close();
    this.outbox = new Outbox(uid, (refused) => {
      this.dispatchEvent(refused ? new CustomEvent("refused", { detail: refused }) : new Event("outbox"));
      if (refused) this.load();
    });
    if (before !== undefined) this.outbox.adopt(new Outbox(before, () => {}));
    for (const [id, name] of this.kept.series) this.seriesNames.set(id, name);
    Object.assign(this, withWrites(this.kept, this.outbox.writes));
    this.state = "loading";
  }

  /** What this device keeps, of one listener at a time. @returns {KeptLibrary} */
  get kept() {
    const { uid } = this.outbox;
    const kept = device.read("library", /** @type {KeptLibrary | null} */ (null));
    return kept?.uid === uid ? kept : { uid, engagements: [], profile: NOTHING, series: [] };
  }

  /** Whether the project allows no guests, and nobody has signed in: what one does stays on this device. */
  get withoutUser() { return this.outbox.uid === null && auth().known; }

  /**
   * Show what is known, with what was written since, and keep it.
   * @param {Known} known @param {Write[]} writes @param {Known} kept what the device keeps, if another tab may have added to it
   */
  take(known, writes, kept = known) {
    Object.assign(this, withWrites(known, writes));
    const { profile, engagements } = withWrites(kept, writes);
    const { uid } = this.outbox;
    device.write("library", { uid, profile, engagements: engagements.slice(0, KEPT), series: [...this.seriesNames] });
  }

  /** Take what the server knows; the feed does not wait for it. */
  async load() {
    const { outbox } = this;
    if (this.withoutUser) return this.tell("loaded");
    this.tell("loading");
    const how = { as: outbox.uid };
    const [profile, list] = await Promise.allSettled([
      call("GET", "/me", undefined, how), call("GET", `/me/engagements?limit=${KEPT}`, undefined, how)]);
    if (outbox !== this.outbox) return; // somebody else listens by now
    this.take({
      profile: profile.status === "fulfilled" ? profile.value : this.profile,
      engagements: list.status === "fulfilled" ? list.value.engagements : this.engagements,
    }, outbox.writes);
    this.tell(profile.status === "fulfilled" && list.status === "fulfilled" ? "loaded" : "failed");
    this.nameSeries();
  }

  /** Learn what the series of the profile are called; until then their ids have to do. */
  async nameSeries() {
    const ids = [...this.profile.followed_series, ...this.profile.muted_series].filter((id) => !this.seriesNames.has(id));
    if (!ids.length) return;
    const query = new URLSearchParams(ids.slice(0, 200).map((id) => ["id", id]));
    const { series } = await call("GET", `/series?${query}`).catch(() => ({ series: [] }));
    for (const { id, name } of series) this.seriesNames.set(id, name);
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

  /** Show it and keep it, then send it. @param {Write} write */
  add(write) {
    this.take(this, [write], this.kept);
    this.outbox.add(write);
    this.tell();
  }

  /**
   * @param {EngagementType} type @param {Episode} episode
   * @param {{id?: string, progress?: number}} [more] an `id` that was recorded before is changed
   */
  record(type, episode, { id = crypto.randomUUID(), ...more } = {}) {
    const names = { episode_title: episode.title.slice(0, 1000), series_name: (episode.series?.name ?? "").slice(0, 1000) };
    this.add({ op: "engage", id, at: Date.now(), body: { id, episode_id: episode.id, type, ...names, ...more } });
  }

  /** @param {Engagement} engagement */
  remove({ id }) { this.add({ op: "remove", id, at: Date.now() }); }

  /** Take back that it was removed: it stands where it stood. @param {Engagement} body */
  restore(body) { this.add({ op: "engage", id: body.id, at: Date.now(), body }); }

  /** @param {EngagementType} type @param {Episode} episode @returns {boolean} whether it is so now */
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

  /** What the next session has to be told, since the server may not know it yet. */
  get travelling() {
    const { writes } = this.outbox;
    const lists = writes.filter((one) => one.op === "list");
    const interests = this.state === "loaded" && lists.some(({ field }) => field === "category_interests");
    return {
      engagements: writes.filter((one) => one.op === "engage").map((one) => untitled(timed(one))).slice(-KEPT),
      muted_series: lists.filter(({ field, on }) => field === "muted_series" && on).map(({ value }) => value),
      ...(interests && { category_interests: this.profile.category_interests }),
    };
  }

  /** Reset the feed: all engagements go, the profile stays. */
  async reset() {
    if (!this.withoutUser) await call("DELETE", "/me/engagements", undefined, { as: this.outbox.uid });
    this.outbox.drop(({ op }) => op !== "list");
    this.take({ ...this, engagements: [] }, this.outbox.writes);
    this.tell();
  }

  /** Delete everything known of the listener. @returns {Promise<Receipt>} */
  async forget() {
    const receipt = await call("DELETE", "/me", undefined, { as: this.outbox.uid });
    this.outbox.drop(() => true);
    this.take({ engagements: [], profile: NOTHING }, []);
    this.tell();
    this.dispatchEvent(new Event("forgotten"));
    return receipt;
  }
}

/** @param {Engagement} engagement */
const time = ({ timestamp = "" }) => Date.parse(timestamp);

/** What is known, with what was written since. @param {Known} known @param {Write[]} writes */
function withWrites({ engagements, profile }, writes) {
  for (const write of writes) {
    if (write.op === "list") {
      profile = { ...profile, [write.field]: changed(profile[write.field], write) };
      continue;
    }
    const stored = engagements.find(({ id }) => id === write.id);
    engagements = engagements.filter(({ id }) => id !== write.id);
    if (write.op === "engage") engagements = [{ ...stored, ...timed(write) }, ...engagements];
  }
  return { engagements: engagements.toSorted((one, other) => time(other) - time(one)), profile };
}

export const library = new Library();
addEventListener("storage", () => library.outbox.tell()); // another tab has written
addEventListener("beforeunload", (event) => { if (library.outbox.fleeting) event.preventDefault(); });
