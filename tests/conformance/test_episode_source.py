"""The contract of sources of episodes."""

import gzip
import json
from pathlib import Path

import pytest

from adapters.jsonl import JsonSource
from adapters.rss.source import RssSource
from catalog_builder.episodes.demo import DemoSource
from catalog_builder.episodes.validation import validate_episodes
from feed.ports.episodes import EpisodeSource, SourceProblem, SourceRecord
from feed.ports.errors import Unavailable
from tests.support.catalogs import NOW

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Show</title>
<link>https://example.com/</link>
{items}</channel></rss>"""
ITEM = """<item><guid>https://example.com/{0}</guid><title>Number {0}</title>
<pubDate>Thu, 05 Feb 2026 10:00:00 GMT</pubDate><description>About {0}.</description></item>"""


class EpisodeSourceContract:
    """The suite. `source` has at least three good episodes; `nothing` cannot be read at all."""

    def test_reading_twice_gives_the_same_records_in_the_same_order(
        self, source: EpisodeSource
    ) -> None:
        assert list(source.read()) == list(source.read())

    def test_every_record_says_where_it_is_from(self, source: EpisodeSource) -> None:
        records = list(source.read())
        assert len({record.where for record in records}) == len(records) >= 3

    def test_its_fields_are_those_of_an_episode(self, source: EpisodeSource) -> None:
        read = validate_episodes(source.read())
        assert len(read.episodes) >= 3
        assert read.problems == []
        assert all(e.text.strip() for e in read.episodes)


class OutsideSourceContract(EpisodeSourceContract):
    """The suite for sources that may be out of reach."""

    def test_what_cannot_be_read_at_all_is_unavailable(self, nothing: EpisodeSource) -> None:
        with pytest.raises(Unavailable):
            list(nothing.read())


GOOD = [
    {"id": f"{i}", "title": f"Number {i}", "published_at": "2026-02-05T10:00:00Z"} for i in range(3)
]


class TestJsonArray(OutsideSourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> EpisodeSource:
        (tmp_path / "a.json").write_text(json.dumps(GOOD))
        return JsonSource(tmp_path / "a.json")

    @pytest.fixture
    def nothing(self, tmp_path: Path) -> EpisodeSource:
        (tmp_path / "a.json").write_text('[{"id": "1"}, {"id": ]')
        return JsonSource(tmp_path / "a.json")

    def test_elements_are_found_by_line_and_what_is_no_object_is_a_problem(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.json"
        path.write_text('\n[\n  {"id": "1"},\n\n  7, {"id":\n "2"}\n]')
        assert list(JsonSource(path).read()) == [
            SourceRecord("a.json:3[0]", {"id": "1"}),
            SourceProblem("a.json:5[1]", "not a JSON object"),
            SourceRecord("a.json:5[2]", {"id": "2"}),
        ]


class TestGzipped(OutsideSourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> EpisodeSource:
        lines = "\n".join(map(json.dumps, GOOD)).encode()
        (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines))
        return JsonSource(tmp_path / "a.jsonl.gz")

    @pytest.fixture(
        params=[b"no gzip at all", gzip.compress(b'{"id": "1"}', mtime=0)[:-4]],
        ids=["other", "cut"],
    )
    def nothing(self, tmp_path: Path, request: pytest.FixtureRequest) -> EpisodeSource:
        (tmp_path / "a.jsonl.gz").write_bytes(request.param)
        return JsonSource(tmp_path / "a.jsonl.gz")


class TestJsonLines(OutsideSourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> EpisodeSource:
        (tmp_path / "a.jsonl").write_text("\ufeff" + "\n\n".join(map(json.dumps, GOOD)))
        return JsonSource(tmp_path / "a.jsonl")

    @pytest.fixture
    def nothing(self, tmp_path: Path) -> EpisodeSource:
        return JsonSource(tmp_path / "nowhere.jsonl")

    def test_a_bad_line_stops_no_other(self, tmp_path: Path) -> None:
        path = tmp_path / "a.jsonl"
        path.write_bytes(b'{"id": "1"}\n{"id": \n\xff\n[1]\n{"id": "2", "x": NaN}\n{"id": "3"}\r\n')
        records = list(JsonSource(path).read())
        kinds = [SourceRecord, *[SourceProblem] * 4, SourceRecord]
        assert [type(one) for one in records] == kinds
        assert [one.where for one in records] == [f"a.jsonl:{i}" for i in range(1, 7)]


class TestRss(OutsideSourceContract):
    @pytest.fixture
    def source(self, tmp_path: Path) -> EpisodeSource:
        items = "".join(ITEM.format(i) for i in range(3))
        (tmp_path / "feed.xml").write_text(RSS.format(items=items))
        return RssSource([str(tmp_path / "feed.xml")], None)

    @pytest.fixture
    def nothing(self, tmp_path: Path) -> EpisodeSource:
        return RssSource([str(tmp_path / "nowhere.xml")], None)


class TestDemo(EpisodeSourceContract):
    @pytest.fixture
    def source(self) -> EpisodeSource:
        return DemoSource(NOW.date())
