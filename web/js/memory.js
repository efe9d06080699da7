// What the browser keeps, as JSON. Where storage is switched off or full, the page's own memory has to do.

/** @param {() => Storage} kept */
function store(kept) {
  /** @type {Map<string, string>} */
  const fallback = new Map();
  return {
    /** @template T @param {string} key @param {T} otherwise @returns {T} */
    read(key, otherwise) {
      try {
        return JSON.parse(fallback.get(key) ?? kept().getItem(`earshot.${key}`) ?? "") ?? otherwise;
      } catch {
        return otherwise; // nothing there, or nothing that we wrote
      }
    },
    /** @param {string} key @param {unknown} value */
    write(key, value) {
      const text = JSON.stringify(value);
      try {
        kept().setItem(`earshot.${key}`, text);
        fallback.delete(key);
      } catch {
        fallback.set(key, text);
      }
    },
    /** @param {string} key */
    drop(key) {
      fallback.delete(key);
      try { kept().removeItem(`earshot.${key}`); } catch { /* nothing can be there */ }
    },
  };
}

/** Stays on this device. */
export const device = store(() => localStorage);
/** Stays as long as the tab. */
export const tab = store(() => sessionStorage);
