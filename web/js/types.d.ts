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

type EngagementType = "click" | "listen" | "complete" | "bookmark" | "like" | "share" | "not_interested";

interface Engagement {
  id: string; episode_id: string; type: EngagementType; timestamp?: string; progress?: number;
  episode_title?: string; series_name?: string;
}

type ListField = "category_interests" | "followed_series" | "muted_series";

interface Category { name: string; kind: string }

interface Receipt { user_id: string; deleted: Record<string, number | boolean>; at: string }

type Profile = Record<ListField, string[]>;

// One write that the API has yet to confirm, or has a moment ago (`doneAt`). `at` is by this device's clock.
type Write = { at: number; doneAt?: number } & (
  | { op: "engage"; id: string; body: Engagement }
  | { op: "remove"; id: string }
  | { op: "list"; id: string; field: ListField; value: string; on: boolean }
);

interface Listener { uid: string | null; name: string; guest: boolean }

interface Auth {
  demo: boolean; // on a laptop
  listener: Listener;
  headers(fresh?: boolean): Promise<Record<string, string>>; // of a request in the listener's name
  ways: Way[]; // to become somebody else
  changed: () => void; // set by whoever wants to know
}

interface Credentials { email: string; password: string }

interface Way { label: string; form?: boolean; go: (fields?: Credentials) => Promise<unknown> }

interface View { title: string; show: () => void }

// An element that follows what the listener does.
type Live = HTMLElement & { update: () => void };

// What lab.html has, by id.
interface Ids { episode: HTMLInputElement; days: HTMLInputElement; type: HTMLSelectElement; whose: HTMLSelectElement }
