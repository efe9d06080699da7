// What was missing from an answer, in words.

import { t } from "../ui/text.js";
import { joined, wordFor } from "../ui/words.js";

/** What is the operator's to know; and a new listener lacks nothing. */
const INTERNAL = /^(catalog|impressions|insights|retrieval|vectors)_|^summary_missing$/;

/** @type {Record<string, string>} by cause of degradation */
const WITHOUT = {
  summary_timeout: t("your history came too late"),
  summary_unavailable: t("your history is out of reach"), summary_unreadable: t("your history cannot be read"),
  identity_unavailable: t("your sign-in cannot be checked just now"), clock_ahead: t("a device's clock runs ahead"),
  all_too_long: t("nothing is as short"), time_unfilled: t("shorter than you asked for"),
  freshness_widened: t("older episodes included"), series_limit_relaxed: t("more from the same show"),
  languages_unreadable: t("every language included"), no_language_match: t("nothing in your languages"),
  all_muted: t("everything is muted"), all_excluded: t("you have heard everything"), none_published: t("nothing is out yet"),
  none_fresh: t("nothing is new enough"), no_scores: t("nothing is rated"),
  all_below_quality: t("nothing is good enough"), all_ruled_out: t("nothing fits the rules"),
  search_index_missing: t("no search yet"), search_index_unavailable: t("search is out"),
  query_embedding_unavailable: t("words alone were sought"), seed_unmatched: t("the seed matches nothing"),
  notes_unavailable: t("no notes"), transcripts_unavailable: t("no transcripts"), conversation_unavailable: t("the talk so far"),
  model_unavailable: t("no model just now"), model_blocked: t("the model refuses this"), answer_incomplete: t("the answer broke off"),
};

/** @param {string[]} degraded */
export const causes = (degraded) => joined(degraded.filter((name) => !INTERNAL.test(name)).map((name) => wordFor(WITHOUT, name)));
