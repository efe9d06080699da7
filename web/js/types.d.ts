// The shapes that cross the page: the API's (docs/api.md), and what the page adds to them.

interface Reason { key: string; params: Record<string, string>; text: string }

interface Why { parts: { name: string; given: number }[]; sources: string[] }

interface Episode {
  id: string; content_id?: string; title: string; series?: { id: string; name?: string } | null;
  published_at: string; key_insight?: string; description?: string; language?: string; explicit?: boolean;
  categories?: { major?: string[]; subcategories?: string[] };
  image_url?: string; audio_url?: string; url?: string; duration_s?: number;
  final_score?: number; queue_position?: number; reason?: Reason;
  why?: Why; // by the page, of the session's trace
}

interface Trace { parts: Record<string, number[]>; proposed_by: string[][] }

interface SessionPage {
  session_id: string; episodes: Episode[]; total_in_queue: number; next_cursor: string | null;
  cold_start: boolean; user_vector_episodes: number; catalog_version: string; scenario: string;
  degraded: string[]; trace?: Trace;
}

type Session = Omit<SessionPage, "episodes" | "trace">;

// The feed of a tab, and the place in it: the first card in sight, and where its top was.
interface Kept {
  uid: string | null; at: number; session: Session; trace?: Trace; episodes: Episode[]; id?: string; top: number;
}

// What the API answers when it refuses (RFC 9457).
interface ProblemDocument { title: string; detail?: string; expected?: string; type?: string }

interface CallOptions {
  as?: string | null; // in this listener's name, or not at all; without it in the name of whoever listens
  keepalive?: boolean; headers?: Record<string, string>;
}

type EngagementType = "click" | "listen" | "complete" | "bookmark" | "like" | "share" | "not_interested";

interface Engagement {
  id: string; episode_id: string; type: EngagementType; timestamp?: string; progress?: number;
  episode_title?: string; series_name?: string;
}

type ListField = "category_interests" | "followed_series" | "muted_series";

type SeriesField = "followed_series" | "muted_series";

interface Category { name: string; kind: string }

interface Receipt { user_id: string; deleted: Record<string, number | boolean>; at: string }

type Profile = Record<ListField, string[]>;

// One write that the API has yet to confirm, or has a moment ago (`doneAt`). `at` is by this device's clock.
type Write = { at: number; doneAt?: number } & (
  | { op: "engage"; id: string; body: Engagement }
  | { op: "remove"; id: string }
  | { op: "list"; id: string; field: ListField; value: string; on: boolean }
);

// What this device keeps of the listener's library: `series` by id and name.
interface KeptLibrary { uid: string | null; engagements: Engagement[]; profile: Profile; series: [string, string][] }

type Known = Pick<KeptLibrary, "engagements" | "profile">;

interface Listener { uid: string | null; name: string; guest: boolean }

// What a deployment tells its page: where the API is, and the key of reCAPTCHA Enterprise for App Check.
interface Config { api: string; siteKey?: string }

interface Auth {
  known: boolean; // whether it is sure who listens, so that it can be sent in their name
  demo: boolean; // on a laptop
  listener: Listener;
  headers(fresh?: boolean): Promise<Record<string, string>>; // of a request in the listener's name
  ways: Way[]; // to become somebody else
  changed: () => void; // set by whoever wants to know
}

interface Credentials { email: string; password: string }

interface Way { label: string; form?: boolean; go: (fields?: Credentials) => Promise<unknown> }

type Action = [label: string, press: () => void];

type MenuItem = [icon: string, label: string, press: () => void];

interface View { title: string; show: () => void }

// An element that follows what the listener does.
type Live = HTMLElement & { update: () => void };

// What the frames have, by id.
interface Ids { seek: HTMLInputElement; episode: HTMLInputElement; days: HTMLInputElement; type: HTMLSelectElement; whose: HTMLSelectElement }
