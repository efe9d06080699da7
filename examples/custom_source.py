"""Builds a catalog from an episode source of your own, here a CSV file, and writes a snapshot.

An episode source has one method, `read`, which yields a record per episode. A row that cannot be
read is a `SourceProblem`: it is reported and stops nothing. Run it with a file that has the columns
id, title, published_at and series: `.venv/bin/python -m examples.custom_source IN.csv OUT`.
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.text_embedder import LsaVectors
from catalog_builder.episodes.allowance import parse_allowance
from catalog_builder.inputs import BuildInputs
from catalog_builder.job import build
from feed.ports.episodes import SourceProblem, SourceRecord
from feed.snapshot.codec import encode


@dataclass(frozen=True)
class CsvSource:
    """Episodes from a CSV file with a header, one per line."""

    path: Path

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yield every line in the order of the file."""
        with self.path.open(newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), 2):
                where = f"{self.path.name}:{number}"
                if row["id"]:
                    yield SourceRecord(where, {**row, "series": {"name": row["series"]}})
                else:
                    yield SourceProblem(where, "expected an id")


if __name__ == "__main__":
    built = build(
        BuildInputs(
            episodes=CsvSource(Path(sys.argv[1])),
            vectors=LsaVectors(),
            now=datetime.now(UTC),
            max_bad=parse_allowance("10%"),
        )
    )
    Path(sys.argv[2]).write_bytes(encode(built.catalog))
    print(f"{len(built.catalog)} episodes, {len(built.problems)} skipped")
