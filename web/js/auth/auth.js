// Who listens: signed in with Firebase on Hosting, a demo user on the local server, as the deployment's files say. Until it
// is known, the page shows the last listener of this device and sends nothing as them.

import { device } from "../device.js";
import { t } from "../ui/text.js";
import { answerOf, Backoff } from "../http/problem.js";
import { firebaseAuth } from "./firebase.js";

const SIGN_IN_WAIT_MS = 5_000; // wait for sign-in this long, then show a feed without it

/** @type {Promise<Config> | undefined} */
let asked;

/** The deployment's configuration (docs/web.md), fetched once, and again after a failure. @returns {Promise<Config>} */
export const config = () => asked ??= json("/config.json").then(({ api = "/api", stream = api, app_check_site_key: siteKey }) => {
  for (const one of [api, stream]) {
    if (!/^(https?:\/)?\/\w/.test(one)) throw new Error(`config.json: expected an address like https://feed.example/api, not ${one}`);
  }
  return { api: api.replace(/\/$/, ""), stream: stream.replace(/\/$/, ""), siteKey };
}).catch((error) => {
  asked = undefined;
  throw error;
});

/** @param {string} address */
const json = async (address) => answerOf(await fetch(address, { signal: AbortSignal.timeout(15_000) }));

/** @type {Auth} */
let chosen = {
  known: false,
  demo: false,
  listener: device.read("listener", { uid: null, name: t("Guest"), guest: true }),
  headers: async () => ({}),
  ways: [],
  changed() {},
};

export const auth = () => chosen;

/** @type {Promise<unknown>} */
let started; // by startAuth

/** Resolves when the listener is known, or after `SIGN_IN_WAIT_MS`. */
export const settled = () => started;

/** @param {() => void} changed */
export const startAuth = (changed) => started = new Promise((resolve) => {
  const tries = new Backoff(async () => {
    try {
      const [{ siteKey }, firebase] = await Promise.all([config(), json("/__/firebase/init.json")]);
      chosen = await (firebase.apiKey
        ? firebaseAuth(firebase, siteKey, () => tries.later())
        : import("./local.js").then((local) => local.localAuth(firebase)));
      chosen.changed = () => {
        device.write("listener", chosen.listener);
        changed();
      };
      chosen.changed();
    } catch (error) {
      console.warn("Sign-in cannot be reached:", error);
      tries.later();
    }
    resolve(undefined);
  });
  addEventListener("online", () => tries.hurry());
  tries.now();
  setTimeout(resolve, SIGN_IN_WAIT_MS);
});
