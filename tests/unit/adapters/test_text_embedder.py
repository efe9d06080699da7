"""The built-in embedder reads an episode's text, and what is said in it where that is known."""

from datetime import UTC, datetime

import msgspec

from adapters.text_embedder import LsaVectors
from feed.model.episode import Episode


def episode(number: int, description: str) -> Episode:
    return Episode(
        id=f"e{number}",
        title=f"Part {number}",
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        description=description,
    )


BREAD = [episode(number, "flour water salt oven crust crumb") for number in range(4)]
STARS = [episode(number, "planet comet orbit telescope nebula") for number in range(4, 8)]
VAGUE = episode(8, "a conversation")


def likeness(last: Episode) -> tuple[float, float]:
    """The cosines of the last episode with one about bread and one about stars."""
    rows = LsaVectors().vectors([*BREAD, *STARS, last]).matrix
    return float(rows[8] @ rows[0]), float(rows[8] @ rows[4])


def test_what_is_said_in_an_episode_says_what_it_is_similar_to() -> None:
    said = msgspec.structs.replace(VAGUE, spoken="orbit telescope comet")
    bread, stars = likeness(said)
    assert stars > 0.5 > bread
    assert max(likeness(VAGUE)) < 0.1
