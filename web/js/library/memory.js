// The browser's storage, as JSON. If it is off or full, values are kept in memory.

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
