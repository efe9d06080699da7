"""The gate: what a new catalog must be, beside the one it replaces, before it is published."""

from dataclasses import dataclass

import numpy as np

from feed.catalog.catalog import Catalog
from feed.model.timestamps import rfc3339

MAX_LOST = 0.20
"""the share of the current catalog's episodes that a new one may lack"""
MIN_COVERAGE = 0.50
"""the share of episodes that must have an embedding"""


@dataclass(frozen=True)
class Refusal:
    """One rule that a catalog breaks."""

    rule: str
    detail: str


def refusals(
    new: Catalog, current: Catalog | None, min_coverage: float = MIN_COVERAGE
) -> list[Refusal]:
    """The rules that `new` breaks; none if it may be published."""
    if not len(new):
        return [Refusal("empty", "the catalog has no episode")]
    found = []
    if current is not None and new.created_us < current.created_us:
        created = rfc3339(current.created_us)
        found.append(Refusal("older", f"the catalog published now is newer: created {created}"))
    if current is not None and len(current):
        lost = int(np.count_nonzero(new.id_index.first(current.id_hashes) < 0))
        if lost > MAX_LOST * len(current):
            found.append(
                Refusal(
                    "lost_episodes",
                    f"{lost} of the {len(current)} episodes published now are missing "
                    f"({lost / len(current):.0%}; allowed: {MAX_LOST:.0%})",
                )
            )
    coverage = float(new.embeddings.present.mean())
    if coverage < min_coverage:
        found.append(
            Refusal(
                "vector_coverage",
                f"{coverage:.0%} of the episodes have a vector (wanted: {min_coverage:.0%})",
            )
        )
    return found
