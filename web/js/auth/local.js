// Demo users for `make run`, named by the header X-Demo-User. A guest gets a name of this device's own, as a
// Firebase guest gets a uid.

import { device } from "../library/memory.js";

export const DEMO_USERS = ["ada", "ben", "cleo"];

/** @returns {Auth} */
export function localAuth() {
  const guest = device.read("guest", "") || `guest-${crypto.randomUUID().slice(0, 8)}`;
  device.write("guest", guest);

  /** @param {string} uid @returns {Listener} */
  const listener = (uid) => ({ uid, name: uid === guest ? "Guest" : uid, guest: uid === guest });

  /** @type {Auth} */
  const auth = {
    known: true,
    demo: true,
    listener: listener(device.read("user", guest)),
    headers: async () => ({ "X-Demo-User": auth.listener.uid ?? "" }),
    ways: [guest, ...DEMO_USERS].map((uid) => ({
      label: listener(uid).name,
      async go() {
        device.write("user", uid);
        auth.listener = listener(uid);
        auth.changed();
      },
    })),
    changed() {},
  };
  return auth;
}
