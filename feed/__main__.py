"""Replay a session, inspect a snapshot, or look up the arms of users in an experiment."""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from feed import cli
from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile, Summary, SummaryError, newest
from feed.model.feed_seed import FeedSeed
from feed.model.timestamps import rfc3339, to_us
from feed.ranking.pipeline import Ranker
from feed.scenarios import experiment as experiments
from feed.scenarios.changes import with_changes
from feed.scenarios.experiment import Assignment
from feed.scenarios.scenario import ScenarioError
from feed.search.codec import SearchIndexError
from feed.search.codec import decode as decode_index
from feed.search.feed_seed import find_feed_seed
from feed.session import pages
from feed.session.request import SentEngagement, SessionRequest, make_query
from feed.session.seed_token import read_seed
from feed.session.signed_token import TokenError
from feed.snapshot.codec import SnapshotError, decode, read_header
from feed.summary.document import from_document
from feed.user.query import Query


class _InputError(Exception):
    """A file or option that cannot be used; the message says which and why."""


_INPUT_ERRORS = (
    _InputError,
    SnapshotError,
    ScenarioError,
    experiments.ExperimentError,
    SummaryError,
    SearchIndexError,
)


class _RecordedSeed(msgspec.Struct, frozen=True):
    """The part of a trace that a seed is replayed from."""

    seed: FeedSeed


class _TracedPage(msgspec.Struct, frozen=True):
    """The answer of a session with a trace."""

    trace: _RecordedSeed


