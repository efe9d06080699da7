interface Episode { id: string; title: string }
interface Choice extends Episode { type: string; days: number; progress?: number }
interface Point extends Episode { category: string | null; x: number; y: number }
interface Candidate extends Episode { proposed_by: string[]; final_score: number; queue_position: number | null }
interface Queued extends Episode { series: { name: string } | null; queue_position: number; final_score: number; reason: { text: string } }
type Place = [number, number] | null;
interface Session {
  episodes: Queued[]; total_in_queue: number; cold_start: boolean; user_vector_episodes: number; degraded: string[];
  trace: { catalog: number; removed: Record<string, number>; window_days: number | null; sources: Record<string, number>; candidates: number; chosen: number };
  detail: { removed: Record<string, Episode[]>; candidates: Candidate[]; user: Place; interests: (Episode & { at: Place })[] };
}
interface Scenario { name: string; description: string }
interface Ids { episode: HTMLInputElement; days: HTMLInputElement; type: HTMLSelectElement; whose: HTMLSelectElement }
