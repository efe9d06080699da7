// The Lab's data types: `detail` and `trace` of docs/api.md.

interface Named { id: string; title: string }
interface Choice { id: string; type: string; days: number; progress?: number }
interface Point extends Named { category: string | null; x: number; y: number }
interface Candidate extends Named { proposed_by: string[]; final_score: number; queue_position: number | null }
interface Queued extends Named { series: { name: string } | null; queue_position: number; final_score: number; reason: { text: string } }
type Place = [number, number] | null;
interface Mix {
  categories: Record<string, number>; series: number; largest_series: number; median_age_days: number | null;
  new_series: number | null; new_categories: number | null;
}
interface Explained extends Named {
  removed_by: string[]; proposed_by: string[]; parts: Record<string, number>; final_score: number;
  rank: number | null; queue_position: number | null; passed_over: string | null;
}
interface LabSession {
  episodes: Queued[]; scenario: string; catalog_version: string; total_in_queue: number; cold_start: boolean; user_vector_episodes: number; degraded: string[];
  trace: { catalog: number; removed: Record<string, number>; window_days: number | null; sources: Record<string, number>; candidates: number; chosen: number; parts: Record<string, number[]> };
  detail: {
    now: string; engaged: Titled[]; scenario: string; removed: Record<string, Named[]>; candidates: Candidate[];
    mix: Mix; explained: Explained | null; user: Place; interests: (Named & { at: Place })[];
  };
}
type Tables = Record<string, Record<string, any>>;
interface Scenario { name: string; description: string; parameters: Tables }
interface ScenarioList { scenarios: Scenario[]; defaults: Tables; default: string }
interface CatalogMap { points: Point[]; mapped: number; sampled: boolean }
interface Curve { at: number[]; value: number[]; typical?: number }

// What the address keeps, each if it is there.
interface SideState { scenario?: string; weights?: Record<string, number> | null }
interface HistoryState { events?: Choice[]; interests?: string[] }
interface Address extends HistoryState { seed?: number; find?: string; left?: SideState | null; right?: SideState | null }

type PointAt = (id: string | undefined) => void; // an episode that is pointed at

interface Side {
  state(): Required<SideState>;
  rank(body: object): Promise<LabSession>; // the last one, if the request is the same
  show(session: LabSession, other: LabSession, sought: string, point: PointAt): void;
}
// Makes a side, which calls `soon` when it wants to be ranked. `usual` stands in for a scenario that is not there.
type StartSide = (title: string, usual: string, state: SideState, listed: ScenarioList, soon: () => void) => Side;

// What a session says in numbers, beside the other side's; `sought` is the episode that is looked for, or empty.
type ShowSession = (session: LabSession, other: LabSession, sought: string) => (Node | string)[];

interface Titled { id: string; title: string | null }
interface Past {
  add(id: string): void;
  name(engaged: Titled[]): void; // learns the titles of the history
  ids(): string[];
  state(): Required<HistoryState>;
  request(): object; // the history as part of a session's request
}
// `titles` by id are those of the map; `changed` is called after each change, `find` with the episode that is looked for.
type StartHistory = (titles: Map<string, string>, state: HistoryState, changed: () => void, find: (id: string) => void) => Promise<Past>;

// `pick` is called with an episode that is pressed, `point` with one that is pointed at.
type StartMap = (points: Point[], pick: (id: string) => void, point: PointAt) => {
  mark: PointAt; // rings a dot and names its episode
  show(chosen: string[], sessions: LabSession[]): void; // a history and its sessions
};

// What `python -m evaluation online --json` writes, as far as the Lab shows it. Null stands for what cannot be computed.
interface Estimated { value: number | null; low: number | null; high: number | null }
interface Comparison { arm: string; metric: string; is_primary: boolean; control: Estimated; difference: Estimated; p: number | null; differs: boolean }
interface ArmResult { name: string; metrics: Record<string, Estimated>; by_position: Record<string, Record<string, Estimated>> }
interface ExperimentResult { name: string; control: string; sentences: string[]; arms: ArmResult[]; compared: Comparison[] }
interface Interval { label: string; kind: string; low: number; value: number; high: number }
interface OnlineResult { experiments: ExperimentResult[] }
