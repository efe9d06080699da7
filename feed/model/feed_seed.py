"""The feed seed: what a session is to be about, beside what is known of its user."""

import msgspec


class FeedSeed(msgspec.Struct, frozen=True, kw_only=True):
    """Words, with what they find in the search index, or episodes; by ids, so it can be recorded.

    A seed of episodes has ids alone; what is most similar to them is found while ranking.
    """

    text: str = ""
    """the words; empty for a seed of episodes"""
    episode_ids: tuple[str, ...] = ()
    """ids or content ids of episodes whose mean embedding is the seed's, unless `vector` is"""
    vector: tuple[float, ...] = ()
    """(D,) the seed's embedding, of length 1; empty: that of the episodes"""
    match_ids: tuple[str, ...] = ()
    """episodes that the words find, the best first"""
    match_scores: tuple[float, ...] = ()
    """how well each of them matches, as a share of the best"""
