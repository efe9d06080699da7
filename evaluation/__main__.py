"""`python -m evaluation`: behaviour, replay, search, insights, estimates, report, tuning."""

import argparse
import os
import sys

# Set before numpy is imported: latencies are measured on one thread, as in the function, where
# several threads slow down many small products.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import evaluation.behaviour.commands
import evaluation.counterfactual.commands
import evaluation.data.commands
import evaluation.home.commands
import evaluation.insights.commands
import evaluation.learning.commands
import evaluation.offline.commands
import evaluation.online.commands
import evaluation.prior.commands
import evaluation.search.commands
import evaluation.tuning.commands
from catalog_builder.errors import CommandError
from catalog_builder.progress import say
from evaluation.arguments import Command
from feed import cli
from feed.ports.errors import Unavailable

TOPICS = (
    evaluation.offline,
    evaluation.behaviour,
    evaluation.search,
    evaluation.prior,
    evaluation.home,
    evaluation.counterfactual,
    evaluation.online,
    evaluation.tuning,
    evaluation.insights,
    evaluation.learning,
    evaluation.data,
)
"""packages that have commands, in the order in which `--help` lists them"""


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

    def add_command(run: Command) -> argparse.ArgumentParser:
        command = subparsers.add_parser(run.__name__, help=run.__doc__)
        command.set_defaults(run=run)
        return command

    for topic in TOPICS:
        topic.commands.add_commands(add_command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
