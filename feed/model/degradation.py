"""Every cause that an answer's `degraded` may name, with its severity and meaning.

Answers name a cause, logs its severity; docs/api.md and docs/operations.md describe each, and
tests/unit/feed/model/test_degradation.py holds these pages against this table.
"""

from enum import StrEnum
from typing import Literal, Self

Severity = Literal["INFO", "WARNING", "ERROR"]
"""ERROR: an operator has to act. WARNING: may become one. INFO: the service works as it should."""


class Degradation(StrEnum):
    """Why an answer is not as good as it could be, such as a store that did not respond."""

    severity: Severity
    meaning: str

    def __new__(cls, name: str, severity: Severity, meaning: str) -> Self:
        """A cause by its name in answers; severity and meaning become attributes."""
        one = str.__new__(cls, name)
        one._value_ = name
        one.severity, one.meaning = severity, meaning
        return one

    SUMMARY_MISSING = "summary_missing", "INFO", "nothing is stored of this user"
    SUMMARY_TIMEOUT = "summary_timeout", "ERROR", "the summary did not come in time"
    SUMMARY_UNAVAILABLE = "summary_unavailable", "ERROR", "the store of users does not answer"
    SUMMARY_UNREADABLE = "summary_unreadable", "ERROR", "the stored summary is damaged"
    IMPRESSIONS_UNSAVED = (
        "impressions_unsaved",
        "WARNING",
        "what the user saw could not be stored: the client sends it again",
    )
    IDENTITY_UNAVAILABLE = (
        "identity_unavailable",
        "ERROR",
        "Google's keys cannot be had, so the session is anonymous",
    )
    CLOCK_AHEAD = "clock_ahead", "INFO", "an engagement is dated more than an hour ahead"
    LANGUAGES_UNREADABLE = (
        "languages_unreadable",
        "WARNING",
        "none of the languages in a profile is a language tag, so all were shown",
    )
    FRESHNESS_WIDENED = "freshness_widened", "INFO", "too few fresh episodes: older ones came too"
    CATALOG_EMPTY = "catalog_empty", "ERROR", "the catalog has no episode"
    ALL_BELOW_QUALITY = "all_below_quality", "ERROR", "no episode reaches the quality floors"
    NO_SCORES = (
        "no_scores",
        "ERROR",
        "no episode has the scores that the scenario asks for: for_you ranks without them",
    )
    NONE_PUBLISHED = "none_published", "ERROR", "every episode is dated after the clock"
    NONE_FRESH = "none_fresh", "WARNING", "no episode is within the freshness window"
    ALL_RULED_OUT = "all_ruled_out", "ERROR", "the scenario's rules leave no episode"
    ALL_EXCLUDED = "all_excluded", "INFO", "every episode was engaged with or excluded"
    ALL_MUTED = "all_muted", "INFO", "the user muted every episode's series or category"
    NO_LANGUAGE_MATCH = "no_language_match", "INFO", "no episode is in a language of the user"
    ALL_TOO_LONG = (
        "all_too_long",
        "INFO",
        "no episode is known to be short enough for the time that was asked for",
    )
    TIME_UNFILLED = (
        "time_unfilled",
        "INFO",
        "no episodes add up to the time that was asked for, so the queue is shorter",
    )
    SERIES_LIMIT_RELAXED = "series_limit_relaxed", "INFO", "too few series for the series rules"
    SEED_UNMATCHED = (
        "seed_unmatched",
        "INFO",
        "the catalog lacks episodes of the seed, or matches none of its words",
    )
    RETRIEVAL_TIMEOUT = "retrieval_timeout", "ERROR", "the search did not answer in time"
    RETRIEVAL_UNAVAILABLE = "retrieval_unavailable", "ERROR", "the search cannot be asked"
    RETRIEVAL_EMPTY = "retrieval_empty", "ERROR", "the search has nothing of this catalog"
    VECTORS_UNAVAILABLE = "vectors_unavailable", "ERROR", "no vectors could be had to rank with"
    INSIGHTS_MISSING = (
        "insights_missing",
        "WARNING",
        "the catalog was built without insights",
    )
    SEARCH_INDEX_MISSING = (
        "search_index_missing",
        "WARNING",
        "the catalog was published without a search index",
    )
    SEARCH_INDEX_UNAVAILABLE = (
        "search_index_unavailable",
        "ERROR",
        "the search index cannot be read",
    )
    MODEL_UNAVAILABLE = "model_unavailable", "ERROR", "the generative model does not answer"
    MODEL_BLOCKED = "model_blocked", "INFO", "the model refuses to answer, for reasons of safety"
    ANSWER_INCOMPLETE = "answer_incomplete", "WARNING", "the model broke an answer off"
    QUERY_EMBEDDING_UNAVAILABLE = (
        "query_embedding_unavailable",
        "ERROR",
        "the model that embeds queries does not answer",
    )
    CONVERSATION_UNAVAILABLE = (
        "conversation_unavailable",
        "ERROR",
        "the conversation so far cannot be read",
    )
    NOTES_UNAVAILABLE = "notes_unavailable", "ERROR", "the notes of episodes cannot be read"
    TRANSCRIPTS_UNAVAILABLE = (
        "transcripts_unavailable",
        "ERROR",
        "the transcripts of episodes cannot be read",
    )
    CATALOG_MISSING = "catalog_missing", "ERROR", "the shelf points at no catalog"
    CATALOG_UNREACHABLE = "catalog_unreachable", "ERROR", "the shelf cannot be read"
    CATALOG_BROKEN = "catalog_broken", "ERROR", "the newest catalog cannot be used"
    CATALOG_STALE = "catalog_stale", "ERROR", "no look for changes has succeeded lately"
    CATALOG_TOO_LARGE = "catalog_too_large", "ERROR", "the newest catalog does not fit in memory"
