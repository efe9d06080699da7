"""Sources: the episodes that an answer is made from, and the passages that belong to the question.

A user's mutes, languages and taste are applied to what the question finds for everybody, so the
search does not wait for what is stored of the user.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from feed.model.card import Card
from feed.model.degradation import Degradation
from feed.model.engagement import Summary
from feed.search.passages import Passage
from feed.search.search import DEFAULT
from feed.search.words import terms_of
from feed.session.request import SessionRequest, make_query
from functions.api.catalog_filters import profile_mask
from functions.ask.events import AnswerSource
from functions.ask.question import Question
from functions.ask.retrieval import Found, is_short, retrieve
from functions.ask.sentences import Sentence, best_sentence
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.passages import passages
from functions.serving.service import Service
from functions.telemetry import Timings

MAX_SOURCES = 6
NOTES_S = 0.15
"""how long sources wait for notes and transcripts; then the cards' descriptions stand in"""
_LEAST_SHARE = 0.35
"""of the best score, below which an episode is no source"""


@dataclass(frozen=True)
class Source:
    """An episode that an answer may cite."""

    shown: AnswerSource
    sentence: Sentence
    """the one that answers best"""


@dataclass(frozen=True)
class Sources:
    """The sources of one answer."""

    episodes: list[Source]
    catalog_version: str | None
    """None where nothing was looked for"""
    degraded: tuple[Degradation, ...]


async def find_sources(
    service: Service,
    question: Question,
    before: Callable[[], Awaitable[str]],
    timings: Timings,
) -> Sources:
    """Return the sources for a question. Raises `ProblemError` 503 without a catalog.

    `before` returns the user's last question in the conversation, empty if there is none. It is
    searched for, too, where the question alone says too little.
    """
    reading = asyncio.create_task(_summary(service, question.uid, timings))
    try:
        loaded = await service.catalog(timings)
        text = " ".join(filter(None, (question.text, question.seed_words)))
        if question.is_continued and is_short(text):
            text = f"{text} {await before()}".strip()
        found, degraded = await retrieve(service, loaded, text, timings)
        summary, summary_degraded = await reading
    finally:
        reading.cancel()
    catalog = loaded.catalog
    degraded = (*service.catalog_degraded(catalog), *summary_degraded, *degraded)
    with timings.step("choose"):
        rows, scores = _of_user(service, loaded, found, summary)
    if question.seed_ids:
        seeded = catalog.rows(question.seed_ids)
        if (seeded < 0).any():
            degraded = (*degraded, Degradation.SEED_UNMATCHED)
        first = list(dict.fromkeys(seeded[seeded >= 0].tolist()))
        rest = [(row, one) for row, one in zip(rows, scores, strict=True) if row not in first]
        best = max(scores, default=1.0)
        merged = [*((row, best) for row in first), *rest][:MAX_SOURCES]
        rows, scores = [row for row, _ in merged], [one for _, one in merged]
    quoted = await passages(
        service.notes,
        service.transcripts,
        loaded,
        rows,
        found.unknown.union(found.weights),
        wait_s=NOTES_S,
    )
    cards = [catalog.cards.raw(row) for row in rows]
    with timings.step("choose"):
        said = {term for some in quoted.by_row for one in some for term in terms_of(one.text)}
        # As rare as a term of one episode alone.
        rarest = dict.fromkeys(found.unknown & said, float(np.log1p(len(catalog))))
        weights = {**found.weights, **rarest}
        chosen = [
            _source(number, *one, weights)
            for number, one in enumerate(zip(cards, scores, quoted.by_row, strict=True), 1)
        ]
    return Sources(chosen, catalog.version, (*degraded, *quoted.degraded))


def starts_within(found: list[Passage], duration_s: float | None) -> list[float | None]:
    """Return where passages begin, in seconds; None for those behind the end of the episode.

    The transcript of another cut may be longer than what is published.
    """
    end_s = duration_s or float("inf")
    return [
        one.start_s if one.start_s is not None and one.start_s < end_s else None for one in found
    ]


async def _summary(
    service: Service, uid: str | None, timings: Timings
) -> tuple[Summary | None, tuple[Degradation, ...]]:
    """Return the user's summary, which is kept for some seconds, and what went wrong."""
    if uid is None:
        return None, ()
    asks = service.asks
    kept, writes = asks.summaries.get(uid), asks.writes
    if kept is None:
        kept = await service.summaries.read(uid, timings)
        is_known = kept[0] is not None or kept[1] == (Degradation.SUMMARY_MISSING,)
        if is_known and asks.writes == writes:
            asks.summaries.put(uid, kept)
    return kept


def _of_user(
    service: Service, loaded: LoadedCatalog, found: Found, summary: Summary | None
) -> tuple[list[int], list[float]]:
    """Return rows and scores of a user's sources, without what is muted or in other languages."""
    catalog, rows, scores = loaded.catalog, found.rows, found.scores
    if summary is not None:
        permitted = profile_mask(catalog, summary.profile)[rows]
        rows, scores = rows[permitted], scores[permitted]
        if catalog.embeddings.in_memory:
            query = make_query(SessionRequest(), summary, seed=0, now_us=service.now_us())
            taste = loaded.rankers[service.settings.SCENARIO].user_vector(query)
            if taste is not None:
                scores = scores + DEFAULT.taste * (catalog.embeddings[rows] @ taste)
                order = np.argsort(-scores, kind="stable")
                rows, scores = rows[order], scores[order]
    kept = scores >= _LEAST_SHARE * scores[:1]
    return rows[kept][:MAX_SOURCES].tolist(), scores[kept][:MAX_SOURCES].tolist()


def _source(
    number: int, raw: bytes, score: float, found: list[Passage], weights: dict[str, float]
) -> Source:
    # What the title says is known: of two sentences, the one that says more is wanted.
    card = msgspec.json.decode(raw, type=Card)
    titled = set(terms_of(card.title))
    weighed = {term: one / 2 if term in titled else one for term, one in weights.items()}
    texts = [one.text for one in found]
    starts_s = starts_within(found, card.duration_s or None)
    own = {
        "number": number,
        "score": round(score, 6),
        "passages": texts,
        "starts_s": starts_s,
        "at_s": next((one for one in starts_s if one is not None), None),
    }
    shown = raw[:-1] + b"," + msgspec.json.encode(own)[1:]
    return Source(msgspec.json.decode(shown, type=AnswerSource), best_sentence(texts, weighed))
