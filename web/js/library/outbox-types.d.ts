// The types of outbox.js, and how a client uses it:
//
//   const outbox = new Outbox(uid, { storage, fetch: (path, init) => fetch(API + path, signedIn(init)) });
//   outbox.drain();        // at the start, sends what is left; add() does it, too, and failures are retried
//   outbox.add({ op: "engage", id, at: Date.now(), body: { id, episode_id, type: "listen" } });
//   outbox.tries.hurry();  // when the connection returns
//   outbox.close();        // before the outbox of another user is opened

import type { Problem } from "../http/problem.js";

/** An error answer of the API (RFC 9457). */
export interface ProblemDocument { title: string; detail?: string; expected?: string; type?: string }

export type EngagementType = "click" | "listen" | "complete" | "bookmark" | "like" | "share" | "not_interested";

export interface Engagement {
  id: string; episode_id: string; type: EngagementType; timestamp?: string; progress?: number;
  episode_title?: string; series_name?: string;
}

/** A list of the profile. */
export type ListField = "category_interests" | "followed_series" | "muted_series" | "muted_categories";

/** A write that the API has not confirmed, or has confirmed recently (`doneAt`). `at` is by this device's clock. */
export type Write = { at: number; doneAt?: number } & (
  | { op: "engage"; id: string; body: Engagement }
  | { op: "remove"; id: string }
  | { op: "list"; id: string; field: ListField; value: string; on: boolean }
);

/** Values by key, kept as JSON. They are read and written at once: a storage that answers later needs a copy in memory. */
export interface OutboxStorage {
  read<T>(key: string, otherwise: T): T;
  /** Returns whether the value outlives the app. */
  write(key: string, value: unknown): boolean;
  drop(key: string): void;
  /** The keys that begin with a text. */
  keys(start: string): string[];
  /** Whether the value goes with the app. */
  volatile(key: string): boolean;
}

export interface Clock {
  /** Milliseconds since 1970 by this device. */
  now(): number;
  /** A time of this device by the server's clock. */
  date(at: number): Date;
}

export interface OutboxRequest { method: string; body?: string; headers: Record<string, string>; keepalive: boolean }

/** What an outbox is given. */
export interface Surroundings {
  storage: OutboxStorage;
  /** Sends a request as the user, to a path below `/api`. */
  fetch(path: string, init: OutboxRequest): Promise<Response>;
  /** The device's clock, unless told otherwise. */
  clock?: Clock;
  /** Called after each change, with the problem if the API refused a write. */
  tell?(refused?: Problem): void;
  /** Whether the user is signed in, so that writes may be sent. */
  ready?(): boolean;
  /** Sends while no other copy of the app does. */
  alone?(name: string, send: () => Promise<void>): Promise<void>;
}
