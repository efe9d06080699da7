// Calls to the API as the listener.

import { t } from "../ui/text.js";
import { answerOf, Problem } from "../http/problem.js";
import { auth, config, settled } from "./auth.js";

const TIMEOUT_MS = 15_000;
const STREAMED = "/ask"; // has an address of its own, where there is one
export const calls = { send: (/** @type {string} */ url, /** @type {RequestInit} */ init) => fetch(url, init) };

/**
 * Sends a request as the listener, once sign-in has settled.
 * @param {string} path below /api @param {RequestInit} init @param {string | null} [as] only as this listener
 * @throws {Problem} without an answer
 */
export async function request(path, init, as) {
  await settled();
  const uid = as === undefined ? auth().listener.uid : as;
  const ask = async (fresh = false) => {
    const { api, stream } = await config();
    const authHeaders = await auth().headers(fresh);
    // Checked last: the listener may have changed while the token was fetched.
    if (auth().listener.uid !== uid || (as !== undefined && !auth().known)) throw new Error("the listener has changed");
    /** @type {Record<string, string>} */
    const type = init.body instanceof FormData ? {} : { "Content-Type": "application/json" }; // a form has its own
    const headers = { ...type, ...authHeaders, ...init.headers };
    const send = (/** @type {string} */ base) =>
      calls.send(base + path, { ...init, headers, signal: init.signal ?? AbortSignal.timeout(TIMEOUT_MS) });
    // The address for streams may not allow this page's origin: the other one does, and answers late.
    return path === STREAMED && stream !== api ? send(stream).catch(() => send(api)) : send(api);
  };
  try {
    const response = await ask();
    return [401, 403].includes(response.status) ? await ask(true) : response; // the token may predate a claim
  } catch (error) {
    const detail = /** @type {any} */ (error).cause ?? t("Check the connection and try again."); // App Check's reason
    throw new Problem({ title: t("It cannot be reached just now"), detail });
  }
}

/** @param {string} method @param {string} path below /api @param {unknown} [body] @param {CallOptions} [how] @returns {Promise<any>} the answer @throws {Problem} */
export async function call(method, path, body, { as, headers } = {}) {
  return answerOf(await request(path, { method, headers, body: JSON.stringify(body) }, as));
}
