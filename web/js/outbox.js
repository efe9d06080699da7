// The outbox: every write of one listener, kept on the device until the API has confirmed it, and then a while, since
// the triggers may not have reached the summary yet. What is sent twice is one engagement: its `id` is ours.

import { call, Problem } from "./api.js";
import { auth } from "./auth.js";
import { Backoff } from "./backoff.js";
import { serverTime } from "./clock.js";
import { device } from "./memory.js";

const LAG_MS = 30_000;

export class Outbox {
  closed = false;
  refusals = 0;
  /** @type {Problem | null} of the last try */
  problem = null;
  /** @type {Promise<void> | null} */
  draining = null;
  tries = new Backoff(() => this.drain());

  /**
   * @param {string | null} uid null: nothing is sent, it travels with every session
   * @param {(refused?: Problem) => void} tell called when it has changed
   */
  constructor(uid, tell) {
    this.uid = uid;
    this.tell = tell;
    // As earlier versions of this page kept them.
    const list = `outbox.${uid ?? ""}`;
    if (device.read(list, /** @type {Write[]} */ ([])).map((one) => device.write(this.key(one), one)).every(Boolean)) device.drop(list);
  }

  /** Each write has a key of its own, so that no tab undoes another's. @param {{id: string}} write */
  key({ id }) { return `outbox/${this.uid ?? ""}/${id}`; }

  /** All that is on the device, oldest first, also from another tab. @returns {Write[]} */
  get writes() {
    return device.keys(this.key({ id: "" })).map((key) => device.read(key, /** @type {any} */ (null)))
      .filter((one) => one && (!one.doneAt || Date.now() - one.doneAt < LAG_MS || device.drop(this.key(one)))).sort((one, other) => one.at - other.at);
  }

  get waiting() { return this.writes.filter(({ doneAt }) => !doneAt); }

  get failing() { return this.tries.timer > 0; }

  /** Whether something would be lost with this page. */
  get fleeting() { return this.waiting.some((one) => device.fleeting(this.key(one))); }

  /** @param {(write: Write) => unknown} which */
  drop(which) {
    this.writes.filter(which).forEach((one) => device.drop(this.key(one)));
    this.tell();
  }

  /** @param {Write} write in the place of an earlier one with its id */
  add(write) {
    device.write(this.key(write), write);
    this.tell();
    this.drain();
  }

  /** Take over what another has left to send. @param {Outbox} other */
  adopt(other) {
    for (const one of other.waiting) if (device.write(this.key(one), one)) device.drop(other.key(one));
  }

  async drain() {
    if (this.uid === null || this.closed || !auth().known) return;
    this.tries.pause();
    const send = () => this.sendAll();
    // One tab at a time, where the browser can tell.
    this.draining ??= Promise.resolve(navigator.locks?.request(`earshot.outbox.${this.uid}`, send).catch(send) ?? send())
      .finally(() => { this.draining = null; });
    await this.draining;
    if (this.waiting.length && !this.failing) await this.drain();
  }

  async sendAll() {
    let leastS = -1;
    for (const write of this.waiting) {
      const key = this.key(write);
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
        .catch((problem) => { if (problem.kind !== "not-found") throw problem; });
    } else {
      // Into the list as it is now: another device may have changed it, too.
      const profile = await call("GET", "/me", undefined, how);
      await call("PATCH", "/me", { [write.field]: changed(profile[write.field], write) }, how);
    }
  }

  /** What waits is sent when this listener is back. */
  close() {
    this.closed = true;
    this.tries.stop();
    this.drop(({ doneAt }) => doneAt);
  }
}

/** @param {string[]} list @param {{value: string, on: boolean}} write */
export const changed = (list, { value, on }) => [...list.filter((one) => one !== value), ...(on ? [value] : [])];

/** @param {Write & {op: "engage"}} write */
export const timed = ({ at, body }) => ({ timestamp: serverTime(at).toISOString(), ...body });

/** @param {Write} write @returns {Write} without titles: others may use this device */
function confirmed(write) {
  const done = { ...write, doneAt: Date.now() };
  if (done.op === "engage") done.body = untitled(done.body);
  return done;
}

/** @param {Engagement} engagement */
export const untitled = ({ episode_title, series_name, ...rest }) => rest;
