// Storage for the outbox: localStorage, or one that answers later, such as React Native's AsyncStorage.

import type { OutboxStorage } from "../../web/js/library/outbox-types.d.ts";

const PREFIX = "earshot.";

/** What localStorage and AsyncStorage have in common. */
export interface KeptStorage {
  getItem(key: string): Promise<string | null> | string | null;
  setItem(key: string, text: string): unknown;
  removeItem(key: string): unknown;
}

/**
 * A storage that is read and written at once, in memory, and follows up in `kept`.
 * For the web: `openStorage(localStorage, Object.keys(localStorage))`.
 * In React Native: `openStorage(AsyncStorage, await AsyncStorage.getAllKeys())`.
 */
export async function openStorage(kept: KeptStorage, keys: readonly string[]): Promise<OutboxStorage & { settled(): Promise<void> }> {
  const values = new Map<string, string>();
  for (const key of keys.filter((one) => one.startsWith(PREFIX))) {
    const text = await kept.getItem(key);
    if (text !== null) values.set(key.slice(PREFIX.length), text);
  }
  const unsaved = new Set<string>();
  let last: Promise<void> = Promise.resolve();

  /** Saves the latest value of a key after all earlier ones, so that an older value never wins. */
  function save(key: string) {
    unsaved.add(key);
    last = last.then(async () => {
      const text = values.get(key);
      await (text === undefined ? kept.removeItem(PREFIX + key) : kept.setItem(PREFIX + key, text));
      if (text === values.get(key)) unsaved.delete(key);
    }).catch(() => {}); // it is full or off: the value stays volatile
  }

  return {
    read: (key, otherwise) => JSON.parse(values.get(key) ?? "null") ?? otherwise,
    write(key, value) {
      values.set(key, JSON.stringify(value));
      save(key);
      return true;
    },
    drop(key) {
      values.delete(key);
      save(key);
    },
    keys: (start) => [...values.keys()].filter((key) => key.startsWith(start)),
    volatile: (key) => unsaved.has(key),
    settled: () => last,
  };
}
