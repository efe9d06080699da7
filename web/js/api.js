// Calls to the API, in the listener's name.

import { auth } from "./auth.js";

const PATIENCE_MS = 15_000;

/** What went wrong: an RFC 9457 problem of the API, or no answer at all (status 0). */
export class Problem extends Error {
  /** @param {{title: string, detail?: string, status: number, type?: string, retryAfterS?: number}} what */
  constructor({ title, detail = "", status, type = "", retryAfterS = 0 }) {
    super(title);
    this.detail = detail;
    this.status = status;
    this.kind = type.replace("urn:earshot:problem:", "");
    this.retryAfterS = retryAfterS;
  }

  /** Whether the same request may succeed later. */
  get passes() {
    return this.status === 0 || this.status === 401 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/**
 * @param {string} method
 * @param {string} path below /api
 * @param {unknown} [body]
 * @param {{as?: string | null, keepalive?: boolean}} [how] `as`: only in this listener's name, or not at all
 * @returns {Promise<any>} the answer
 * @throws {Problem}
 */
export async function call(method, path, body, how = {}) {
  const { uid } = auth().listener;
  const as = "as" in how ? how.as : uid;
  let response = await ask(method, path, body, as, how.keepalive, false);
  if (response.status === 401 && uid) response = await ask(method, path, body, as, how.keepalive, true);
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { status } = response;
  const retryAfterS = Number(response.headers.get("Retry-After")) || 0;
  throw new Problem({ title: `The server answered ${status}`, ...answer, status, retryAfterS });
}

/**
 * @param {string} method @param {string} path @param {unknown} body @param {string | null | undefined} as
 * @param {boolean | undefined} keepalive @param {boolean} fresh with a new token
 */
async function ask(method, path, body, as, keepalive, fresh) {
  try {
    const headers = { Accept: "application/json", ...await auth().headers(fresh) };
    if (auth().listener.uid !== as) throw new Error("somebody else listens now");
    return await fetch(`/api${path}`, {
      method,
      headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      keepalive: keepalive ?? false,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    const detail = "Check the connection and try again.";
    throw new Problem({ title: "The feed cannot be reached", detail, status: 0 });
  }
}