class _ReadableSummary(Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A summary written by hand, or the answer of `GET /api/me/engagements`."""

    engagements: tuple[SentEngagement, ...] = ()
    next_cursor: str | None = None


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 1 with the reason on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return cli.run(lambda: options.run(options))
    except _INPUT_ERRORS as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1


def replay(options: argparse.Namespace) -> None:
    """Print the session that a request gets, with its whole queue, as one JSON object."""
    catalog = decode(_read(options.snapshot))
    if not catalog.embeddings.in_memory:
        note = "the snapshot has no vectors: a session ranked with an external search will differ"
        print(f"note: {note}", file=sys.stderr)
    request = _decoded(options.request, SessionRequest)
    now_us = to_us(options.now)
    summary = _summary(options.summary, now_us) if options.summary else None
    chosen = options.scenario or request.scenario or "for_you"
    scenario = cli.scenario(chosen, cli.known_scenarios())
    if request.changes is not None:
        scenario = with_changes(scenario, request.changes)
    experiment = _assignment(options, request, scenario.name)
    seed = options.seed if request.random_seed is None else request.random_seed
    query = make_query(request, summary, seed=seed, now_us=now_us)
    ranker = Ranker(catalog, scenario)
    session = pages.create(
        ranker,
        _with_seed(query, ranker, request, options),
        experiment=experiment,
        trace=request.trace,
        detail=request.detail,
        explained_id=request.explained_id,
    )
    print(pages.replay(catalog, session, request.limit).decode())


def _with_seed(
    query: Query, ranker: Ranker, request: SessionRequest, options: argparse.Namespace
) -> Query:
    """The query with what the words of its request's seed found, or find in the search index.

    A recorded seed goes before the index: a model may embed the words differently today.
    """
    given = request.feed_seed
    if given is None or given.episode_ids is not None:
        return query
    if options.trace:
        seed = _decoded(options.trace, _TracedPage).trace.seed
        return msgspec.structs.replace(query, feed_seed=seed)
    try:
        text = given.text or read_seed(given.token or "").text
    except TokenError as error:
        raise _InputError(f"{options.request}: seed.token: {error}") from error
    path = options.index or options.snapshot.parents[1] / "indexes" / options.snapshot.name
    if not options.index and not path.exists():
        print(f"note: no search index at {path}: ranked without the seed", file=sys.stderr)
        return query
    index = decode_index(_read(path), len(ranker.catalog))
    allowed = ranker.allowed(query)
    seed = find_feed_seed(ranker.catalog, index, text, allowed=allowed, now_us=query.now_us)
    return msgspec.structs.replace(query, feed_seed=seed)


def inspect(options: argparse.Namespace) -> None:
    """Print what a snapshot contains: counts, coverage, categories, sections."""
    buffer = _read(options.snapshot)
    header = read_header(buffer)
    catalog = decode(buffer)
    facts = {
        "catalog_version": catalog.version,
        "created_at": rfc3339(catalog.created_us),
        "bytes": len(buffer),
        "counts": header.counts,
        "embedding": {
            "model": catalog.model,
            "dimension": catalog.dimension,
            "coverage": round(float(catalog.embeddings.present.mean()), 4)
            if len(catalog)
            else None,
            "held": catalog.embeddings.in_memory,
        },
        "published": _span(catalog),
        "scored": int(np.count_nonzero(~np.isnan(catalog.scores[:, :2]).any(axis=1))),
        "series": _largest(catalog.series_names, catalog.series),
        "categories": _largest(catalog.categories, catalog.category_members),
        "sections": {s.name: s.size for s in header.sections},
    }
    if options.json:
        print(msgspec.json.encode(facts).decode())
        return
    print(f"{options.snapshot}: catalog {facts.pop('catalog_version')}")
    for name, value in facts.items():
        if isinstance(value, dict):
            print(f"\n{name}")
            for key, one in value.items():
                print(_aligned(f"  {key}", one))
        else:
            print(_aligned(name, value))


def assign(options: argparse.Namespace) -> None:
    """Print each user's arm in an experiment, or - for a user who does not take part."""
    experiment = experiments.load(options.experiment)
    for user in options.users:
        print(f"{user}\t{experiments.assign(experiment, user) or '-'}")


def _assignment(
    options: argparse.Namespace, request: SessionRequest, scenario: str
) -> Assignment | None:
    """The stamp of a session in an experiment, whose arm is the scenario that is replayed."""
    if options.experiment is None:
        return None
    if options.scenario is None:
        raise _InputError("--experiment: expected --scenario, the session's arm, too")
    if request.scenario is not None:
        raise _InputError(
            "--experiment: a request that names its scenario takes part in no experiment"
        )
    return Assignment(options.experiment, scenario)


def _aligned(name: str, value: Any) -> str:
    return f"{name:<30}{f'{value:,}' if type(value) is int else str(value):>14}"


def _span(catalog: Catalog) -> dict[str, str] | None:
    if not len(catalog):
        return None
    first, last = int(catalog.published_us.min()), int(catalog.published_us.max())
    return {"first": rfc3339(first), "last": rfc3339(last)}


def _largest(names: Any, column: Any, most: int = 30) -> dict[str, int]:
    """Number of episodes by the name of their series or category, the largest first."""
    counts = np.bincount(column[column >= 0], minlength=len(names))
    order = np.argsort(-counts, kind="stable")[:most]
    return {names[int(i)]: int(counts[i]) for i in order}


def _summary(path: Path, now_us: int) -> Summary:
    """Read a summary: its stored document (engagements packed, in base64), or a readable one."""
    raw = _decoded(path, dict[str, Any])
    if isinstance(raw.get("engagements"), str):
        return from_document(raw)
    readable = _decoded(path, _ReadableSummary)
    sent = enumerate(readable.engagements)
    return Summary(
        engagements=newest(e.engagement(e.id or f"{place}", now_us) for place, e in sent),
        profile=msgspec.convert(readable, Profile, from_attributes=True),
    )


def _decoded(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(_read(path), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _InputError(f"{path}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _InputError(f"{path}: {error.strerror}") from error


def _seed_of(session_id: str) -> int:
    if not re.fullmatch("[0-9a-f]{16}", session_id):
        raise argparse.ArgumentTypeError(f"expected 16 hexadecimal digits, got {session_id!r}")
    return int(session_id, 16)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="feed", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        added = commands.add_parser(run.__name__, help=run.__doc__)
        added.set_defaults(run=run)
        return added

    one = command(replay)
    one.add_argument("--snapshot", type=Path, required=True, metavar="FILE")
    one.add_argument("--request", type=Path, required=True, metavar="FILE.json")
    one.add_argument("--summary", type=Path, metavar="FILE.json")
    one.add_argument(
        "--index", type=Path, metavar="FILE", help="for a seed of words; default: beside snapshots/"
    )
    one.add_argument(
        "--trace", type=Path, metavar="FILE.json", help="an answer with a trace, to use its seed"
    )
    one.add_argument("--scenario", metavar="NAME|FILE.toml", help="instead of the request's")
    one.add_argument("--experiment", metavar="NAME", help="of the session, whose arm is --scenario")
    seed = one.add_mutually_exclusive_group()
    seed.add_argument("--seed", type=int, default=0, metavar="N")
    seed.add_argument(
        "--session", dest="seed", type=_seed_of, metavar="ID", help="its id, which is its seed"
    )
    one.add_argument("--now", type=cli.timestamp, required=True, metavar="RFC3339")
    one = command(inspect)
    one.add_argument("--snapshot", type=Path, required=True, metavar="FILE")
    one.add_argument("--json", action="store_true", help="as one JSON object")
    one = command(assign)
    one.add_argument("--experiment", type=Path, required=True, metavar="FILE.toml")
    one.add_argument("users", nargs="+", metavar="USER")
    return parser


if __name__ == "__main__":
    sys.exit(main())
