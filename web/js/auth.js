// Who listens: Firebase says it on Hosting, elsewhere there are demo users. Until then it is the last listener of this
// device, and nothing is sent.

import { firebaseAuth } from "./auth-firebase.js";
import { localAuth } from "./auth-local.js";
import { Backoff } from "./backoff.js";
import { config, json } from "./config.js";
import { device } from "./memory.js";

/** @type {Auth} */
let chosen = {
  known: false,
  demo: false,
  listener: device.read("listener", { uid: null, name: "Guest", guest: true }),
  headers: async () => ({}),
  ways: [],
  changed() {},
};

export const auth = () => chosen;

/** @type {Promise<unknown>} */
let begun;

/** Resolves when it is known who listens, or that this takes a while. */
export const settled = () => begun;

/** @param {() => void} changed called at every turn */
export const startAuth = (changed) => begun = new Promise((resolve) => {
  const tries = new Backoff(async () => {
    try {
      const [{ siteKey }, firebase] = await Promise.all([config(), json("/__/firebase/init.json")]);
      chosen = firebase.apiKey ? await firebaseAuth(firebase, siteKey, () => tries.later()) : localAuth();
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
  setTimeout(resolve, 5_000);
});
