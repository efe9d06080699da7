"""`python -m feed`: replay a session, inspect a snapshot, look up who is in which arm."""

import argparse
import mmap
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from feed import cli
from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile, Summary, SummaryError, newest
from feed.model.timestamps import rfc3339, to_us
from feed.ports.shelf import Buffer
from feed.ranking.pipeline import Ranker
from feed.scenarios import experiment as experiments
from feed.scenarios import scenario as scenarios
from feed.scenarios.experiment import Assignment
from feed.session import pages as sessions
from feed.session.request import SentEngagement, SessionRequest, make_query
from feed.snapshot.codec import SnapshotError, decode, read_header
from feed.summary.document import from_document


class _Failed(Exception):
    """A command cannot be done; the message says why."""


_FAILURES = (
    _Failed,
    SnapshotError,
    scenarios.ScenarioError,
    experiments.ExperimentError,
    SummaryError,
)


class _ReadableSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A summary as a person writes one, or the answer of `GET /api/me/engagements`."""

    engagements: tuple[SentEngagement, ...] = ()
    next_cursor: str | None = None
    category_interests: tuple[str, ...] = ()
    followed_series: tuple[str, ...] = ()
    muted_series: tuple[str, ...] = ()
    muted_categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 with the reason on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return cli.run(lambda: options.run(options))
    except _FAILURES as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1


def replay(options: argparse.Namespace) -> None:
    """Print the session that a request gets, with its whole queue, as one JSON object."""
    catalog = decode(_mapped(options.snapshot))
    if not catalog.embeddings.in_memory:
        note = "this snapshot holds no vectors: no session that a search took part in is replayed"
        print(f"note: {note}", file=sys.stderr)
    request = _decoded(options.request, SessionRequest)
    now_us = to_us(options.now)
    summary = _summary(options.summary, now_us) if options.summary else None
    chosen = options.scenario or request.scenario or "for_you"
    ranker = Ranker(catalog, _scenario(chosen))
    experiment = _stamp(options, request, ranker.scenario.name)
    seed = options.seed if request.seed is None else request.seed
    query = make_query(request, summary, seed=seed, now_us=now_us)
    session = sessions.create(
        ranker, query, experiment=experiment, trace=request.trace, detail=request.detail
    )
    print(sessions.replay(catalog, session, request.limit).decode())


def inspect(options: argparse.Namespace) -> None:
    """Print what is in a snapshot."""
    buffer = _mapped(options.snapshot)
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
        "scored": _scored(catalog),
        "series": _largest(catalog.series_names, catalog.series),
        "categories": _largest(catalog.categories, catalog.category_members),
        "sections": {s.name: s.size for s in header.sections},
    }
    if options.json:
        print(msgspec.json.encode(facts).decode())
        return
    print(f"{options.snapshot}: catalog {facts['catalog_version']}")
    for name, value in facts.items():
        if isinstance(value, dict):
            print(f"\n{name}")
            for key, one in value.items():
                print(
                    f"  {key:<28}{one:>14,}" if isinstance(one, int) else f"  {key:<28}{one!s:>14}"
                )
        elif name != "catalog_version":
            print(f"{name:<30}{value:>14,}" if isinstance(value, int) else f"{name:<30}{value:>14}")


def assign(options: argparse.Namespace) -> None:
    """Print each user's arm in an experiment, or - for who does not take part."""
    experiment = experiments.parse(_read(options.experiment))
    for user in options.users:
        print(f"{user}\t{experiments.assign(experiment, user) or '-'}")


def _stamp(
    options: argparse.Namespace, request: SessionRequest, scenario: str
) -> Assignment | None:
    """What a session of an experiment was stamped with: its scenario is the arm."""
    if options.experiment is None:
        return None
    if options.scenario is None:
        raise _Failed("--experiment: expected --scenario, the session's arm, too")
    if request.scenario is not None:
        raise _Failed("--experiment: a request that names its scenario is outside of experiments")
    return Assignment(options.experiment, scenario)


def _span(catalog: Catalog) -> dict[str, str] | None:
    if not len(catalog):
        return None
    first, last = int(catalog.published_us.min()), int(catalog.published_us.max())
    return {"first": rfc3339(first), "last": rfc3339(last)}


def _scored(catalog: Catalog) -> int:
    return int(np.count_nonzero(~np.isnan(catalog.scores[:, :2]).any(axis=1)))


def _largest(names: Any, column: Any, most: int = 30) -> dict[str, int]:
    """Episodes by name, the most first."""
    counts = np.bincount(column[column >= 0], minlength=len(names))
    order = np.argsort(-counts, kind="stable")[:most]
    return {names[int(i)]: int(counts[i]) for i in order}


def _summary(path: Path, now_us: int) -> Summary:
    """A summary from its stored document (engagements packed, base64) or from a readable one."""
    raw = _decoded(path, dict[str, Any])
    if isinstance(raw.get("engagements"), str):
        return from_document(raw)
    readable = _decoded(path, _ReadableSummary)
    profile = msgspec.structs.asdict(readable)
    engagements = profile.pop("engagements")
    del profile["next_cursor"]
    return Summary(
        engagements=newest(
            e.engagement(e.id or f"{place}", now_us) for place, e in enumerate(engagements)
        ),
        profile=Profile(**profile),
    )


def _scenario(chosen: str) -> scenarios.Scenario:
    if chosen.endswith(".toml"):
        return scenarios.parse(_read(Path(chosen)))
    known = cli.known_scenarios()
    if chosen not in known:
        names = ", ".join(sorted(known))
        raise _Failed(f"scenario {chosen!r}: expected a .toml file or one of {names}")
    return known[chosen]


def _decoded(path: Path, kind: Any) -> Any:
    try:
        return msgspec.json.decode(_read(path), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Failed(f"{path}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _Failed(f"{path}: {error.strerror}") from error


def _mapped(path: Path) -> Buffer:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:  # an empty file cannot be mapped; the reader says that it is empty
        return b""
    except OSError as error:
        raise _Failed(f"{path}: {error.strerror}") from error


def _seed_of(session_id: str) -> int:
    if not re.fullmatch("[0-9a-f]{16}", session_id):
        raise argparse.ArgumentTypeError(f"expected 16 hexadecimal digits, got {session_id!r}")
    return int(session_id, 16)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="feed", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("replay", help=replay.__doc__)
    one.add_argument("--snapshot", type=Path, required=True, metavar="FILE")
    one.add_argument("--request", type=Path, required=True, metavar="FILE.json")
    one.add_argument("--summary", type=Path, metavar="FILE.json")
    one.add_argument("--scenario", metavar="NAME|FILE.toml")
    one.add_argument("--experiment", metavar="NAME", help="it was in; its arm is --scenario")
    seed = one.add_mutually_exclusive_group()
    seed.add_argument("--seed", type=int, default=0, metavar="N")
    seed.add_argument("--session", dest="seed", type=_seed_of, metavar="ID", help="of this session")
    one.add_argument("--now", type=cli.timestamp, required=True, metavar="RFC3339")
    one.set_defaults(run=replay)
    one = commands.add_parser("inspect", help=inspect.__doc__)
    one.add_argument("--snapshot", type=Path, required=True, metavar="FILE")
    one.add_argument("--json", action="store_true", help="as one JSON object")
    one.set_defaults(run=inspect)
    one = commands.add_parser("assign", help=assign.__doc__)
    one.add_argument("--experiment", type=Path, required=True, metavar="FILE.toml")
    one.add_argument("users", nargs="+", metavar="USER")
    one.set_defaults(run=assign)
    return parser


if __name__ == "__main__":
    sys.exit(main())
