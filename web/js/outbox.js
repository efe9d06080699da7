// The outbox: every write of one listener, in order, kept on the device until the API has confirmed it.
// What was sent twice is one engagement, since its `id` is ours. A write that was confirmed stays a while:
// the triggers may not have reached the summary yet, so it still travels with the next session.

import { call, Problem } from "./api.js";
import { serverTime } from "./clock.js";
import { device } from "./memory.js";

export const LAG_MS = 30_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export class Outbox extends EventTarget {
  /** @param {string | null} uid null: nobody's, so nothing is sent; it travels with every session */
  constructor(uid) {
    super();
    this.uid = uid;
    this.key = `outbox.${uid ?? ""}`;
    this.closed = false;
    this.waitMs = FIRST_WAIT_MS;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | null} */
    this.draining = null;
    this.life = new AbortController();
    const { signal } = this.life;
    addEventListener("online", () => { this.waitMs = FIRST_WAIT_MS; this.drain(); }, { signal });
    addEventListener("storage", () => this.dispatchEvent(new Event("change")), { signal }); // by another tab
  }

  /** All that is on the device, oldest first; another tab of the same listener may have added to it. @returns {Write[]} */
  get writes() {
    const now = Date.now();
    return device.read(this.key, /** @type {Write[]} */ ([])).filter(({ doneAt }) => !doneAt || now - doneAt < LAG_MS);
  }

  /** Those not confirmed yet. */
  get waiting() { return this.writes.filter(({ doneAt }) => !doneAt); }

  /** @param {(writes: Write[]) => Write[]} change */
  edit(change) {
    const writes = change(this.writes);
    if (writes.length) device.write(this.key, writes); else device.drop(this.key);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Write} write It takes the place of an earlier one with its id. */
  add(write) {
    this.edit((writes) => [...writes.filter(({ id }) => id !== write.id), write]);
    this.drain();
  }

  /** Whether the last try failed, and another will come. */
  get failing() { return this.timer !== undefined; }

  /** Send what waits, one after the other; after a failure later again. @returns {Promise<void>} */
  drain() {
    if (this.uid === null || this.closed) return Promise.resolve();
    clearTimeout(this.timer);
    // One tab at a time, where the browser can tell.
    const alone = (/** @type {() => Promise<void>} */ work) =>
      navigator.locks ? navigator.locks.request(`earshot.${this.key}`, work) : work();
    this.timer = undefined;
    this.draining ??= Promise.resolve(alone(() => this.sendAll())).then(() => {
      this.draining = null;
      if (this.waiting.length && !this.closed && this.timer === undefined) this.drain(); // it came meanwhile
    });
    return this.draining;
  }

  async sendAll() {
    for (let write = this.waiting[0]; write && !this.closed; write = this.waiting[0]) {
      const { id, op, at } = write;
      const same = (/** @type {Write} */ one) => one.id === id && one.op === op && one.at === at;
      try {
        await this.send(write);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.passes) {
          this.waitMs = Math.max(error.retryAfterS * 1000, this.waitMs);
          this.timer = setTimeout(() => this.drain(), this.waitMs * (0.75 + Math.random() / 2));
          this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
          this.dispatchEvent(new Event("change"));
          return;
        }
        this.edit((writes) => writes.filter((one) => !same(one)));
        this.dispatchEvent(new CustomEvent("refused", { detail: { write, problem: error } }));
        continue;
      }
      this.waitMs = FIRST_WAIT_MS;
      this.edit((writes) => writes.map((one) => same(one) ? confirmed(one) : one));
    }
  }

  /** @param {Write} write */
  async send(write) {
    const how = { as: this.uid, keepalive: true };
    if (write.op === "engage") {
      await call("POST", "/me/engagements", timed(write), how);
    } else if (write.op === "remove") {
      await call("DELETE", `/me/engagements/${encodeURIComponent(write.id)}`, undefined, how)
        .catch((problem) => { if (problem.status !== 404) throw problem; }); // gone is what was wanted
    } else { // into the list as it is now: another device may have changed it, too
      const profile = await call("GET", "/me", undefined, how);
      await call("PATCH", "/me", { [write.field]: changed(profile[write.field], write) }, how);
    }
  }

  /** What the next session has to be told, since the server may not know it yet. */
  get travelling() {
    const { writes } = this;
    const engagements = writes.flatMap((one) => one.op === "engage" ? [timed(one)] : [])
      .map(({ episode_title, series_name, ...rest }) => rest).slice(-500);
    const lists = writes.flatMap((one) => one.op === "list" ? [one] : []);
    return {
      engagements,
      mutes: lists.filter(({ field, on }) => field === "muted_series" && on).map(({ value }) => value),
      interests: lists.some(({ field }) => field === "category_interests"),
    };
  }

  /** Send nothing any more. What waits stays on the device, and is sent when this listener is back. */
  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.life.abort();
    this.edit((writes) => writes.filter(({ doneAt }) => !doneAt));
  }

  /** Forget everything, sent or not. */
  forget() { this.edit(() => []); }
}

/** @param {string[]} list @param {{value: string, on: boolean}} change */
export const changed = (list, { value, on }) => [...list.filter((one) => one !== value), ...(on ? [value] : [])];

/** @param {Write & {op: "engage"}} write @returns {Engagement} */
const timed = ({ at, body }) => ({ ...body, timestamp: serverTime(at).toISOString() });

/** @param {Write} write What stays of it names no title: others may use this device. @returns {Write} */
function confirmed(write) {
  const done = { ...write, doneAt: Date.now() };
  if (done.op === "engage") {
    const { episode_title, series_name, ...body } = done.body;
    done.body = body;
  }
  return done;
}
