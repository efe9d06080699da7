// Who listens. On Firebase Hosting that is Firebase's to say; the local server says that there is no Firebase,
// and takes demo users. Where neither can be reached everybody is nobody: there is a feed, and nothing is stored.

import { localAuth } from "./auth-local.js";

/** @type {Auth} */
const nobody = {
  demo: false,
  listener: { uid: null, name: "Guest", guest: true },
  headers: async () => ({}),
  ways: [],
  changed() {},
};
let chosen = nobody;

/** As `startAuth` has found out. */
export const auth = () => chosen;

/** @param {() => void} changed called whenever somebody else listens */
export async function startAuth(changed) {
  try {
    const config = await fetch("/__/firebase/init.json").then((answer) => answer.json());
    chosen = config.apiKey ? await (await import("./auth-firebase.js")).firebaseAuth(config) : localAuth();
  } catch (error) {
    console.warn("Nobody can sign in:", error);
    addEventListener("online", () => location.reload(), { once: true });
  }
  chosen.changed = changed;
}
