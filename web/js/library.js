// What is known of the listener: engagements and profile, the server's and what waits in the outbox, as one.
// Whatever is done shows at once.

import { call } from "./api.js";
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

  /** Open the library of this listener, with what waits. @param {string | null} uid */
  open(uid) {
    this.outbox.close();
    this.outbox = new Outbox(uid, (refused) => {
      this.dispatchEvent(refused ? new CustomEvent("refused", { detail: refused }) : new Event("outbox"));
      if (refused) this.load();
    });
    this.outbox.drain();
    this.hold([], NOTHING);
  }

  /** Take what the server knows; the feed does not wait for it. */
  async load() {
    const { outbox } = this;
    if (outbox.uid === null) return this.tell("loaded");
    this.tell("loading");
    const how = { as: outbox.uid };
    const [profile, list] = await Promise.allSettled([
      call("GET", "/me", undefined, how), call("GET", `/me/engagements?limit=${KEPT}`, undefined, how)]);
    if (outbox !== this.outbox) return; // somebody else listens by now
    this.hold(list.status === "fulfilled" ? list.value.engagements : this.engagements,
      profile.status === "fulfilled" ? profile.value : this.profile);
    this.tell(profile.status === "fulfilled" && list.status === "fulfilled" ? "loaded" : "failed");
    this.nameSeries();
  }

  /** Take what the server knows, with what waits to be sent. @param {Engagement[]} engagements @param {Profile} profile */
  hold(engagements, profile) {
    for (const write of this.outbox.writes) {
      if (write.op === "list") {
        profile = { ...profile, [write.field]: changed(profile[write.field], write) };
        continue;
      }
      const stored = engagements.find(({ id }) => id === write.id);
      engagements = engagements.filter(({ id }) => id !== write.id);
      if (write.op === "engage") engagements = [{ ...timed(write), ...stored, ...write.body }, ...engagements];
    }
    [this.engagements, this.profile] = [newestFirst(engagements), profile];
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
  record(type, episode, { id = crypto.randomUUID(), ...more } = {}) {
    const names = { episode_title: episode.title.slice(0, 1000), series_name: (episode.series?.name ?? "").slice(0, 1000) };
    /** @type {Write & {op: "engage"}} */
    const write = { op: "engage", id, at: Date.now(), body: { id, episode_id: episode.id, type, ...names, ...more } };
    this.engagements = [timed(write), ...this.engagements.filter((one) => one.id !== id)];
    this.outbox.add(write);
    this.tell();
  }

  /** @param {Engagement} engagement */
  remove({ id }) {
    this.engagements = this.engagements.filter((one) => one.id !== id);
    this.outbox.add({ op: "remove", id, at: Date.now() });
    this.tell();
  }

  /** Take back that it was removed: it stands where it stood. @param {Engagement} engagement */
  restore(engagement) {
    this.engagements = newestFirst([...this.engagements, engagement]);
    this.outbox.add({ op: "engage", id: engagement.id, at: Date.now(), body: engagement });
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
    await call("DELETE", "/me/engagements");
    this.outbox.edit((writes) => writes.filter(({ op }) => op === "list"));
    this.engagements = [];
    this.tell();
  }

  /** Delete everything known of the listener. @returns {Promise<Receipt>} */
  async forget() {
    const receipt = await call("DELETE", "/me");
    this.outbox.edit(() => []);
    [this.engagements, this.profile] = [[], NOTHING];
    this.tell();
    this.dispatchEvent(new Event("forgotten"));
    return receipt;
  }
}

/** @param {Engagement} engagement */
const time = ({ timestamp = "" }) => Date.parse(timestamp);

/** @param {Engagement[]} engagements of one time, in their order */
const newestFirst = (engagements) => engagements.sort((one, other) => time(other) - time(one));

export const library = new Library();
addEventListener("online", () => library.outbox.retry());
addEventListener("storage", () => library.outbox.tell()); // another tab has written
