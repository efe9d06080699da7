// Calls to the API, in the listener's name.

import { auth, settled } from "./auth.js";
import { config } from "./config.js";

const PATIENCE_MS = 15_000;
const OURS = "urn:earshot:problem:"; // begins the type of a problem that the API itself states
const PASSING = [0, 401, 408, 429]; // statuses of what may pass; so may every 5xx

/** What went wrong: an RFC 9457 problem of the API, or no answer of the API at all (status 0). */
export class Problem extends Error {
  /** @param {ProblemDocument} said */
  constructor({ title, detail = "", expected, type = "" }, status = 0, retryAfterS = 0) {
    super(title);
    this.detail = expected ? `${detail} (expected: ${expected})` : detail;
    this.kind = type.startsWith(OURS) ? type.slice(OURS.length) : "";
    this.status = status;
    this.retryAfterS = retryAfterS || 0;
    /** Whether the same request may succeed later: unless the API itself refused it. */
    this.passes = PASSING.includes(status) || status >= 500 || !this.kind;
  }

  /** It, or what went wrong in this page itself. @param {unknown} error */
  static of(error) {
    return error instanceof Problem ? error : new Problem({ title: "This page stumbled over the answer", detail: String(error) });
  }
}

/**
 * Call the API once it is known who listens, or that this takes a while.
 * @param {string} method @param {string} path below /api @param {unknown} [body]
 * @param {CallOptions} [how]
 * @returns {Promise<any>} the answer @throws {Problem}
 */
export async function call(method, path, body, { as, keepalive, headers } = {}) {
  await settled();
  const who = as === undefined ? auth().listener.uid : as;
  const ask = async (fresh = false) => {
    const { api } = await config();
    const mine = await auth().headers(fresh);
    // Checked last: somebody may have signed in or out while a token was fetched.
    if (auth().listener.uid !== who || (as !== undefined && !auth().known)) throw new Error("somebody else may listen");
    return fetch(api + path, {
      method, keepalive, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { "Content-Type": "application/json", ...mine, ...headers },
    });
  };
  try {
    let response = await ask();
    if ([401, 403].includes(response.status)) response = await ask(true); // the token may be older than its claims
    const { ok, status } = response;
    const answer = await response.json().catch(() => null);
    if (ok && (answer || status === 204)) return answer;
    // A portal's page is ok, too, but no JSON.
    const title = ok ? "It was not the API that answered" : `The server answered ${status}`;
    throw new Problem({ title, ...answer }, status, Number(response.headers.get("Retry-After")));
  } catch (error) {
    if (error instanceof Problem) throw error;
    const detail = /** @type {any} */ (error).cause ?? "Check the connection and try again."; // a cause of App Check
    throw new Problem({ title: "The feed cannot be reached", detail });
  }
}
