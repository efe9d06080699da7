"""Report section on the users that a scenario serves worst."""

import html
from datetime import datetime

import numpy as np

from evaluation.data.training import TrainingData, TrainingUser
from evaluation.offline.protocol import Targets
from evaluation.offline.scenario_recommender import ScenarioRecommender
from feed.model.timestamps import from_us
from feed.session.reason_text import render_all

SHOWN = 8
"""number of engagements, and of recommendations, shown per user"""


def worst_served(
    ranking: ScenarioRecommender, training: TrainingData, targets: Targets, count: int = 6
) -> str:
    """HTML about the `count` users whose next choice scored lowest.

    Leaves out choices that were not published at the cut, or had no engagement: signals of other
    users cannot rank those high.
    """
    catalog = training.catalog
    fair = ~targets.cold & (catalog.published_us[targets.rows] <= training.now_us)
    ranks = []
    for index in np.flatnonzero(fair).tolist():
        user, target = targets.users[index], int(targets.rows[index])
        scores = ranking.score(user)
        above = scores > scores[target]
        above[user.seen] = False
        ranks.append((int(above.sum()) + 1, index))
    ranks.sort(key=lambda pair: (-pair[0], pair[1]))
    return "".join(
        _user_section(ranking, training, targets.users[index], int(targets.rows[index]), rank)
        for rank, index in ranks[:count]
    )


def _user_section(
    ranking: ScenarioRecommender, training: TrainingData, user: TrainingUser, target: int, rank: int
) -> str:
    slate = ranking.slate(user)
    rows = slate.rows[:SHOWN].tolist()
    rendered = render_all(training.catalog, slate.reasons)[:SHOWN]
    reasons = [one.text for one in rendered]
    parts = slate.trace.parts
    recommended = "".join(
        f"<li>{_episode(training, row)}<small>{html.escape(reason)} · "
        f"{_largest({name: values[index] for name, values in parts.items()})}</small></li>"
        for index, (row, reason) in enumerate(zip(rows, reasons, strict=True))
    )
    engaged = "".join(
        f"<li>{_episode(training, int(training.catalog.rows((one.episode_id,))[0]))}"
        f"<small>{one.type.replace('_', ' ')}, {_day(from_us(one.timestamp_us))}</small></li>"
        for one in user.summary.engagements[:SHOWN]
        if training.catalog.rows((one.episode_id,))[0] >= 0
    )
    position = np.flatnonzero(slate.rows == target)
    position_text = f"at position {int(position[0]) + 1} of" if len(position) else "not in"
    return (
        f'<article class="person"><h3>{html.escape(user.user_id)}</h3>'
        f"<p>Chose next: <b>{_episode(training, target)}</b>, engaged with by "
        f"{int(training.audience[target]):,} users, published on "
        f"{_day(from_us(int(training.catalog.published_us[target])))}. Its score "
        f"ranks at {rank:,} among unseen episodes; it is {position_text} their queue.</p>"
        f'<div class="pair"><div><b>Latest engagements</b> <span class="soft">of {user.events:,}'
        f"</span><ul>{engaged}</ul></div><div><b>Recommended</b><ol>{recommended}</ol></div></div></article>"
    )


def _episode(training: TrainingData, row: int) -> str:
    catalog = training.catalog
    series = int(catalog.series[row])
    of = f' <span class="soft">{html.escape(catalog.series_names[series])}</span>'
    return html.escape(catalog.title(row)) + (of if series >= 0 else "")


def _largest(parts: dict[str, float]) -> str:
    """The three parts of largest absolute contribution."""
    most = sorted(parts.items(), key=lambda pair: -abs(pair[1]))[:3]
    return ", ".join(f"{name} {value:+.2f}" for name, value in most if value)


def _day(instant: datetime) -> str:
    return f'<span class="day">{instant:%Y-%m-%d}</span>'
