"""The gate: rules that a new catalog must satisfy before it replaces the current one."""

from dataclasses import dataclass

import numpy as np

from feed.catalog.catalog import Catalog
from feed.model.timestamps import rfc3339

MAX_LOST = 0.20
"""Largest share of the current catalog's episodes that a new one may lack."""
MIN_COVERAGE = 0.50
"""Smallest share of episodes that must have an embedding."""


@dataclass(frozen=True)
class GateViolation:
    """A rule that a catalog breaks."""

    rule: str
    detail: str


def gate_violations(
    new: Catalog, current: Catalog | None, min_coverage: float = MIN_COVERAGE
) -> list[GateViolation]:
    """Returns the rules that `new` breaks; none if it may be published.

    `current` is the catalog that it replaces, None if there is none to compare with.
    """
    if not len(new):
        return [GateViolation("empty", "the catalog has no episode")]
    found = []
    if current is not None and new.created_us < current.created_us:
        created = rfc3339(current.created_us)
        found.append(
            GateViolation("older", f"the current catalog is newer: it was created {created}")
        )
    if current is not None and len(current):
        lost = int(np.count_nonzero(new.id_index.first(current.id_hashes) < 0))
        if lost > MAX_LOST * len(current):
            detail = (
                f"{lost} of the {len(current)} episodes of the current catalog are missing "
                f"({lost / len(current):.0%}; allowed: {MAX_LOST:.0%})"
            )
            found.append(GateViolation("lost_episodes", detail))
    coverage = float(new.embeddings.present.mean())
    if coverage < min_coverage:
        detail = f"{coverage:.0%} of the episodes have a vector (expected: {min_coverage:.0%})"
        found.append(GateViolation("vector_coverage", detail))
    return found
