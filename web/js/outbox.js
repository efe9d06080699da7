// The outbox: every write of one listener, in order, kept on the device until the API has confirmed it.
// Sending twice is safe, because the client chooses the `id`. A confirmed write stays for a while and is sent
// along with the next session: the triggers may not have updated the summary yet.

import { call, Problem } from "./api.js";
import { auth } from "./auth.js";
import { Backoff } from "./backoff.js";
import { serverTime } from "./clock.js";
import { device } from "./memory.js";

const CONFIRMED_TTL_MS = 30_000;

export class Outbox {
  /** Whether sending has ended. */
  closed = false;
  /** How many writes the API has refused. */
  refusals = 0;
  /** @type {Problem | null} of the last try */
  problem = null;
  /** @type {Promise<void> | null} */
  sending = null;
  tries = new Backoff(() => this.drain());

  /**
   * @param {string | null} uid null without a user: writes are not sent, only carried by session requests
   * @param {(refused?: Problem) => void} tell called after each change, with the problem if the API refused a write
   */
  constructor(uid, tell) {
    this.uid = uid;
    this.tell = tell;
    this.takeOldList();
  }

  /** Migrates from earlier versions, which kept all writes under one key. */
  takeOldList() {
    const list = `outbox.${this.uid ?? ""}`;
    const writes = device.read(list, /** @type {Write[]} */ ([]));
    if (writes.map((one) => device.write(this.key(one), one)).every(Boolean)) device.drop(list);
  }

  /** The storage key of a write: one per write, so that tabs do not overwrite each other. @param {{id: string}} write */
  key({ id }) { return `outbox/${this.uid ?? ""}/${id}`; }

  /** All writes on the device, oldest first, including those of other tabs. @returns {Write[]} */
  get writes() {
    return device.keys(this.key({ id: "" }))
      .flatMap((key) => device.read(key, /** @type {Write | null} */ (null)) ?? []) // another tab may have just dropped it
      .filter((one) => !this.dropIfOld(one))
      .sort((one, other) => one.at - other.at);
  }

  /** Drops a write that was confirmed long enough ago; returns whether it did. @param {Write} write */
  dropIfOld(write) {
    const old = !!write.doneAt && Date.now() - write.doneAt >= CONFIRMED_TTL_MS;
    if (old) device.drop(this.key(write));
    return old;
  }

  /** The writes that are not confirmed yet. */
  get waiting() { return this.writes.filter(({ doneAt }) => !doneAt); }

  /** Whether the last try failed and another is scheduled. */
  get failing() { return this.tries.timer > 0; }

  /** Whether closing the page would lose a write. */
  get volatile() { return this.waiting.some((one) => device.volatile(this.key(one))); }

  /** Removes writes that must not be sent. @param {(write: Write) => unknown} which */
  drop(which) {
    this.writes.filter(which).forEach((one) => device.drop(this.key(one)));
    this.tell();
  }

  /** @param {Write} write It replaces an earlier one with the same id. */
  add(write) {
    device.write(this.key(write), write);
    this.tell();
    this.drain();
  }

  /** Adopts another outbox's unsent writes; those that cannot be stored stay there. @param {Outbox} other */
  adopt(other) {
    for (const one of other.waiting) if (device.write(this.key(one), one)) device.drop(other.key(one));
  }

  /** Sends waiting writes one by one, and retries later after a failure. */
  async drain() {
    if (this.uid === null || this.closed || !auth().known) return;
    this.tries.pause();
    this.sending ??= this.sendAlone().finally(() => { this.sending = null; });
    await this.sending;
    if (this.waiting.length && !this.failing) await this.drain(); // added meanwhile
  }

  /** Sends from one tab at a time, where the browser supports locks. */
  async sendAlone() {
    const send = () => this.sendAll();
    if (!navigator.locks) return send();
    await navigator.locks.request(`earshot.outbox.${this.uid}`, send).catch(send);
  }

  async sendAll() {
    let minPauseS = -1; // the pause that the API asked for; -1 without a failure
    for (const write of this.waiting) {
      const key = this.key(write);
      // Whether the write is unchanged: it may have been replaced, or sent by another tab.
      const same = () => JSON.stringify(device.read(key, null)) === JSON.stringify(write);
      if (this.closed) return;
      if (!same()) continue;
      try {
        await this.send(write);
        if (same()) device.write(key, confirmed(write));
      } catch (error) {
        const problem = Problem.of(error);
        if (problem.temporary) {
          this.problem = problem;
          minPauseS = Math.max(minPauseS, problem.retryAfterS);
          // A 500 may concern this write only.
          if (problem.status !== 500) break;
          continue;
        }
        this.refusals++;
        if (same()) device.drop(key);
        this.tell(problem);
      }
      this.tell();
    }
    if (minPauseS < 0) this.tries.stop(); else this.tries.later(minPauseS);
    this.tell();
  }

  /** @param {Write} write */
  async send(write) {
    const how = { as: this.uid, keepalive: true };
    if (write.op === "engage") {
      await call("POST", "/me/engagements", withTimestamp(write), how);
    } else if (write.op === "remove") {
      await call("DELETE", `/me/engagements/${encodeURIComponent(write.id)}`, undefined, how)
        .catch((problem) => { if (problem.kind !== "not-found") throw problem; }); // already gone
    } else {
      // Applied to the current list: another device may have changed it.
      const profile = await call("GET", "/me", undefined, how);
      await call("PATCH", "/me", { [write.field]: changed(profile[write.field], write) }, how);
    }
  }

  /** Stops sending. Waiting writes stay on the device until this listener returns. */
  close() {
    this.closed = true;
    this.tries.stop();
    this.drop(({ doneAt }) => doneAt);
  }
}

/** @param {string[]} list @param {{value: string, on: boolean}} change */
export const changed = (list, { value, on }) => [...list.filter((one) => one !== value), ...(on ? [value] : [])];

/** @param {Write & {op: "engage"}} write @returns {Engagement} with its original time after an undo */
export const withTimestamp = ({ at, body }) => ({ timestamp: serverTime(at).toISOString(), ...body });

/** @param {Write} write @returns {Write} without titles, because others may use this device */
function confirmed(write) {
  const done = { ...write, doneAt: Date.now() };
  if (done.op === "engage") done.body = withoutTitles(done.body);
  return done;
}

/** @param {Engagement} engagement */
export const withoutTitles = ({ episode_title, series_name, ...rest }) => rest;
