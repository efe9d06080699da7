// The API's data types (docs/api.md), and those that the page adds.

interface Reason { key: string; params: Record<string, string>; text: string }

interface Why { parts: { name: string; given: number }[]; sources: string[] }

interface Episode {
  id: string; content_id?: string; title: string; series?: { id: string; name?: string } | null;
  published_at: string; key_insight?: string; description?: string; language?: string; explicit?: boolean;
  categories?: { major?: string[]; subcategories?: string[] };
  estimated?: string[]; people?: unknown[]; entities?: unknown[]; // names or records with one
  chapters_url?: string; transcript_url?: string;
  image_url?: string; audio_url?: string; url?: string; duration_s?: number;
  final_score?: number; queue_position?: number; reason?: Reason;
  why?: Why; // made by the page from the session's trace
}

// A show as its page has it.
interface Show extends SeriesCard { name: string; topics: string[]; newest_at: string | null }

// A person, a thing or a topic; the numbers are by day, of 14 days.
interface Insight {
  kind: "person" | "entity" | "topic"; name: string; rising: boolean; listeners: number; series: number;
  listeners_by_day: number[]; series_by_day: number[]; reason: Reason; episodes: Episode[];
}

interface EpisodePage { episodes: Episode[]; next_cursor: string | null }

interface Chapter { start_s: number; title: string; url?: string }

interface TranscriptPart { text: string; start_s?: number; speaker?: string }

interface Trace { parts: Record<string, number[]>; proposed_by: string[][] }

interface SessionPage {
  session_id: string; episodes: Episode[]; total_in_queue: number; next_cursor: string | null;
  cold_start: boolean; user_vector_episodes: number; catalog_version: string; scenario: string;
  degraded: string[]; trace?: Trace;
}

interface Snippet { text: string; ranges: [number, number][] }

type FoundEpisode = Episode & { score: number; matched: string[]; snippet: Snippet };

interface SearchPage {
  episodes: FoundEpisode[]; total: number; next_cursor: string | null;
  series: { id: string; name: string | null }[]; people: string[]; topics: string[]; degraded: string[];
  understood: {
    series: { id: string; name: string | null }[]; since: string | null; until: string | null;
    min_duration_s: number | null; max_duration_s: number | null; newest: boolean;
  };
}

type AnswerSource = Episode & { number: number; score: number; passages: string[]; at_s: number | null };

interface AnswerDone { model: string; complete: boolean; stored: boolean; degraded: string[] }

// Shelves of a home page; a shelf has episodes or series.
interface SeriesCard { id: string; name?: string | null; episodes: number; topics?: string[]; image_url?: string; reason?: Reason }

interface Shelf {
  id: string; title: Reason; reason: Reason; episodes?: Episode[]; series?: SeriesCard[];
  total: number; shown_count: number; remaining_count: number;
}

interface HomePage { session_id: string; shelves: Shelf[]; cursor: string | null; degraded: string[] }

type Session = Omit<SessionPage, "episodes">;

// What the page keeps of the first session of a feed.
type FirstSession = Pick<Session, "session_id" | "cold_start" | "user_vector_episodes">;

// What a feed is to be about, and how the page calls it.
interface About { seed: { text: string } | { token: string }; label: string }

// An episode that was on the screen.
interface Seen { episode_id: string; session_id: string; position: number; at: string }

// A tab's feed and position: the first visible card, and where its top was.
interface Kept {
  uid: string | null; at: number; session: Session; first: FirstSession; about?: About | null; episodes: Episode[]; id?: string; top: number;
}

interface CallOptions {
  as?: string | null; // call only as this listener; without it as the current one
  headers?: Record<string, string>;
}

type EngagementType = import("./library/outbox-types.d.ts").EngagementType;

type Engagement = import("./library/outbox-types.d.ts").Engagement;

// What was done with an episode, the latest first: the types, and the share that was heard.
interface EpisodePast { id: string; all: Engagement[]; done: Set<EngagementType>; heard: number; card?: Episode }

// Saved, or History.
interface ListView {
  none: string; detail: string; // said of an empty list
  list: () => EpisodePast[];
  group: (past: EpisodePast) => string; // the heading that a row stands under, or ""
  facts: (past: EpisodePast) => string[];
  removed: (past: EpisodePast) => Engagement[]; // with its row
  more: () => void; // draws what else the page has
}

type ListField = import("./library/outbox-types.d.ts").ListField;

type SeriesField = "followed_series" | "muted_series";

interface Category { name: string; kind: string; episodes: number }

interface Receipt { user_id: string; deleted: Record<string, number | boolean>; at: string }

type Profile = Record<ListField, string[]>;

type Write = import("./library/outbox-types.d.ts").Write;

// The listener's library as stored on this device; `series` are pairs of id and name.
interface KeptLibrary { uid: string | null; engagements: Engagement[]; profile: Profile; series: [string, string][] }

type Known = Pick<KeptLibrary, "engagements" | "profile">;

interface Listener { uid: string | null; name: string; guest: boolean }

// The deployment's configuration: the API's address, the one for streams (Hosting holds them back), and the reCAPTCHA Enterprise key for App Check.
interface Config { api: string; stream: string; siteKey?: string }

interface Auth {
  known: boolean; // whether the listener is verified, so that writes may be sent
  demo: boolean; // with demo users, on a laptop
  listener: Listener;
  headers(fresh?: boolean): Promise<Record<string, string>>; // headers of a request as the listener
  ways: Way[]; // the ways to sign in
  changed: () => void; // set by the subscriber
}

// A call that was answered, as the demo keeps it.
interface Call {
  method: string; url: string; headers: Record<string, string>; body: unknown;
  status: number; ms: number; parts: string; answer: Promise<string>;
}

interface Credentials { email: string; password: string }

interface Way { label: string; form?: boolean; go: (fields?: Credentials) => Promise<unknown> }

type Action = [label: string, press: () => void];

type MenuItem = [icon: string, label: string, press: () => void];

// A view of the page. `show` is given what the address names ("" if nothing), `update` is called when the library has changed or another episode plays.
interface View { title: string; show: (key: string) => unknown; update: () => unknown; load?: () => Promise<unknown> }

// The player, as other pages know it.
interface Player {
  load: () => Promise<{ play(episode: Episode, seconds?: number): void }>; // ahead: sound may begin only within the press of a button
  stop: (records?: boolean) => void; // at once: the listener may be about to change
  at: (id: string) => number | undefined; // the position in an episode, if it holds it
}

// An element that can be updated.
type Live = HTMLElement & { update: () => void };

// Elements of the HTML files, by id.
interface Ids { episode: HTMLInputElement; days: HTMLInputElement; type: HTMLSelectElement; whose: HTMLSelectElement }
