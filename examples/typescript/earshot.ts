// A client of Earshot for the web, React Native and Node.js: a feed page by page, and engagements that survive being offline.

import type { components } from "./api.d.ts";
import type { EngagementType, OutboxStorage } from "../../web/js/library/outbox-types.d.ts";
import { Outbox, withTimestamp } from "../../web/js/library/outbox.js";
import { answerOf, type Problem } from "../../web/js/http/problem.js";

type Schemas = components["schemas"];
export type Episode = Schemas["RankedEpisode"];
export type SessionPage = Schemas["SessionPage"];
export type SessionRequest = Partial<Schemas["SessionRequest"]>;

export interface Surroundings {
  /** The address of the API, `https://…/api`. */
  api: string;
  /** The signed-in user's id. */
  uid: string;
  /** A Firebase ID token: `(fresh) => user.getIdToken(fresh)`. */
  idToken(fresh: boolean): Promise<string>;
  /** Where unsent writes stay, see storage.ts. */
  storage: OutboxStorage;
  /** Called if the API refuses a write for good, such as one with an unknown type. */
  refused?(problem: Problem): void;
}

export class Earshot {
  /** Writes on this device; `waiting` are those that the API has not confirmed. */
  readonly outbox: Outbox;

  constructor(private readonly given: Surroundings) {
    this.outbox = new Outbox(given.uid, {
      storage: given.storage,
      fetch: (path, init) => this.send(path, init),
      tell: (problem) => { if (problem) given.refused?.(problem); },
    });
    void this.outbox.drain();
  }

  /** Ranks a new session and returns its first page. Recent writes count, whether or not the API has them yet. */
  createSession(request: SessionRequest = {}): Promise<SessionPage> {
    const engagements = this.outbox.writes.flatMap((write) =>
      write.op === "engage" ? [withTimestamp(write, (at) => new Date(at))] : []);
    const body: SessionRequest = { ...request, engagements: engagements.slice(-500) };
    return this.post("/sessions/create", body);
  }

  /** The page after one; only for a page whose `next_cursor` is not null. */
  nextPage({ session_id, next_cursor }: SessionPage, limit = 10): Promise<SessionPage> {
    return this.post(`/sessions/${session_id}/next`, { cursor: next_cursor, limit });
  }

  /** The episodes of a session, from its first page to the last; a page is fetched when its first episode is needed. */
  async *episodes(request: SessionRequest = {}): AsyncGenerator<Episode> {
    let page = await this.createSession(request);
    yield* page.episodes;
    while (page.next_cursor !== null) {
      page = await this.nextPage(page, request.limit);
      yield* page.episodes;
    }
  }

  /** The cards of up to 50 episodes, such as those that the user saved; without what the catalog no longer has. */
  async cards(ids: readonly string[]): Promise<Schemas["Card"][]> {
    const query = ids.map((id) => `id=${encodeURIComponent(id)}`).join("&");
    const found: Schemas["EpisodeList"] = await answerOf(await this.send(`/episodes?${query}`, {}));
    return found.episodes;
  }

  /** Records what the user did: at once on this device, then at the API, however long that takes. Returns its id. */
  record(type: EngagementType, episode: { id: string; title: string }, progress?: number): string {
    const id = randomId();
    const body = { id, episode_id: episode.id, episode_title: episode.title.slice(0, 1000), type, progress };
    this.outbox.add({ op: "engage", id, at: Date.now(), body });
    return id;
  }

  /** Takes back what was recorded. */
  remove(id: string): void {
    this.outbox.add({ op: "remove", id, at: Date.now() });
  }

  /** Sends waiting writes now: call it when the connection returns (`online` on the web, NetInfo in React Native). */
  online(): void {
    this.outbox.tries.hurry();
  }

  /** Stops sending, before another user signs in. Waiting writes stay on the device until this user returns. */
  close(): void {
    this.outbox.close();
  }

  private async post<Answer>(path: string, body: unknown): Promise<Answer> {
    const headers = { "Content-Type": "application/json" };
    return answerOf(await this.send(path, { method: "POST", headers, body: JSON.stringify(body) }));
  }

  private async send(path: string, init: RequestInit, fresh = false): Promise<Response> {
    const headers = { ...init.headers, Authorization: `Bearer ${await this.given.idToken(fresh)}` };
    const response = await fetch(this.given.api + path, { ...init, headers });
    return response.status === 401 && !fresh ? this.send(path, init, true) : response;
  }
}

/** 128 random bits. React Native has no `crypto.randomUUID`; an id of an engagement need not be secret. */
const randomId = () => Array.from({ length: 4 }, () => Math.random().toString(16).slice(2, 10).padStart(8, "0")).join("");
