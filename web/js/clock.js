// The server's time. A device's clock can be wrong, and the server's can be fixed to a day long past (`NOW`).

import { call } from "./api.js";
import { device } from "./memory.js";

const TOLERATED_MS = 60_000; // corrections below it would only turn back time within a visit

let aheadMs = device.read("clock", 0);

/** @param {number} [at] a moment by this device's clock @returns {Date} the same by the server's */
export const serverTime = (at = Date.now()) => new Date(at - aheadMs);

/** Learn how far ahead this device's clock is. */
export async function setClock() {
  const { catalog } = await call("GET", "/health");
  if (!catalog) return;
  const found = Date.now() - Date.parse(catalog.created_at) - catalog.age_s * 1000;
  if (Math.abs(found - aheadMs) < TOLERATED_MS) return;
  device.write("clock", aheadMs = found);
}
