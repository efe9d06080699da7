"""People: whom a scenario serves worst, what they heard, what they got, and what they chose."""

import html
from datetime import datetime

import numpy as np

from evaluation.data.training import Learned, User
from evaluation.offline.earshot import Earshot
from evaluation.offline.protocol import Targets
from feed.model.timestamps import from_us
from feed.session.reason_text import phrase

SHOWN = 8
"""of what somebody heard, and of what they got"""


def worst(ranking: Earshot, learned: Learned, targets: Targets, count: int = 6) -> str:
    """The users whose next choice scored lowest, among those that somebody could have foreseen.

    What was not out yet, or nobody had touched, could not stand high by what others did.
    """
    catalog = learned.catalog
    fair = ~targets.cold & (catalog.published_us[targets.rows] <= learned.now_us)
    found = []
    for place in np.flatnonzero(fair).tolist():
        user, target = targets.users[place], int(targets.rows[place])
        scores = ranking.score(user)
        above = scores > scores[target]
        above[user.seen] = False
        found.append((int(above.sum()) + 1, place))
    found.sort(key=lambda pair: (-pair[0], pair[1]))
    return "".join(
        _person(ranking, learned, targets.users[place], int(targets.rows[place]), rank)
        for rank, place in found[:count]
    )


def _person(ranking: Earshot, learned: Learned, user: User, target: int, rank: int) -> str:
    slate = ranking.slate(user)
    rows = slate.rows[:SHOWN].tolist()
    pairs = zip(slate.reasons.codes.tolist(), slate.reasons.leans_on.tolist(), strict=True)
    reasons = [phrase(learned.catalog, *pair)["text"] for pair in list(pairs)[:SHOWN]]
    parts = slate.trace.parts
    got = "".join(
        f"<li>{_episode(learned, row)}<small>{html.escape(reason)} · "
        f"{_largest({name: given[place] for name, given in parts.items()})}</small></li>"
        for place, (row, reason) in enumerate(zip(rows, reasons, strict=True))
    )
    heard = "".join(
        f"<li>{_episode(learned, int(learned.catalog.rows((one.episode_id,))[0]))}"
        f"<small>{one.type.replace('_', ' ')}, {_day(from_us(one.timestamp_us))}</small></li>"
        for one in user.summary.engagements[:SHOWN]
        if learned.catalog.rows((one.episode_id,))[0] >= 0
    )
    place = np.flatnonzero(slate.rows == target)
    stands = f"at place {int(place[0]) + 1} of" if len(place) else "not in"
    return (
        f'<article class="person"><h3>{html.escape(user.user_id)}</h3>'
        f"<p>Chose next: <b>{_episode(learned, target)}</b>, touched by "
        f"{int(learned.audience[target]):,} users, out on "
        f"{_day(from_us(int(learned.catalog.published_us[target])))}. By its score alone it would "
        f"stand at place {rank:,} of what they had not heard; it is {stands} their queue.</p>"
        f'<div class="pair"><div><b>Heard last</b> <span class="soft">of {user.events:,} events'
        f"</span><ul>{heard}</ul></div><div><b>Got</b><ol>{got}</ol></div></div></article>"
    )


def _episode(learned: Learned, row: int) -> str:
    catalog = learned.catalog
    series = int(catalog.series[row])
    of = f' <span class="soft">{html.escape(catalog.series_names[series])}</span>'
    return html.escape(catalog.title(row)) + (of if series >= 0 else "")


def _largest(parts: dict[str, float]) -> str:
    """The three parts that gave most, either way."""
    most = sorted(parts.items(), key=lambda pair: -abs(pair[1]))[:3]
    return ", ".join(f"{name} {given:+.2f}" for name, given in most if given)


def _day(instant: datetime) -> str:
    return f'<span class="day">{instant:%Y-%m-%d}</span>'
