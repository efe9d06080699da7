"""The words of a session's seed: from the request or a photo's token, looked up in the index."""

import asyncio

import msgspec

from feed.model.degradation import Degradation
from feed.ranking.pipeline import Ranker
from feed.session.request import Seed
from feed.session.seed_token import SeedToken, open_seed
from feed.session.signed_token import TokenError
from feed.user.query import Query
from functions.problems import ProblemError, invalid
from functions.serving.loaded_catalog import LoadedCatalog
from functions.serving.service import Service
from functions.telemetry import Timings


def seed_words(service: Service, seed: Seed | None) -> str:
    """Return the words that a session is to be about; empty if there are none.

    Raises `ProblemError`: 400 unless the seed is exactly one thing, and holds a word or a token of
    ours; 410 for a token that has expired.
    """
    if seed is None:
        return ""
    given = [name for name in seed.__struct_fields__ if getattr(seed, name) is not None]
    if len(given) != 1:
        expected = "exactly one of text, episode_ids and token"
        raise invalid("seed", expected, " and ".join(given) or "none")
    if seed.token is not None:
        return _open_token(service, seed.token).text
    if seed.text is not None and not seed.text.strip():
        raise invalid("seed.text", "a word")
    return (seed.text or "").strip()


def _open_token(service: Service, text: str) -> SeedToken:
    try:
        token = open_seed(text, service.cursor_keys)
    except TokenError as error:
        expected = "the token of POST /api/seeds/photo, unchanged"
        raise invalid("seed.token", expected, f"one that is {error}") from error
    if token.expires_us < service.now_us():
        raise ProblemError(
            410,
            "seed-expired",
            "this seed has expired: send the photo again",
            field="seed.token",
            expected="a token that has not expired",
        )
    return token


async def with_words(
    service: Service,
    loaded: LoadedCatalog,
    ranker: Ranker,
    query: Query,
    words: str,
    timings: Timings,
) -> tuple[Query, tuple[Degradation, ...]]:
    """Return the query with what its seed's words find, and why they were not looked up, if so."""
    if not words:
        return query, ()
    # Imported only now: most sessions have no seed of words.
    from feed.search.feed_seed import find_feed_seed  # noqa: PLC0415

    (index, index_degraded), (vector, vector_degraded) = await asyncio.gather(
        service.search_indexes.of(loaded), service.query_embeddings.of(loaded.catalog, words)
    )
    degraded = (*index_degraded, *vector_degraded)
    if index is None:
        return query, degraded
    async with service.ranking_lock:
        with timings.step("seed"):
            allowed = ranker.allowed(query)
            seed = find_feed_seed(
                loaded.catalog,
                index,
                words,
                allowed=allowed,
                now_us=query.now_us,
                vector=vector,
            )
    return msgspec.structs.replace(query, feed_seed=seed), degraded
