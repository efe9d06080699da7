"""`python -m evaluation`: behaviour, offline replay, counterfactual estimates, report, tuning."""

import argparse
import os
import sys
from pathlib import Path

# Set before numpy is imported: latencies are measured on one thread, as in the function, where
# several threads slow down many small products.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from catalog_builder.errors import CommandError
from catalog_builder.progress import say
from evaluation import commands
from evaluation.offline.replay import CUTOFFS, DEPTH
from evaluation.offline.run import MIN_PEOPLE
from feed import cli
from feed.ports.errors import Unavailable


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 if its input is refused or a case fails."""
    options = _parser().parse_args(arguments)
    code = 0

    def command() -> None:
        nonlocal code
        code = options.run(options)

    try:
        return cli.run(command) or code
    except (CommandError, Unavailable, OSError) as error:
        say(f"refused: {error}" if isinstance(error, CommandError) else f"failed: {error}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluation", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    command = subparsers.add_parser(
        "offline", parents=[_data(), _replay()], help=commands.offline.__doc__
    )
    _json(command)
    command.set_defaults(run=commands.offline)

    command = subparsers.add_parser(
        "report", parents=[_data(), _replay()], help=commands.report.__doc__
    )
    command.add_argument("--out", type=Path, required=True, metavar="FILE.html")
    _cases(command, "none")
    _json(command)
    command.set_defaults(run=commands.report)

    command = subparsers.add_parser("behaviour", help=commands.behaviour.__doc__)
    _cases(command, "the shipped ones")
    command.add_argument(
        "--scenario",
        default="for_you",
        metavar="NAME",
        help="scenario of cases that name none (default: for_you)",
    )
    command.add_argument(
        "--scenarios", type=Path, metavar="DIR", help="folder of further scenarios"
    )
    _json(command)
    command.set_defaults(run=commands.behaviour)

    command = subparsers.add_parser("counterfactual", help=commands.counterfactual.__doc__)
    command.add_argument(
        "--log",
        type=Path,
        required=True,
        metavar="FILE.jsonl",
        help="decisions as JSON Lines with propensity, reward, policies, user_id; or .gz",
    )
    command.add_argument(
        "--clip",
        type=_positive,
        metavar="W",
        help="largest weight (default: weights are not clipped)",
    )
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the intervals (default: 0)"
    )
    _json(command)
    command.set_defaults(run=commands.counterfactual)

    command = subparsers.add_parser("tune", parents=[_data()], help=commands.tune.__doc__)
    command.add_argument(
        "--scenario",
        default="for_you",
        metavar="NAME|FILE.toml",
        help="scenario to start from (default: for_you)",
    )
    command.add_argument(
        "--space",
        type=Path,
        required=True,
        metavar="FILE.toml",
        help="parameters, their bounds and the objective",
    )
    command.add_argument("--trials", type=_count, default=100, metavar="N")
    command.add_argument("--users", type=_count, metavar="N", help="evaluate only N users")
    command.add_argument(
        "--out", type=Path, required=True, metavar="NAME.toml", help="write the best scenario here"
    )
    command.add_argument("--report", type=Path, required=True, metavar="FILE.html")
    command.add_argument(
        "--record",
        type=Path,
        required=True,
        metavar="FILE.jsonl",
        help="record of the trials; an existing one is resumed",
    )
    command.set_defaults(run=commands.tune)

    command = subparsers.add_parser("synthetic", help=commands.synthetic.__doc__)
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--seed", type=int, default=0, metavar="N")
    command.set_defaults(run=commands.synthetic)
    return parser


def _cases(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--cases",
        type=Path,
        action="append",
        metavar="DIR",
        help=f"folder of behaviour cases; may be repeated (default: {default})",
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", type=Path, metavar="FILE.json", help="also write the results as JSON"
    )


def _data() -> argparse.ArgumentParser:
    """A parent parser with the options of all commands that read interactions."""
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--episodes",
        required=True,
        metavar="FILE",
        help="episodes as a JSON array or JSON Lines; or .gz",
    )
    data.add_argument(
        "--interactions",
        type=Path,
        required=True,
        metavar="TRAIN.csv",
        help="CSV with user_id, episode_id, type, timestamp; or .gz",
    )
    data.add_argument(
        "--cut",
        type=_share,
        default=0.8,
        metavar="SHARE",
        help="share of the interactions that is training data, without --test (default: 0.8)",
    )
    data.add_argument("--scenarios", type=Path, metavar="DIR", help="folder of further scenarios")
    data.add_argument(
        "--vectors",
        default="",
        metavar="FILE.npz",
        help="vectors of the episodes (default: computed from the text)",
    )
    data.add_argument("--fields", type=Path, metavar="FILE.toml", help="mapping of field names")
    data.add_argument(
        "--now",
        type=cli.timestamp,
        metavar="RFC3339",
        help="time of the sessions (default: the last time in TRAIN)",
    )
    data.add_argument(
        "--min-people",
        type=_count,
        default=MIN_PEOPLE,
        metavar="N",
        help=f"least number of users behind a signal (default: {MIN_PEOPLE}; in a build: 5)",
    )
    data.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="seed of sessions and intervals (default: 0)",
    )
    return data


def _replay() -> argparse.ArgumentParser:
    """A parent parser with the options of the commands that compare rankings."""
    replay = argparse.ArgumentParser(add_help=False)
    replay.add_argument(
        "--test",
        type=Path,
        metavar="TEST.csv",
        help="later interactions (default: the last part of the interactions, see --cut)",
    )
    replay.add_argument(
        "--scenario",
        action="append",
        required=True,
        metavar="NAME|FILE.toml",
        help="scenario to evaluate; may be repeated",
    )
    replay.add_argument(
        "--k",
        type=_cutoffs,
        default=CUTOFFS,
        metavar="10,20",
        help="values of k of the metrics (default: 10,20)",
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
