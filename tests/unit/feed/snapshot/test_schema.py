"""The page on the snapshot format is true."""

import re
import subprocess
import sys
from pathlib import Path

from feed.catalog.catalog import Catalog
from feed.snapshot.codec import FORMAT, encode
from feed.snapshot.schema import SECTIONS

PAGE = (Path(__file__).parents[4] / "docs" / "snapshot-format.md").read_text()


def test_the_page_lists_every_section_in_order_with_its_dtype_and_shape() -> None:
    listed = re.findall(r"^\| `([\w.]+)` \| `(\S+)` \| ([^|]+) \|", PAGE, re.MULTILINE)
    assert listed == [
        (
            name,
            section.dtype.lstrip("|"),
            ", ".join("any" if size is None else str(size) for size in section.shape),
        )
        for name, section in SECTIONS.items()
    ]
    assert f"version {FORMAT}." in PAGE


def test_the_pages_reader_reads_a_snapshot(catalog: Catalog, tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot"
    snapshot.write_bytes(encode(catalog))
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    read = subprocess.run(
        [sys.executable, "-c", code, snapshot], capture_output=True, text=True, check=True
    )
    assert read.stdout.startswith(f"{catalog.version} {{'episodes': {len(catalog)}")
    assert read.stdout.endswith(f" {catalog.ids[0]}\n")
