"""Fits the curves of a scenario to the choices in one or several data sets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from catalog_builder.errors import CommandError
from catalog_builder.progress import say, stage
from evaluation.data.events import read_events
from evaluation.offline.protocol import leave_last_out
from evaluation.offline.run import OfflineRun, run_after_cut
from evaluation.offline.scenario_recommender import without_exploration
from evaluation.tuning.choices import Choices, replayed_choices
from evaluation.tuning.curves import fit_curves
from evaluation.wiring import read_catalog_input
from feed.scenarios.scenario import Scenario


@dataclass(frozen=True)
class ChoiceData:
    """A data set that curves are fitted to."""

    episodes: str
    """file of episodes"""
    interactions: Path
    cuts: Sequence[float]
    """rising shares of the interactions before each cut"""
    vectors: str = ""
    """file of the episodes' vectors; empty: computed from the text"""
    fields: Path | None = None
    """file that maps the episodes' fields"""
    now: datetime | None = None
    """time of the sessions after which the last choices come; None: that of the last interaction"""
    signals_every: int | None = None
    """interval at which popularity is renewed after each cut, microseconds; None: it is not"""

    def runs(self) -> Iterator[tuple[OfflineRun, float]]:
        """Yield runs, and how much each counts: all cuts as much as the last choices.

        A choice counts for a cut if it comes before the next one, and after the last cut within as
        many interactions: by then the neighbours of a deployed catalog would be renewed.
        """
        events = read_events(self.interactions)
        read = read_catalog_input(self.episodes, self.vectors, self.fields)
        width = self.cuts[-1] - self.cuts[-2] if len(self.cuts) > 1 else 1.0
        ends = [*self.cuts[1:], min(1.0, self.cuts[-1] + width)]
        for cut, end in zip(self.cuts, ends, strict=True):
            start = int(len(events) * cut)
            before, after = events.take(slice(start)), slice(start, int(len(events) * end))
            run = run_after_cut(read, before, events.take(after), signals_every=self.signals_every)
            yield run, 1 / len(self.cuts)
        yield run_after_cut(read, *leave_last_out(events), self.now, protocol="last"), 1.0


def fitted_scenario(
    start: Scenario, data: Sequence[ChoiceData], name: str, *, debias: float, seed: int
) -> Scenario:
    """The scenario of this name in which the parts that had a curve have a fitted one.

    Each data set counts as much as another.

    Raises:
        CommandError: an input is invalid, no part has a curve, or no choice in any data set is
            one that a source of the scenario proposes.
        Unavailable: a vector source does not answer.
    """
    if not start.blend.curves:
        raise CommandError(f"{start.name}: expected parts with a curve in [blend.curves]")
    plain = without_exploration(start)
    found = []
    for one in data:
        with stage("choices"):
            for run, share in one.runs():
                if choices := replayed_choices(run, plain, seed):
                    found.append((choices, share))
    if not found:
        raise CommandError("no choice is among the candidates")
    choices = Choices.joined(found)
    say(f"{len(choices.starts):,} choices among {len(choices.fixed):,} candidates")
    with stage("curves"):
        curves = fit_curves(choices, debias=debias)
    blend = msgspec.structs.replace(start.blend, curves=curves)
    return msgspec.structs.replace(start, name=name, blend=blend)
