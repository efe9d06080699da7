// Retries with pauses that double, with jitter.

export class Backoff {
  /** @type {any} */
  timer = 0;

  /** @param {() => unknown} again @param {number} firstMs @param {number} maxMs */
  constructor(again, firstMs = 1_000, maxMs = 60_000) {
    this.again = again;
    this.waitMs = this.firstMs = firstMs;
    this.maxMs = maxMs;
  }

  /** Schedules a retry; the next pause is longer. @param {number} minPauseS */
  later(minPauseS = 0) {
    const waitMs = Math.max(minPauseS * 1000, this.waitMs);
    this.pause();
    this.timer = setTimeout(() => { this.timer = 0; this.again(); }, waitMs * (0.75 + Math.random() / 2));
    this.waitMs = Math.min(2 * waitMs, this.maxMs);
  }

  /** Cancels the next retry, but keeps the length of the pause. */
  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  /** Cancels the next retry and starts again with the shortest pause. */
  stop() {
    this.pause();
    this.waitMs = this.firstMs;
  }

  now() {
    this.stop();
    this.again();
  }

  /** Tries at once if a retry waits. */
  hurry() { if (this.timer) this.now(); }
}
