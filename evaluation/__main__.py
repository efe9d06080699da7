"""`python -m evaluation`: behaviour, offline replay, counterfactual estimates, report, tuning."""

import argparse
import os
import sys
from pathlib import Path

# Before numpy is imported: what is timed runs as the function does, and many small products wait
# for each other on more threads than one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from catalog_builder.errors import CommandError
from catalog_builder.progress import say
from evaluation import commands
from evaluation.offline.replay import CUTOFFS, DEPTH
from evaluation.offline.setup import MIN_PEOPLE
from feed import cli as command_line
from feed.ports.errors import Unavailable


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 where it was refused or a case failed."""
    options = _parser().parse_args(arguments)
    code = 0

    def command() -> None:
        nonlocal code
        code = options.run(options)

    try:
        return command_line.run(command) or code
    except (CommandError, Unavailable, OSError) as error:
        say(f"refused: {error}" if isinstance(error, CommandError) else f"failed: {error}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluation", description=__doc__)
    made = parser.add_subparsers(required=True, metavar="COMMAND")

    one = made.add_parser("offline", parents=[_data(), _replay()], help=commands.offline.__doc__)
    _json(one)
    one.set_defaults(run=commands.offline)

    one = made.add_parser("report", parents=[_data(), _replay()], help=commands.report.__doc__)
    one.add_argument("--out", type=Path, required=True, metavar="FILE.html")
    _cases(one, "none")
    _json(one)
    one.set_defaults(run=commands.report)

    one = made.add_parser("behaviour", help=commands.behaviour.__doc__)
    _cases(one, "the shipped ones")
    one.add_argument(
        "--scenario", default="for_you", metavar="NAME", help="for cases that name none"
    )
    one.add_argument("--scenarios", type=Path, metavar="DIR", help="a folder of further scenarios")
    _json(one)
    one.set_defaults(run=commands.behaviour)

    one = made.add_parser("counterfactual", help=commands.counterfactual.__doc__)
    one.add_argument(
        "--log",
        type=Path,
        required=True,
        metavar="FILE.jsonl",
        help="propensity, reward, policies, user_id on each line; or .gz",
    )
    one.add_argument("--clip", type=_positive, metavar="W", help="the largest weight")
    one.add_argument("--seed", type=int, default=0, metavar="N", help="of the intervals")
    _json(one)
    one.set_defaults(run=commands.counterfactual)

    one = made.add_parser("tune", parents=[_data()], help=commands.tune.__doc__)
    one.add_argument("--scenario", default="for_you", metavar="NAME|FILE.toml", help="the start")
    one.add_argument(
        "--space", type=Path, required=True, metavar="FILE.toml", help="what to search"
    )
    one.add_argument("--trials", type=_count, default=100, metavar="N")
    one.add_argument("--users", type=_count, metavar="N", help="ask only some users")
    one.add_argument("--out", type=Path, required=True, metavar="NAME.toml", help="the scenario")
    one.add_argument("--report", type=Path, required=True, metavar="FILE.html")
    one.add_argument(
        "--record",
        type=Path,
        required=True,
        metavar="FILE.jsonl",
        help="the trials: a search goes on from there",
    )
    one.set_defaults(run=commands.tune)

    one = made.add_parser("synthetic", help=commands.synthetic.__doc__)
    one.add_argument("--out", type=Path, required=True, metavar="DIR")
    one.add_argument("--seed", type=int, default=0, metavar="N")
    one.set_defaults(run=commands.synthetic)
    return parser


def _cases(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--cases",
        type=Path,
        action="append",
        metavar="DIR",
        help=f"folders of behaviour cases (default: {default})",
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE.json", help="the same as JSON")


def _data() -> argparse.ArgumentParser:
    """The options of every command that replays interactions."""
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--episodes", required=True, metavar="FILE", help="a JSON array or JSON Lines, or .gz"
    )
    data.add_argument(
        "--interactions",
        type=Path,
        required=True,
        metavar="TRAIN.csv",
        help="user_id,episode_id,type,timestamp; or .gz",
    )
    data.add_argument(
        "--cut",
        type=_share,
        default=0.8,
        metavar="SHARE",
        help="what is learned from, of interactions that nothing was cut off (default: 0.8)",
    )
    data.add_argument("--scenarios", type=Path, metavar="DIR", help="a folder of further scenarios")
    data.add_argument("--vectors", default="", metavar="FILE.npz", help="default: from text")
    data.add_argument("--fields", type=Path, metavar="FILE.toml", help="a mapping of field names")
    data.add_argument(
        "--now",
        type=command_line.instant,
        metavar="RFC3339",
        help="when sessions are asked for (default: the last time in TRAIN)",
    )
    data.add_argument(
        "--min-people",
        type=_count,
        default=MIN_PEOPLE,
        metavar="N",
        help=f"what fewer stand behind is in no signal (default: {MIN_PEOPLE}; a build's is 5)",
    )
    data.add_argument("--seed", type=int, default=0, metavar="N", help="of sessions and intervals")
    return data


def _replay() -> argparse.ArgumentParser:
    """The options of every command that compares rankings."""
    replay = argparse.ArgumentParser(add_help=False)
    replay.add_argument(
        "--test",
        type=Path,
        metavar="TEST.csv",
        help="what came later (default: the last part of the interactions, see --cut)",
    )
    replay.add_argument(
        "--scenario",
        action="append",
        required=True,
        metavar="NAME|FILE.toml",
        help="may be given several times",
    )
    replay.add_argument(
        "--k", type=_cutoffs, default=CUTOFFS, metavar="10,20", help="where lists are cut off"
    )
    return replay


def _cutoffs(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.isdecimal() and 1 <= int(part) <= DEPTH for part in parts):
        expected = f"expected numbers from 1 to {DEPTH} like 10,20"
        raise argparse.ArgumentTypeError(f"{expected}, got {text!r}")
    return tuple(sorted({int(part) for part in parts}))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {text!r}")
    return int(text)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got {text!r}")
    return share


if __name__ == "__main__":
    sys.exit(main())
