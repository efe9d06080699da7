// The outbox: every write of one listener, in order, kept on the device until the API has confirmed it.
// What was sent twice is one engagement, since its `id` is ours. A write that was confirmed stays a while:
// the triggers may not have reached the summary yet, so it still travels with the next session.

import { call, Problem } from "./api.js";
import { serverTime } from "./clock.js";
import { device } from "./memory.js";

const LAG_MS = 30_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export class Outbox {
  /** Whether nothing is sent any more. */
  closed = false;
  waitMs = FIRST_WAIT_MS;
  timer = 0; // of the next try, after one that failed
  /** @type {Promise<void> | null} */
  draining = null;

  /**
   * @param {string | null} uid null: nobody's, so nothing is sent; it travels with every session
   * @param {(refused?: Problem) => void} tell called when it has changed, or the API refused something
   */
  constructor(uid, tell) {
    this.uid = uid;
    this.tell = tell;
    this.key = `outbox.${uid ?? ""}`;
  }

  /** All that is on the device, oldest first; another tab of the same listener may have added to it. @returns {Write[]} */
  get writes() {
    return device.read(this.key, /** @type {Write[]} */ ([])).filter(({ doneAt }) => !doneAt || Date.now() - doneAt < LAG_MS);
  }

  /** Those not confirmed yet. */
  get waiting() { return this.writes.filter(({ doneAt }) => !doneAt); }

  /** Whether the last try failed, and another will come. */
  get failing() { return this.timer > 0; }

  /** @param {(writes: Write[]) => Write[]} change */
  edit(change) {
    const writes = change(this.writes);
    if (writes.length) device.write(this.key, writes); else device.drop(this.key);
    this.tell();
  }

  /** @param {Write} write It takes the place of an earlier one with its id. */
  add(write) {
    this.edit((writes) => [...writes.filter(({ id }) => id !== write.id), write]);
    this.drain();
  }

  /** Send what waits, one after the other; after a failure later again. */
  async drain() {
    if (this.uid === null || this.closed) return;
    clearTimeout(this.timer);
    this.timer = 0;
    const send = () => this.sendAll();
    this.draining ??= (async () => {
      // One tab at a time, where the browser can tell.
      await (navigator.locks ? navigator.locks.request(`earshot.${this.key}`, send) : send());
      this.draining = null;
      if (this.waiting.length && !this.failing) await this.drain(); // it came meanwhile
    })();
    await this.draining;
  }

  /** Try at once: the connection is back. */
  retry() {
    this.waitMs = FIRST_WAIT_MS;
    this.drain();
  }

  async sendAll() {
    for (let write = this.waiting[0]; write && !this.closed; write = this.waiting[0]) {
      const { id, op, at } = write;
      /** @param {Write} one */
      const same = (one) => one.id === id && one.op === op && one.at === at;
      try {
        await this.send(write);
        this.waitMs = FIRST_WAIT_MS;
        this.edit((writes) => writes.map((one) => same(one) ? confirmed(one) : one));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.passes) return this.later(error.retryAfterS);
        this.edit((writes) => writes.filter((one) => !same(one)));
        this.tell(error);
      }
    }
  }

  /** @param {number} leastS */
  later(leastS) {
    const waitMs = Math.max(leastS * 1000, this.waitMs);
    this.timer = setTimeout(() => this.drain(), waitMs * (0.75 + Math.random() / 2));
    this.waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    this.tell();
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

  /** Send nothing any more. What waits stays on the device, and is sent when this listener is back. */
  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.edit((writes) => writes.filter(({ doneAt }) => !doneAt));
  }
}

/** @param {string[]} list @param {{value: string, on: boolean}} change */
export const changed = (list, { value, on }) => [...list.filter((one) => one !== value), ...(on ? [value] : [])];

/** @param {Write & {op: "engage"}} write @returns {Engagement} of its own time, if it was taken back */
export const timed = ({ at, body }) => ({ timestamp: serverTime(at).toISOString(), ...body });

/** @param {Write} write @returns {Write} without titles: others may use this device */
function confirmed(write) {
  const done = { ...write, doneAt: Date.now() };
  if (done.op === "engage") done.body = untitled(done.body);
  return done;
}

/** @param {Engagement} engagement */
export const untitled = ({ episode_title, series_name, ...rest }) => rest;
