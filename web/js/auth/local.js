// Demo users for `make run`, and guests with a name of this device's own.

import { device } from "../device.js";
import { t } from "../ui/text.js";

export const DEMO_USERS = ["ada", "ben", "cleo"];

/** @param {{demo_listeners?: string[]}} server which users have a history, in the demo @returns {Promise<Auth>} */
export async function localAuth({ demo_listeners: listeners = [] }) {
  const fresh = () => `guest-${crypto.randomUUID().slice(0, 8)}`;
  let update = () => {};
  let guest = device.read("guest", "") || fresh();
  device.write("guest", guest);

  /** @param {string} uid @returns {Listener} */
  const listener = (uid) => ({ uid, name: uid === guest ? t("Guest") : uid, guest: uid === guest });

  /** @param {string} uid */
  async function become(uid) {
    device.write("user", uid);
    auth.listener = listener(uid);
    auth.changed();
    update();
  }

  /** @param {string} uid */
  const becomeGuest = (uid) => {
    device.write("guest", guest = uid);
    return become(uid);
  };

  /** @type {Auth} */
  const auth = {
    known: true,
    demo: true,
    listener: listener(device.read("user", guest)),
    headers: async () => ({ "X-Demo-User": auth.listener.uid ?? "" }),
    ways: [
      { label: t("Guest"), go: () => become(guest) },
      ...DEMO_USERS.map((uid) => ({ label: uid, go: () => become(uid) })),
      ...(listeners.length ? [{ label: t("New listener"), go: () => becomeGuest(fresh()) }] : []),
    ],
    changed() {},
  };
  if (listeners.length) { // files of functions/demo
    await import("../developer/demo.js").then(async (demo) => { update = await demo.openDemo(auth, becomeGuest); }).catch(console.warn);
  }
  return auth;
}
