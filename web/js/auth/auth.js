// Sign-in: Firebase on Hosting, demo users on the local server. Until it is known who listens, the page shows the last
// listener of this device and sends nothing as them.

import { firebaseAuth } from "./firebase.js";
import { Backoff } from "../http/problem.js";
import { config, json } from "../http/config.js";
import { device } from "../device.js";
import { t } from "../ui/text.js";

const SIGN_IN_WAIT_MS = 5_000; // wait for sign-in this long, then show a feed without it

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
