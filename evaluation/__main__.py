"""`python -m evaluation`: behaviour, replay, search, insights, estimates, report, tuning."""

import argparse
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

# Set before numpy is imported: latencies are measured on one thread, as in the function, where
# several threads slow down many small products.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from catalog_builder.errors import CommandError
from catalog_builder.progress import say
from catalog_builder.wiring import MINILM
from evaluation import commands
from evaluation.data.synthetic.kinds import KINDS
from evaluation.home.commands import home
from evaluation.learning.commands import learn, simulate
from evaluation.learning.estimator import CLIP
from evaluation.offline.observations import DEPTH
from evaluation.offline.replay import CUTOFFS
from evaluation.offline.run import MIN_PEOPLE, Protocol
from evaluation.online.metrics import ABOUT
from evaluation.prior.commands import prior
from feed import cli
from feed.model.timestamps import DAY_US, HOUR_US
from feed.ports.errors import Unavailable

EXAMPLE = Path(__file__).parent / "learning" / "example"
"""a scenario and listeners of a simulation"""


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

    def add_command(run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        command = subparsers.add_parser(run.__name__, help=run.__doc__)
        command.set_defaults(run=run)
        return command

    offline = add_command(commands.offline)
    _add_data(offline)
    _add_rankings(offline)
    _add_json(offline)

    visits = add_command(commands.visits)
    _add_data(visits)
    scenario = "scenario to evaluate; may be repeated"
    _add(visits, "--scenario", "NAME|FILE.toml", scenario, action="append", required=True)
    _add(visits, "--users", "N", "evaluate only N users (default: 500)", _count, default=500)
    _add_json(visits)

    report = add_command(commands.report)
    _add_data(report)
    _add_rankings(report)
    _add(report, "--out", "FILE.html", "write the page here", Path, required=True)
    _add_cases(report, "none")
    _add_json(report)

    behaviour = add_command(commands.behaviour)
    _add_cases(behaviour, "the shipped ones")
    _add(behaviour, "--scenario", "NAME", "scenario of cases that name none", default="for_you")
    _add(behaviour, "--scenarios", "DIR", "folder of further scenarios", Path)
    _add_json(behaviour)

    for run, add_options in (
        (commands.search, _add_search),
        (prior, _add_prior),
        (home, _add_home),
    ):
        add_options(add_command(run))

    counterfactual = add_command(commands.counterfactual)
    log = "decisions as JSON Lines with propensity, reward, policies, user_id; or .gz"
    _add(counterfactual, "--log", "FILE.jsonl", log, Path, required=True)
    _add(counterfactual, "--clip", "W", "largest weight (default: no clipping)", _positive)
    _add(counterfactual, "--seed", "N", "seed of the intervals (default: 0)", int, default=0)
    _add_json(counterfactual)

    _add_online(add_command(commands.online))

    _add_false_alarms(add_command(commands.false_alarms))
    _add_fit(add_command(commands.fit))

    _add_tune(add_command(commands.tune))
    _add_insights(add_command(commands.insights))
    _add_learn(add_command(learn))
    _add_simulate(add_command(simulate))

    synthetic = add_command(commands.synthetic)
    _add(synthetic, "--out", "DIR", "write the files here", Path, required=True)
    kind = "kind of the listeners: all, " + ", ".join(KINDS) + " (default: all)"
    kinds = ["all", *KINDS]
    _add(synthetic, "--kind", "KIND", kind, default="all", choices=kinds)
    _add(synthetic, "--seed", "N", "seed of the data (default: 0)", int, default=0)
    return parser


def _add(
    parser: argparse.ArgumentParser,
    name: str,
    metavar: str,
    about: str,
    convert: Callable[[str], Any] = str,
    **more: Any,
) -> None:
    parser.add_argument(name, metavar=metavar, help=about, type=convert, **more)


def _add_cases(parser: argparse.ArgumentParser, default: str) -> None:
    about = f"folder of behaviour cases; may be repeated (default: {default})"
    _add(parser, "--cases", "DIR", about, Path, action="append")


def _add_json(parser: argparse.ArgumentParser) -> None:
    _add(parser, "--json", "FILE.json", "also write the results as JSON", Path)


def _add_data(parser: argparse.ArgumentParser) -> None:
    """Add the options of all commands that read interactions."""
    episodes = "episodes as a JSON array or JSON Lines; or .gz"
    _add(parser, "--episodes", "FILE", episodes, required=True)
    interactions = "CSV with user_id, episode_id, type, timestamp; or .gz"
    _add(parser, "--interactions", "TRAIN.csv", interactions, Path, required=True)
    protocol = "targets are what users chose first after the cut, or what they chose last"
    _add(parser, "--protocol", "cut|last", protocol, choices=get_args(Protocol), default="cut")
    cut = "share of the interactions that is training data, without --test (default: 0.8)"
    _add(parser, "--cut", "SHARE[,SHARE]", cut, _shares, default=(0.8,), dest="cuts")
    _add(parser, "--scenarios", "DIR", "folder of further scenarios", Path)
    vectors = "vectors of the episodes (default: computed from the text)"
    _add(parser, "--vectors", "FILE.npz", vectors, default="")
    _add(parser, "--fields", "FILE.toml", "mapping of field names", Path)
    now = "time of the sessions (default: the last time in TRAIN)"
    _add(parser, "--now", "RFC3339", now, cli.timestamp)
    users = f"least number of users behind a signal (default: {MIN_PEOPLE}; in a build: 5)"
    _add(parser, "--min-people", "N", users, _count, default=MIN_PEOPLE)
    _add(parser, "--seed", "N", "seed of sessions and intervals (default: 0)", int, default=0)


def _add_search(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that searches for graded queries."""
    queries = "JSON array of {q, kind, relevant: {episode id: grade 0 to 3}}"
    _add(parser, "--queries", "FILE", queries, Path, required=True)
    _add(parser, "--episodes", "FILE", "episodes; or .gz", required=True)
    vectors = "vectors of the episodes (default: computed from the text)"
    _add(parser, "--vectors", "FILE.npz|minilm", vectors, default="")
    parser.add_argument("--embedder", dest="vectors", choices=[MINILM], help="--vectors minilm")
    _add(parser, "--fields", "FILE.toml", "mapping of field names", Path)
    now = "time of the searches (default: of the newest episode)"
    _add(parser, "--now", "RFC3339", now, cli.timestamp)
    _add_json(parser)


def _add_prior(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that compares estimated scores with true ones."""
    _add(parser, "--episodes", "FILE", "episodes with scores; or .gz", required=True)
    _add(parser, "--fields", "FILE.toml", "mapping of field names", Path)
    now = "when the catalog is built (default: date of the newest episode)"
    _add(parser, "--now", "RFC3339", now, cli.timestamp)
    seed = "seed of the intervals and of the fit (default: 0)"
    _add(parser, "--seed", "N", seed, int, default=0)
    _add_json(parser)


def _add_online(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that reads the log."""
    logs = "JSON Lines or a JSON array of the log, as written or exported; or .gz"
    _add(parser, "--logs", "FILE", logs, Path, nargs="+", required=True)
    experiment = "file of an experiment: its weights; the first arm is the control; may be repeated"
    _add(parser, "--experiment", "FILE.toml", experiment, Path, action="append")
    weights = "weights of the arms of experiments without a file"
    _add(parser, "--weights", "ARM=W,ARM=W", weights, _weights, default={})
    _add(parser, "--control", "ARM", "arm that others are compared with (default: the first)")
    primary = "metric that decides; may be repeated (default: click_through)"
    _add(parser, "--primary", "METRIC", primary, action="append", choices=[*ABOUT])
    _add(parser, "--page", "FILE.html", "also write a page with pictures", Path)
    _add_json(parser)


def _add_home(parser: argparse.ArgumentParser) -> None:
    _add(parser, "--episodes", "FILE", "episodes with categories (default: made-up shows)")
    _add(parser, "--vectors", "FILE.npz", "vectors (default: computed from the text)", default="")
    interactions = "CSV of other listeners' choices (default: none; made-up ones for made-up shows)"
    _add(parser, "--interactions", "TRAIN.csv", interactions, Path)
    _add(parser, "--home", "FILE.toml", "description of the home page (default: shipped)", Path)
    _add(parser, "--scenario", "NAME|FILE.toml", "scenario that scores", default="for_you")
    _add(parser, "--listeners", "N", "number of listeners (default: 100)", _count, default=100)
    _add(parser, "--seed", "N", "seed of what is made up (default: 0)", int, default=0)
    _add_json(parser)


def _add_false_alarms(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that simulates experiments."""
    number = "number of experiments with, and without the effect (default: 1000)"
    _add(parser, "--experiments", "N", number, _count, default=1000)
    _add(parser, "--users", "N", "users of each (default: 1000)", _count, default=1000)
    lift = "effect: share by which the treatment opens more (default: 0.3)"
    _add(parser, "--lift", "SHARE", lift, _positive, default=0.3)
    _add(parser, "--seed", "N", "seed of the experiments (default: 0)", int, default=0)


def _add_insights(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that simulates quiet days and bursts."""
    _add(parser, "--seeds", "N", "number of simulated worlds (default: 5)", _count, default=5)
    _add(parser, "--days", "N", "days of each (default: 100)", _count, default=100)
    _add_json(parser)


def _add_tune(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that searches parameters."""
    _add_data(parser)
    _add(parser, "--scenario", "NAME|FILE.toml", "scenario to start from", default="for_you")
    space = "parameters, their bounds and the objective"
    _add(parser, "--space", "FILE.toml", space, Path, required=True)
    _add(parser, "--trials", "N", "number of trials (default: 100)", _count, default=100)
    _add(parser, "--users", "N", "evaluate only N users", _count)
    _add(parser, "--out", "NAME.toml", "write the best scenario here", Path, required=True)
    _add(parser, "--report", "FILE.html", "write a page about the search here", Path, required=True)
    record = "record of the trials; an existing one is resumed"
    _add(parser, "--record", "FILE.jsonl", record, Path, required=True)


def _add_fit(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that fits curves."""
    pairs = "may be repeated, as many times as --interactions: the curves suit all of the data"
    _add(parser, "--episodes", "FILE", f"episodes; {pairs}", action="append", required=True)
    interactions = "interactions with the episodes of the same place"
    _add(parser, "--interactions", "TRAIN.csv", interactions, Path, action="append", required=True)
    start = "scenario to start from: the parts to fit have a curve"
    _add(parser, "--scenario", "NAME|FILE.toml", start, default="for_you")
    _add(parser, "--scenarios", "DIR", "folder of further scenarios", Path)
    cuts = "shares of the interactions before the cuts (default: 0.6,0.7,0.8)"
    _add(parser, "--cut", "SHARE[,SHARE]", cuts, _shares, default=(0.6, 0.7, 0.8), dest="cuts")
    _add(parser, "--vectors", "FILE.npz", "vectors of the only --episodes", default="")
    _add(parser, "--fields", "FILE.toml", "mapping of the field names of the only --episodes", Path)
    _add(parser, "--now", "RFC3339", "time of the last sessions (default: in TRAIN)", cli.timestamp)
    every = "how often popularity is renewed after the cuts (default: 1h, as a deployed feed does)"
    hour = _interval_us("1h")
    _add(parser, "--signals-every", "N(m|h|d)", every, _interval_us, default=hour)
    debias = "power of popularity that is taken for exposure (default: 0.3)"
    _add(parser, "--debias", "POWER", debias, _power, default=0.3)
    _add(parser, "--seed", "N", "seed of the sessions (default: 0)", int, default=0)
    _add(parser, "--out", "NAME.toml", "write the scenario here", Path, required=True)


def _add_learn(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that learns from logs."""
    logs = "log lines of the function, or .gz; may be repeated"
    _add(parser, "--logs", "FILE", logs, Path, action="append", required=True)
    start = "the scenario whose sessions are learned from"
    _add(parser, "--scenario", "NAME|FILE.toml", start, default="for_you")
    _add(parser, "--scenarios", "DIR", "folder of further scenarios", Path)
    part = "part of the score to learn; may be repeated (default: those that have a curve)"
    _add(parser, "--part", "NAME", part, action="append")
    power = "places are examined in proportion to 1 / position^POWER (default: estimated)"
    _add(parser, "--position-power", "POWER", power, _power)
    clip = "largest weight of an impression (default: 10)"
    _add(parser, "--clip", "W", clip, _weight, default=CLIP)
    _add(parser, "--seed", "N", "seed of the held-out users (default: 0)", int, default=0)
    _add(
        parser, "--out", "DIR", "write the scenario here, as NAME_VERSION.toml", Path, required=True
    )
    _add_json(parser)


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command that simulates a log."""
    _add(parser, "--episodes", "FILE", "episodes; or .gz", required=True)
    interactions = "what made the catalog's signals, and what listeners heard before"
    _add(parser, "--interactions", "TRAIN.csv", interactions, Path, required=True)
    _add(
        parser, "--scenario", "NAME|FILE.toml", "what ranks", default=str(EXAMPLE / "popular.toml")
    )
    truth = "preferences of the listeners"
    _add(parser, "--listeners", "FILE.toml", truth, Path, default=EXAMPLE / "listeners.toml")
    _add(parser, "--sessions", "N", "number of sessions (default: 2000)", _count, default=2000)
    _add(parser, "--seed", "N", "seed of the listeners (default: 0)", int, default=0)
    _add(parser, "--out", "DIR", "a new folder for log, shelf and scenario", Path, required=True)


def _add_rankings(parser: argparse.ArgumentParser) -> None:
    """Add the options of the commands that compare rankings."""
    test = "interactions with the targets (default: a part of TRAIN, see --protocol and --cut)"
    _add(parser, "--test", "TEST.csv", test, Path)
    scenario = "scenario to evaluate; may be repeated"
    _add(parser, "--scenario", "NAME|FILE.toml", scenario, action="append", required=True)
    plain = "rank scenarios without their exploration slots"
    parser.add_argument("--no-exploration", action="store_true", help=plain)
    every = "renew popularity after the cut, with sessions when targets were chosen, like 1h or 1d"
    _add(parser, "--signals-every", "N(m|h|d)", every, _interval_us)
    cutoffs = "values of k of the metrics (default: 10,20)"
    _add(parser, "--k", "10,20", cutoffs, _cutoffs, default=CUTOFFS)


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


def _interval_us(text: str) -> int:
    found = re.fullmatch("([1-9][0-9]{0,3})([mhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"expected an interval like 15m, 1h or 1d, got {text!r}")
    return int(found[1]) * {"m": 60_000_000, "h": HOUR_US, "d": DAY_US}[found[2]]


def _positive(text: str) -> float:
    return _number_below(text, float("inf"), "expected a number above 0")


def _weight(text: str) -> float:
    weight = _positive(text)
    if weight < 1:
        raise argparse.ArgumentTypeError(f"expected a weight from 1 on, got {text!r}")
    return weight


def _power(text: str) -> float:
    return 0.0 if text == "0" else _number_below(text, 10, "expected a power from 0 to 10")


def _weights(text: str) -> dict[str, float]:
    pairs = [one.partition("=") for one in text.split(",")]
    return {name.strip(): _positive(weight) for name, _, weight in pairs}


def _shares(text: str) -> tuple[float, ...]:
    expected = "expected shares between 0 and 1"
    return tuple(sorted({_number_below(part, 1, expected) for part in text.split(",")}))


def _number_below(text: str, limit: float, expected: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < limit:
        raise argparse.ArgumentTypeError(f"{expected}, got {text!r}")
    return number


if __name__ == "__main__":
    sys.exit(main())
