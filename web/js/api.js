// Calls to the API, in the listener's name.

import { auth } from "./auth.js";

const PATIENCE_MS = 15_000;
const PASSING = [0, 401, 408, 429];

/** What went wrong: an RFC 9457 problem of the API, or no answer at all (status 0). */
export class Problem extends Error {
  /** @param {{title: string, detail?: string, expected?: string, type?: string}} said */
  constructor({ title, detail = "", expected, type = "" }, status = 0, retryAfterS = 0) {
    super(title);
    this.detail = expected ? `${detail} (expected: ${expected})` : detail;
    this.kind = type.replace("urn:earshot:problem:", "");
    this.status = status;
    this.retryAfterS = retryAfterS;
    /** Whether the same request may succeed later. */
    this.passes = PASSING.includes(status) || status >= 500;
  }
}

/**
 * @param {string} method @param {string} path below /api @param {unknown} [body]
 * @param {{as?: string | null, keepalive?: boolean, headers?: Record<string, string>}} [how]
 *     `as`: in this listener's name, or not at all
 * @returns {Promise<any>} the answer
 * @throws {Problem}
 */
export async function call(method, path, body, { as = auth().listener.uid, keepalive, headers } = {}) {
  const ask = async (fresh = false) => {
    const mine = await auth().headers(fresh);
    if (auth().listener.uid !== as) throw new Error("somebody else listens now");
    return fetch(`/api${path}`, {
      method, keepalive, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { "Content-Type": "application/json", ...mine, ...headers },
    });
  };
  let response;
  try {
    response = await ask();
    if ([401, 403].includes(response.status) && as) response = await ask(true); // the token may be older than its claims
  } catch {
    throw new Problem({ title: "The feed cannot be reached", detail: "Check the connection and try again." });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { status } = response;
  throw new Problem({ title: `The server answered ${status}`, ...answer }, status, Number(response.headers.get("Retry-After")));
}
