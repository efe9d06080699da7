// Who listens. On Firebase Hosting that is Firebase's to say; the local server says that there is no Firebase, and takes
// demo users. Until it is known the page acts for the last listener of this device, and nothing is sent in their name.

import { firebaseAuth } from "./auth-firebase.js";
import { Backoff } from "./backoff.js";
import { config, json } from "./config.js";
import { device } from "./memory.js";

const PATIENCE_MS = 5_000; // for sign-in, before the feed comes without it

/** @type {Auth} */
let chosen = {
  known: false,
  demo: false,
  listener: device.read("listener", { uid: null, name: "Guest", guest: true }),
  headers: async () => ({}),
  ways: [],
  changed() {},
};

/** As `startAuth` has found out so far. */
export const auth = () => chosen;

/** @type {Promise<unknown>} */
let begun; // by startAuth

/** Resolves when it is known who listens, or that this takes a while. */
export const settled = () => begun;

/**
 * Find out who listens, again and again until it is known.
 * @param {() => void} changed called when it is known, and whenever somebody else listens
 */
export const startAuth = (changed) => begun = new Promise((resolve) => {
  const tries = new Backoff(async () => {
    try {
      const [{ siteKey }, firebase] = await Promise.all([config(), json("/__/firebase/init.json")]);
      chosen = firebase.apiKey
        ? await firebaseAuth(firebase, siteKey, () => tries.later())
        : (await import("./auth-local.js")).localAuth();
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
  tries.now();
  setTimeout(resolve, PATIENCE_MS);
});
