// Every write of one user, in order, kept on the device until the API has confirmed it. Sending twice is safe: the client
// chooses the `id`. A confirmed write stays for a while and is part of the next session, because the summary may not have
// it yet. Any client can take this module: outbox-types.d.ts shows how.

import { answerOf, Backoff, Problem } from "../http/problem.js";

const CONFIRMED_TTL_MS = 30_000;

/** @import { Clock, Engagement, Surroundings, Write } from "./outbox-types.d.ts" */

export class Outbox {
  closed = false;
  refusals = 0;
  /** @type {Problem | null} of the last try */
  problem = null;
  /** @type {Promise<void> | null} */
  sending = null;

  /**
   * @param {string | null} uid null without a user: writes are not sent, only carried by session requests
   * @param {Surroundings} surroundings
   */
  constructor(uid, { storage, fetch, clock = { now: Date.now, date: (at) => new Date(at) }, tell = () => {}, ready = () => true, alone = (_, send) => send() }) {
    this.uid = uid;
    this.storage = storage;
    this.fetch = fetch;
    this.clock = clock;
    this.tell = tell;
    this.ready = ready;
    this.alone = alone;
    this.tries = new Backoff(() => this.drain());
  }

  /** The storage key of a write: one per write, so that tabs do not overwrite each other. @param {{id: string}} write */
  key({ id }) { return `outbox/${this.uid ?? ""}/${id}`; }

  /** All writes on the device, oldest first, including those of other tabs. @returns {Write[]} */
  get writes() {
    return this.storage.keys(this.key({ id: "" }))
      .flatMap((key) => this.storage.read(key, /** @type {Write | null} */ (null)) ?? []) // another tab may have just dropped it
      .filter((one) => !this.dropIfOld(one))
      .sort((one, other) => one.at - other.at);
  }

  /** @param {Write} write */
  dropIfOld(write) {
    const old = !!write.doneAt && this.clock.now() - write.doneAt >= CONFIRMED_TTL_MS;
    if (old) this.storage.drop(this.key(write));
    return old;
  }

  get waiting() { return this.writes.filter(({ doneAt }) => !doneAt); }

  get failing() { return !!this.tries.timer; }

  get volatile() { return this.waiting.some((one) => this.storage.volatile(this.key(one))); }

  /** @param {(write: Write) => unknown} which */
  drop(which) {
    this.writes.filter(which).forEach((one) => this.storage.drop(this.key(one)));
    this.tell();
  }

  /** @param {Write} write It replaces an earlier one with the same id. */
  add(write) {
    this.storage.write(this.key(write), write);
    this.tell();
    this.drain();
  }

  /** Adopts another outbox's unsent writes; those that cannot be stored stay there. @param {Outbox} other */
  adopt(other) {
    for (const one of other.waiting) if (this.storage.write(this.key(one), one)) this.storage.drop(other.key(one));
  }

  /** Sends waiting writes one by one, and retries later after a failure. */
  async drain() {
    if (this.uid === null || this.closed || !this.ready()) return;
    this.tries.pause();
    this.sending ??= this.alone(`earshot.outbox.${this.uid}`, () => this.sendAll()).finally(() => { this.sending = null; });
    await this.sending;
    if (this.waiting.length && !this.failing) await this.drain(); // added meanwhile
  }

  async sendAll() {
    let minPauseS = -1; // the pause that the API asked for; -1 without a failure
    for (const write of this.waiting) {
      const key = this.key(write);
      // Whether the write is unchanged: it may have been replaced, or sent by another tab.
      const same = () => JSON.stringify(this.storage.read(key, null)) === JSON.stringify(write);
      if (this.closed) return;
      if (!same()) continue;
      try {
        await this.send(write);
        if (same()) this.storage.write(key, confirmed(write, this.clock.now()));
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
        if (same()) this.storage.drop(key);
        this.tell(problem);
      }
      this.tell();
    }
    if (minPauseS < 0) this.tries.stop(); else this.tries.later(minPauseS);
    this.tell();
  }

  /** @param {Write} write */
  async send(write) {
    if (write.op === "engage") {
      await this.call("POST", "/me/engagements", withTimestamp(write, this.clock.date));
    } else if (write.op === "remove") {
      await this.call("DELETE", `/me/engagements/${encodeURIComponent(write.id)}`)
        .catch((problem) => { if (problem.kind !== "not-found") throw problem; }); // already gone
    } else {
      // Applied to the current list: another device may have changed it.
      const profile = await this.call("GET", "/me");
      await this.call("PATCH", "/me", { [write.field]: changed(profile[write.field], write) });
    }
  }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  async call(method, path, body) {
    const headers = { "Content-Type": "application/json" };
    return answerOf(await this.fetch(path, { method, headers, body: JSON.stringify(body), keepalive: true }));
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

/** @param {Write & {op: "engage"}} write @param {Clock["date"]} date @returns {Engagement} with its original time after an undo */
export const withTimestamp = ({ at, body }, date) => ({ timestamp: date(at).toISOString(), ...body });

/** @param {Write} write @param {number} doneAt @returns {Write} without titles, because others may use this device */
function confirmed(write, doneAt) {
  const done = { ...write, doneAt };
  if (done.op === "engage") done.body = withoutTitles(done.body);
  return done;
}

/** @param {Engagement} engagement */
export const withoutTitles = ({ episode_title, series_name, ...rest }) => rest;
