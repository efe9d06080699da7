// The server's time. A device's clock can be wrong, and the server's can be fixed to a past day (`NOW`).

import { call } from "./call.js";
import { device } from "../library/memory.js";

const TOLERATED_MS = 60_000; // ignore smaller corrections, so that time does not jump within a visit

let aheadMs = device.read("clock", 0);

/** @param {number} [at] by this device's clock @returns {Date} by the server's clock */
export const serverTime = (at = Date.now()) => new Date(at - aheadMs);

/** Measures how far this device's clock is ahead. */
export async function setClock() {
  const { catalog } = await call("GET", "/health");
  if (!catalog) return;
  const found = Date.now() - Date.parse(catalog.created_at) - catalog.age_s * 1000;
  if (Math.abs(found - aheadMs) < TOLERATED_MS) return;
  device.write("clock", aheadMs = found);
}
