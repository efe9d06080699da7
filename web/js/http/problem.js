// When a call fails: errors of the API (RFC 9457), and retries.

import { duration, t, told } from "../ui/text.js";

const PROBLEM_PREFIX = "urn:earshot:problem:"; // of the API's own problem types
const TEMPORARY = [0, 401, 408, 429]; // statuses that a retry may fix, besides every 5xx

/** An error answer of the API, or no answer (status 0). */
export class Problem extends Error {
  /** @param {import("../library/outbox-types.d.ts").ProblemDocument} said */
  constructor({ title, detail = "", type = "", expected }, status = 0, retryAfterS = 0) {
    const kind = type.startsWith(PROBLEM_PREFIX) ? type.slice(PROBLEM_PREFIX.length) : "";
    super(told("problem", { key: kind, params: {}, text: title }));
    // What the API says in detail is English.
    this.detail = retryAfterS >= 60 ? t("Try again in {time}.", { time: duration(retryAfterS) })
      : this.message === title ? detail : "";
    /** For developers. */
    this.expected = expected;
    this.kind = kind;
    this.status = status;
    this.retryAfterS = retryAfterS || 0;
    /** Whether a retry may succeed: false if the API itself refused the request. */
    this.temporary = TEMPORARY.includes(status) || status >= 500 || !this.kind;
  }

  get text() { return `${this.message}. ${this.detail}`.trim(); }

  /** @param {unknown} error */
  static of(error) {
    if (error instanceof Problem) return error;
    console.error(error);
    return new Problem({ title: t("The answer could not be read") });
  }
}

/** @param {Response} response @returns {Promise<any>} @throws {Problem} */
export async function answerOf(response) {
  const { ok, status } = response;
  const answer = await response.json().catch(() => null);
  if (ok && (answer || status === 204)) return answer;
  // A captive portal answers 200, but not JSON.
  const title = ok ? t("The answer could not be read") : t("The server answered {status}", { status });
  throw new Problem({ title, ...answer }, status, Number(response.headers.get("Retry-After")));
}

/** Retries with pauses that double, with jitter. */
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
