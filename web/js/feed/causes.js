// What was missing from an answer, in words. Loaded with the first answer that lacked something.

import { wordFor } from "../ui/words.js";

/** @type {Record<string, string>} by cause of degradation */
const WITHOUT = {
  summary_missing: "new listener", summary_timeout: "your history came too late",
  summary_unavailable: "your history is out of reach", summary_unreadable: "your history cannot be read",
  impressions_unsaved: "what you saw is not noted",
  identity_unavailable: "your sign-in cannot be checked just now", clock_ahead: "a device's clock runs ahead",
  all_too_long: "nothing is as short", time_unfilled: "shorter than you asked for",
  freshness_widened: "older episodes included", series_limit_relaxed: "more from the same series",
  languages_unreadable: "every language included", no_language_match: "nothing in your languages",
  all_muted: "everything is muted", all_excluded: "you have heard everything", none_published: "nothing is out yet",
  none_fresh: "nothing is new enough", no_scores: "nothing is rated",
  all_below_quality: "nothing is good enough", all_ruled_out: "nothing fits the rules",
  vectors_unavailable: "only topics are compared", catalog_empty: "the catalog is empty",
  insights_missing: "no trends yet",
  search_index_missing: "no search yet", search_index_unavailable: "search is out",
  query_embedding_unavailable: "words alone were sought",
  seed_unmatched: "the seed matches nothing",
  notes_unavailable: "no notes", transcripts_unavailable: "no transcripts", conversation_unavailable: "the talk so far",
  model_unavailable: "no model just now", model_blocked: "the model refuses this", answer_incomplete: "the answer broke off",
  catalog_missing: "catalog was withdrawn", catalog_unreachable: "newer catalog out of reach",
  catalog_broken: "newer catalog is damaged", catalog_stale: "catalog is old", catalog_too_large: "newer catalog is too large",
  retrieval_timeout: "search came too late", retrieval_unavailable: "search is out of reach",
  retrieval_empty: "search found nothing",
};

/** @param {string[]} degraded of an answer */
export const causes = (degraded) => degraded.map((name) => wordFor(WITHOUT, name)).join("\u00a0· ");
