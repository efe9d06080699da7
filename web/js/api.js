// Calls to the API as the listener.

import { auth, settled } from "./auth.js";
import { config } from "./config.js";

const TIMEOUT_MS = 15_000;
const PROBLEM_PREFIX = "urn:earshot:problem:"; // prefix of the API's own problem types
const TEMPORARY = [0, 401, 408, 429]; // statuses that a retry may fix, besides every 5xx

/** An RFC 9457 problem of the API, or no answer at all (status 0). */
export class Problem extends Error {
  /** @param {ProblemDocument} said */
  constructor({ title, detail = "", expected, type = "" }, status = 0, retryAfterS = 0) {
    super(title);
    this.detail = expected ? `${detail} (expected: ${expected})` : detail;
    this.kind = type.startsWith(PROBLEM_PREFIX) ? type.slice(PROBLEM_PREFIX.length) : "";
    this.status = status;
    this.retryAfterS = retryAfterS || 0;
    /** Whether a retry may succeed: false if the API itself refused the request. */
    this.temporary = TEMPORARY.includes(status) || status >= 500 || !this.kind;
  }

  /** The problem, or one made of an error in this page. @param {unknown} error */
  static of(error) {
    return error instanceof Problem ? error : new Problem({ title: "This page could not read the answer", detail: String(error) });
  }
}

/**
 * Calls the API once sign-in has settled.
 * @param {string} method @param {string} path below /api @param {unknown} [body]
 * @param {CallOptions} [how]
 * @returns {Promise<any>} the answer @throws {Problem}
 */
export async function call(method, path, body, { as, keepalive, headers } = {}) {
  await settled();
  const uid = as === undefined ? auth().listener.uid : as;
  const ask = async (fresh = false) => {
    const { api } = await config();
    const authHeaders = await auth().headers(fresh);
    // Checked last: the listener may have changed while the token was fetched.
    if (auth().listener.uid !== uid || (as !== undefined && !auth().known)) throw new Error("the listener has changed");
    return fetch(api + path, {
      method, keepalive, body: JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { "Content-Type": "application/json", ...authHeaders, ...headers },
    });
  };
  try {
    let response = await ask();
    if ([401, 403].includes(response.status)) response = await ask(true); // the token may predate a claim
    const { ok, status } = response;
    const answer = await response.json().catch(() => null);
    if (ok && (answer || status === 204)) return answer;
    // A captive portal answers 200, but not JSON.
    const title = ok ? "The answer did not come from the API" : `The server answered ${status}`;
    throw new Problem({ title, ...answer }, status, Number(response.headers.get("Retry-After")));
  } catch (error) {
    if (error instanceof Problem) throw error;
    const detail = /** @type {any} */ (error).cause ?? "Check the connection and try again."; // App Check's reason
    throw new Problem({ title: "The feed cannot be reached", detail });
  }
}
