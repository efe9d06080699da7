"""Notes are read when they are needed, once, and never at the cost of an answer."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from adapters.folder.shelf import FolderShelf
from feed.catalog.catalog import Catalog
from feed.model.degradation import Degradation
from feed.model.stored_texts import TextKind
from feed.model.transcript import Transcript, TranscriptPart
from feed.ports.errors import Unavailable
from feed.snapshot.texts import index_size
from functions.serving.degradation_log import DegradationLog
from functions.serving.loaded_catalog import LoadedCatalog, Rankers
from functions.serving.passages import Passages, passages
from functions.serving.texts import MAX_READS, MAX_WAITING, RETRY_S, TextReader
from functions.telemetry import Metrics
from tests.support.clock import Clock
from tests.support.notes import publish_notes

UNAVAILABLE = (Degradation.NOTES_UNAVAILABLE,)
NOTES = [None, *(f"<p>Notes of {n}.</p><p>Word {n} again.</p>" for n in range(1, 12))]


class CountingShelf(FolderShelf):
    """Counts reads of notes; may wait, or fail, before each."""

    before: Callable[[], object]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reads: list[tuple[int, int]] = []
        self.before = lambda: None

    def fetch_texts(
        self, kind: TextKind, version: str, start: int, end: int, timeout_s: float
    ) -> bytes:
        self.reads.append((start, end))
        self.before()
        return super().fetch_texts(kind, version, start, end, timeout_s)


@pytest.fixture
def shelf(tmp_path: Path) -> CountingShelf:
    return CountingShelf(tmp_path)


def loaded_of(catalog: Catalog) -> LoadedCatalog:
    return LoadedCatalog(catalog, Rankers(catalog, {}, ()), 1)


@pytest.fixture
def loaded(shelf: CountingShelf) -> LoadedCatalog:
    return loaded_of(publish_notes(shelf, NOTES))


def reader_of(shelf: CountingShelf, kind: TextKind = TextKind.NOTES, **limits: float) -> TextReader:
    return TextReader(kind, shelf, DegradationLog(), Metrics(), **limits)  # type: ignore[arg-type]


def text(data: bytes) -> str:
    return str(msgspec.json.decode(data)["text"])


def test_notes_are_read_once_however_many_ask_at_once(
    shelf: CountingShelf, loaded: LoadedCatalog
) -> None:
    metrics = Metrics()
    reader = TextReader(TextKind.NOTES, shelf, DegradationLog(), metrics)

    async def run() -> None:
        shelf.reads.clear()
        for _ in range(2):
            answers = await asyncio.gather(*(reader.read(loaded, [3, 0, 3]) for _ in range(5)))
            assert all(list(found) == [3] for found, _ in answers)
            assert all(degraded == () for _, degraded in answers)
            assert text(answers[0][0][3]) == "Notes of 3.\nWord 3 again."
        assert len(shelf.reads) == 2  # the index, and one frame
        assert shelf.reads[0] == (0, index_size(len(NOTES)))
        later = loaded_of(replace(loaded.catalog, version="later"))  # only signals changed
        assert (await reader.read(later, [3]))[1] == ()
        assert len(shelf.reads) == 2
        assert await reader.read(later, [4]) == ({}, UNAVAILABLE)

    asyncio.run(run())
    assert metrics.cache_lookups["notes", False] == 2
    assert metrics.cache_lookups["notes", True] == 2


def test_no_more_is_kept_than_allowed_and_the_last_used_stays(
    shelf: CountingShelf, loaded: LoadedCatalog
) -> None:
    async def run() -> None:
        reader = reader_of(shelf)
        await reader.read(loaded, [1])
        (start, end) = shelf.reads[-1]
        reader = reader_of(shelf, cache_bytes=int(2.5 * (end - start)))
        for row in (1, 2, 1, 3):  # 2 has to go
            await reader.read(loaded, [row])
        shelf.reads.clear()
        await reader.read(loaded, [1, 3])
        assert not shelf.reads
        await reader.read(loaded, [2])
        assert len(shelf.reads) == 1

    asyncio.run(run())


def test_a_damaged_frame_is_named_and_the_others_are_read(
    shelf: CountingShelf, loaded: LoadedCatalog, tmp_path: Path
) -> None:
    path = tmp_path / "notes" / loaded.catalog.version
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.unlink()
    path.write_bytes(data)
    rows = list(range(len(NOTES)))
    found, degraded = asyncio.run(reader_of(shelf).read(loaded, rows))
    assert (len(found), degraded) == (len(NOTES) - 2, UNAVAILABLE)


def test_a_slow_shelf_delays_an_answer_by_a_bounded_time_and_is_waited_for_again(
    shelf: CountingShelf, loaded: LoadedCatalog
) -> None:
    reader = reader_of(shelf, wait_s=0.05)
    answered = threading.Event()

    async def run() -> None:
        assert text((await reader.read(loaded, [1]))[0][1])
        shelf.before = lambda: answered.wait(5)
        found, degraded = await reader.read(loaded, [1, 2])
        assert (list(found), degraded) == ([1], UNAVAILABLE)
        answered.set()
        await asyncio.sleep(0.05)
        reads = len(shelf.reads)
        assert (await reader.read(loaded, [2]))[1] == ()
        assert len(shelf.reads) == reads

    asyncio.run(run())


def test_a_shelf_that_hangs_holds_up_neither_other_threads_nor_ever_more_reads(
    shelf: CountingShelf,
) -> None:
    notes = [f"<p>Notes of {row}.</p>" for row in range(MAX_WAITING + 10)]
    loaded = loaded_of(publish_notes(shelf, notes))
    reader, answered = reader_of(shelf, wait_s=0.05), threading.Event()

    async def run() -> None:
        await reader.read(loaded, [0])
        shelf.reads.clear()
        shelf.before = lambda: answered.wait(5)
        try:
            rows = range(len(notes))
            for _ in range(2):
                found, degraded = await reader.read(loaded, rows)
                assert (list(found), degraded) == ([0], UNAVAILABLE)
            assert len(shelf.reads) == MAX_READS
            assert await asyncio.wait_for(asyncio.to_thread(len, rows), 1) == len(notes)
        finally:
            answered.set()
        while (await reader.read(loaded, rows[:MAX_WAITING]))[1]:
            pass
        assert len(shelf.reads) <= MAX_WAITING

    asyncio.run(run())


def test_a_shelf_that_fails_is_not_asked_for_the_index_again_at_once(
    shelf: CountingShelf, loaded: LoadedCatalog
) -> None:
    clock = Clock()
    reader = TextReader(TextKind.NOTES, shelf, DegradationLog(), Metrics(), monotonic=clock)

    def fail() -> None:
        raise Unavailable("no answer")

    def fail_strangely() -> None:
        raise MemoryError

    async def run() -> None:
        shelf.before = fail_strangely
        with pytest.raises(MemoryError):
            await reader.read(loaded, [1])
        assert await reader.read(loaded, [1]) == ({}, UNAVAILABLE)
        clock.now_s += RETRY_S
        shelf.reads.clear()
        shelf.before = fail
        for _ in range(3):
            assert await reader.read(loaded, [1]) == ({}, UNAVAILABLE)
        assert len(shelf.reads) == 1
        shelf.before = lambda: None
        clock.now_s += RETRY_S
        assert (await reader.read(loaded, [1]))[1] == ()

    asyncio.run(run())


def test_passages_come_from_notes_and_transcripts_and_else_from_cards(
    shelf: CountingShelf,
) -> None:
    said = [TranscriptPart(f"Nothing of it, {n}.", float(n)) for n in range(100)]
    said[70] = TranscriptPart("Élan!\nBen: Words about Zoë's organizations.", 3723.5, "Anna")
    loaded = loaded_of(publish_notes(shelf, NOTES, None, {3: Transcript([], said)}))

    async def passages_of(rows: list[int], *terms: str) -> Passages:
        notes, spoken = reader_of(shelf), reader_of(shelf, TextKind.TRANSCRIPTS)
        return await passages(notes, spoken, loaded, rows, frozenset(terms), wait_s=2.0)

    async def run() -> None:
        found = await passages_of([2, 0], "word")
        ((best,), (card,)) = found.by_row
        assert (best.text, best.start_s) == ("Notes of 2. Word 2 again.", None)
        assert card.text.startswith("Something about")
        assert found.degraded == ()
        (of_both,) = (await passages_of([3], "word", "organize", "zoe")).by_row
        assert [one.start_s for one in of_both] == [3723.5, None]
        assert of_both[0].text == "Élan! Ben: Words about Zoë's organizations."
        shelf.before = lambda: (_ for _ in ()).throw(Unavailable("no answer"))
        found = await passages_of([2], "word")
        assert found.by_row[0][0].text.startswith("Something about")
        assert found.degraded == (*UNAVAILABLE, Degradation.TRANSCRIPTS_UNAVAILABLE)

    asyncio.run(run())


def test_a_catalog_without_notes_is_not_read_for_any(shelf: CountingShelf) -> None:
    catalog = publish_notes(shelf, [None] * 5)
    assert catalog.notes is None
    shelf.reads.clear()
    assert asyncio.run(reader_of(shelf).read(loaded_of(catalog), [1])) == ({}, ())
    assert not shelf.reads
