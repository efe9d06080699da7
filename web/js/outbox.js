// The outbox: every write of one listener, in order, kept on the device until the API has confirmed it.
// What was sent twice is one engagement, since its `id` is ours. A write that was confirmed stays a while:
// the triggers may not have reached the summary yet, so it still travels with the next session.

import { call, Problem } from "./api.js";
import { auth } from "./auth.js";
import { Backoff } from "./backoff.js";
import { serverTime } from "./clock.js";
import { device } from "./memory.js";

const LAG_MS = 30_000;

export class Outbox {
  /** Whether nothing is sent any more. */
  closed = false;
  /** How many writes the API has refused. */
  refusals = 0;
  /** @type {Problem | null} of the last try */
  problem = null;
  /** @type {Promise<void> | null} */
  draining = null;
  tries = new Backoff(() => this.drain());

  /**
   * @param {string | null} uid null: nobody's, so nothing is sent; it travels with every session
   * @param {(refused?: Problem) => void} tell called when it has changed, or the API refused something
   */
  constructor(uid, tell) {
    this.uid = uid;
    this.tell = tell;
    this.takeOldList();
  }

  /** Earlier versions of this page kept all writes under one key. */
  takeOldList() {
    const list = `outbox.${this.uid ?? ""}`;
    const writes = device.read(list, /** @type {Write[]} */ ([]));
    if (writes.map((one) => device.write(this.key(one), one)).every(Boolean)) device.drop(list);
  }

  /** Each write has a key of its own, so that no tab undoes another's. @param {{id: string}} write */
  key({ id }) { return `outbox/${this.uid ?? ""}/${id}`; }

  /** All that is on the device, oldest first; another tab of the same listener may have added to it. @returns {Write[]} */
  get writes() {
    return device.keys(this.key({ id: "" }))
      .flatMap((key) => device.read(key, /** @type {Write | null} */ (null)) ?? []) // one that another tab has just dropped
      .filter((one) => !this.dropIfOld(one))
      .sort((one, other) => one.at - other.at);
  }

  /** Whether a write has travelled long enough, and is gone now. @param {Write} write */
  dropIfOld(write) {
    const old = !!write.doneAt && Date.now() - write.doneAt >= LAG_MS;
    if (old) device.drop(this.key(write));
    return old;
  }

  /** Those not confirmed yet. */
  get waiting() { return this.writes.filter(({ doneAt }) => !doneAt); }

  /** Whether the last try failed, and another will come. */
  get failing() { return this.tries.timer > 0; }

  /** Whether something would be lost with this page. */
  get fleeting() { return this.waiting.some((one) => device.fleeting(this.key(one))); }

  /** Take back what is not to be sent. @param {(write: Write) => unknown} which */
  drop(which) {
    this.writes.filter(which).forEach((one) => device.drop(this.key(one)));
    this.tell();
  }

  /** @param {Write} write It takes the place of an earlier one with its id. */
  add(write) {
    device.write(this.key(write), write);
    this.tell();
    this.drain();
  }

  /** Take over what another has left to send; what this device cannot keep stays there. @param {Outbox} other */
  adopt(other) {
    for (const one of other.waiting) if (device.write(this.key(one), one)) device.drop(other.key(one));
  }

  /** Send what waits, one after the other; after a failure later again. */
  async drain() {
    if (this.uid === null || this.closed || !auth().known) return;
    this.tries.pause();
    this.draining ??= this.sendAlone().finally(() => { this.draining = null; });
    await this.draining;
    if (this.waiting.length && !this.failing) await this.drain(); // it came meanwhile
  }

  /** One tab at a time, where the browser can tell: not without storage, for example. */
  async sendAlone() {
    const send = () => this.sendAll();
    if (!navigator.locks) return send();
    await navigator.locks.request(`earshot.outbox.${this.uid}`, send).catch(send);
  }

  async sendAll() {
    let leastS = -1; // the pause that the API asked for, once something has failed
    for (const write of this.waiting) {
      const key = this.key(write);
      // Whether it still waits as it was read: another write may have taken its place, or another tab sent it.
      const same = () => JSON.stringify(device.read(key, null)) === JSON.stringify(write);
      if (this.closed) return;
      if (!same()) continue;
      try {
        await this.send(write);
        if (same()) device.write(key, confirmed(write));
      } catch (error) {
        const problem = Problem.of(error);
        if (problem.passes) {
          this.problem = problem;
          leastS = Math.max(leastS, problem.retryAfterS);
          // An error of 500 may be of this write alone.
          if (problem.status !== 500) break;
          continue;
        }
        this.refusals++;
        if (same()) device.drop(key);
        this.tell(problem);
      }
      this.tell();
    }
    if (leastS < 0) this.tries.stop(); else this.tries.later(leastS);
    this.tell();
  }

  /** @param {Write} write */
  async send(write) {
    const how = { as: this.uid, keepalive: true };
    if (write.op === "engage") {
      await call("POST", "/me/engagements", timed(write), how);
    } else if (write.op === "remove") {
      await call("DELETE", `/me/engagements/${encodeURIComponent(write.id)}`, undefined, how)
        .catch((problem) => { if (problem.kind !== "not-found") throw problem; }); // gone is what was wanted
    } else {
      // Into the list as it is now: another device may have changed it, too.
      const profile = await call("GET", "/me", undefined, how);
      await call("PATCH", "/me", { [write.field]: changed(profile[write.field], write) }, how);
    }
  }

  /** Send nothing any more. What waits stays on the device, and is sent when this listener is back. */
  close() {
    this.closed = true;
    this.tries.stop();
    this.drop(({ doneAt }) => doneAt);
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
