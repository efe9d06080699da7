// The Lab's data types: `detail` and `trace` of docs/api.md.

interface Named { id: string; title: string }
interface Choice extends Named { type: string; days: number; progress?: number }
interface Point extends Named { category: string | null; x: number; y: number }
interface Candidate extends Named { proposed_by: string[]; final_score: number; queue_position: number | null }
interface Queued extends Named { series: { name: string } | null; queue_position: number; final_score: number; reason: { text: string } }
type Place = [number, number] | null;
interface LabSession {
  episodes: Queued[]; total_in_queue: number; cold_start: boolean; user_vector_episodes: number; degraded: string[];
  trace: { catalog: number; removed: Record<string, number>; window_days: number | null; sources: Record<string, number>; candidates: number; chosen: number };
  detail: { removed: Record<string, Named[]>; candidates: Candidate[]; user: Place; interests: (Named & { at: Place })[] };
}
interface Scenario { name: string; description: string }

// What `python -m evaluation online --json` writes, as far as the Lab shows it. Null stands for what cannot be computed.
interface Estimated { value: number | null; low: number | null; high: number | null }
interface Comparison { arm: string; metric: string; is_primary: boolean; control: Estimated; difference: Estimated; p: number | null; differs: boolean }
interface ArmResult { name: string; metrics: Record<string, Estimated>; by_position: Record<string, Record<string, Estimated>> }
interface ExperimentResult { name: string; control: string; sentences: string[]; arms: ArmResult[]; compared: Comparison[] }
interface OnlineResult { experiments: ExperimentResult[] }
