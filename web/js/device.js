// This device: its storage, as JSON, and how far its clock is ahead of the server's.

const TOLERATED_MS = 60_000; // ignore smaller corrections, so that time does not jump within a visit

/** Values by key; in memory if the storage is off or full. @param {() => Storage} kept */
function store(kept) {
  /** @type {Map<string, string>} */
  const fallback = new Map();
  return {
    /** @template T @param {string} key @param {T} otherwise @returns {T} */
    read(key, otherwise) {
      try {
        return JSON.parse(fallback.get(key) ?? kept().getItem(`earshot.${key}`) ?? "") ?? otherwise;
      } catch {
        return otherwise; // missing, or not written by this page
      }
    },
    /** @param {string} key @param {unknown} value @returns {boolean} whether it is stored beyond this page */
    write(key, value) {
      const text = JSON.stringify(value);
      try {
        kept().setItem(`earshot.${key}`, text);
        fallback.delete(key);
        return true;
      } catch {
        fallback.set(key, text);
        return false;
      }
    },
    /** @param {string} key */
    drop(key) {
      fallback.delete(key);
      try { kept().removeItem(`earshot.${key}`); } catch { /* nothing can be there */ }
    },
    /** @param {string} start @returns {string[]} the keys that begin with it */
    keys(start) {
      let names = [...fallback.keys()];
      try { names.push(...Object.keys(kept()).map((name) => name.replace("earshot.", ""))); } catch { /* only those */ }
      return [...new Set(names)].filter((name) => name.startsWith(start));
    },
    /** @param {string} key @returns {boolean} whether it goes with the page */
    volatile: (key) => fallback.has(key),
  };
}

export const device = store(() => localStorage);
export const tab = store(() => sessionStorage);

let aheadMs = device.read("clock", 0);

/** @param {number} [at] by this device's clock @returns {Date} by the server's clock, which can be fixed to a past day (`NOW`) */
export const serverTime = (at = Date.now()) => new Date(at - aheadMs);

/** @param {number} nowMs by the server's clock */
export function setClock(nowMs) {
  const found = Date.now() - nowMs;
  if (Math.abs(found - aheadMs) >= TOLERATED_MS) device.write("clock", aheadMs = found);
}
