// What is known of the listener: engagements and profile, the server's and what waits in the outbox, as one.
// Whatever is done shows at once.

import { call } from "./api.js";
import { serverTime } from "./clock.js";
import { changed, Outbox } from "./outbox.js";

const KEPT = 500; // as many engagements as a summary holds
/** @type {Profile} */
const NOTHING = { category_interests: [], followed_series: [], muted_series: [] };

class Library extends EventTarget {
  outbox = new Outbox(null);
  /** @type {Map<string, string>} */
  seriesNames = new Map();
  /** @type {Engagement[]} newest first */
  engagements = [];
  profile = NOTHING;
  /** @type {"loading" | "loaded" | "failed"} */
  state = "loading";

  /** Open the library of this listener; the feed does not wait for it. @param {string | null} uid */
  async open(uid) {
    this.outbox.close();
    const outbox = this.outbox = new Outbox(uid);
    outbox.addEventListener("change", () => this.dispatchEvent(new Event("outbox")));
    outbox.addEventListener("refused", (event) => {
      this.dispatchEvent(new CustomEvent("refused", { detail: /** @type {CustomEvent} */ (event).detail.problem }));
      this.load();
    });
    outbox.drain();
    [this.engagements, this.profile] = overlay([], NOTHING, outbox.writes);
    this.tell();
    await this.load();
  }

  async load() {
    const { outbox } = this;
    this.state = "loading";
    if (outbox.uid === null) return this.tell("loaded");
    const how = { as: outbox.uid };
    const [profile, list] = await Promise.allSettled([
      call("GET", "/me", undefined, how), call("GET", `/me/engagements?limit=${KEPT}`, undefined, how)]);
    if (outbox !== this.outbox) return; // somebody else listens by now
    [this.engagements, this.profile] = overlay(
      list.status === "fulfilled" ? list.value.engagements : this.engagements,
      profile.status === "fulfilled" ? profile.value : this.profile, outbox.writes);
    this.nameSeries();
    this.tell(profile.status === list.status && list.status === "fulfilled" ? "loaded" : "failed");
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

  /**
   * @param {EngagementType} type @param {Episode} episode
   * @param {{id?: string, progress?: number}} [more] an `id` that was recorded before is changed
   */
  record(type, episode, { id = crypto.randomUUID(), progress } = {}) {
    const names = { episode_title: episode.title.slice(0, 1000), series_name: (episode.series?.name ?? "").slice(0, 1000) };
    /** @type {Engagement} */
    const body = { id, episode_id: episode.id, type, ...names, ...(progress === undefined ? {} : { progress }) };
    const at = Date.now();
    const others = this.engagements.filter((one) => one.id !== id);
    this.engagements = [{ ...body, timestamp: serverTime(at).toISOString() }, ...others];
    this.outbox.add({ op: "engage", id, at, body });
    this.tell();
    return body;
  }

  /** @param {Engagement} engagement */
  remove({ id }) {
    this.engagements = this.engagements.filter((one) => one.id !== id);
    this.outbox.add({ op: "remove", id, at: Date.now() });
    this.tell();
  }

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
    this.profile = { ...this.profile, [field]: changed(this.profile[field], { value, on }) };
    this.outbox.add({ op: "list", id: `${field}:${value}`, field, value, on, at: Date.now() });
    this.tell();
  }

  /** Reset the feed: all engagements go, the profile stays. */
  async reset() {
    await call("DELETE", "/me/engagements");
    this.outbox.edit((writes) => writes.filter(({ op }) => op === "list"));
    this.engagements = [];
    this.tell();
  }

  /** Delete everything known of the listener. @returns {Promise<Receipt>} */
  async forget() {
    const receipt = await call("DELETE", "/me");
    this.outbox.forget();
    [this.engagements, this.profile] = [[], NOTHING];
    this.tell();
    this.dispatchEvent(new Event("forgotten"));
    return receipt;
  }
}

/**
 * What the server knows with what waits to be sent.
 * @param {Engagement[]} engagements @param {Profile} profile @param {Write[]} writes
 * @returns {[Engagement[], Profile]}
 */
function overlay(engagements, profile, writes) {
  for (const write of writes) {
    if (write.op === "list") {
      profile = { ...profile, [write.field]: changed(profile[write.field], write) };
      continue;
    }
    const stored = engagements.find(({ id }) => id === write.id);
    engagements = engagements.filter(({ id }) => id !== write.id);
    if (write.op === "remove") continue;
    engagements = [{ timestamp: serverTime(write.at).toISOString(), ...stored, ...write.body }, ...engagements];
  }
  return [engagements, profile];
}

export const library = new Library();
