"""Report sections that compare scenarios with the baselines, and all rankings by segment."""

import html
from collections.abc import Sequence

from evaluation.offline.result import Difference, OfflineResult
from evaluation.offline.segments import BY_HISTORY, BY_TARGET, HEAD, MEDIUM, MIDDLE, SHORT
from evaluation.report.page import html_table, number, paragraph, signed
from evaluation.report.tables import segment_metric, verdict


def against(scenarios: Sequence[OfflineResult]) -> str:
    """HTML about how much more each scenario reaches than each baseline."""
    text = (
        "The scenario's value minus the baseline's, with a 95% interval over the same users. A "
        "scenario earns its place if it is better than the best list that everybody gets alike: "
        "the interval of recall, and that of nDCG, must be above 0."
    )
    return paragraph(text) + "".join(_against(one) for one in scenarios if one.against)


def _against(one: OfflineResult) -> str:
    names = list(next(iter(one.against.values())))
    rows = [
        [html.escape(other), *(_difference(compared[name]) for name in names)]
        for other, compared in one.against.items()
    ]
    said = paragraph(f"{verdict(one)}.") if one.rivals else ""
    return said + html_table([f"{one.name} minus", *names], rows)


def _difference(found: Difference) -> str:
    mean, low, high = found
    kind = "best" if low > 0 else ""
    return f'<td class="{kind}">{signed(mean)}<small>{signed(low)} to {signed(high)}</small></td>'


def segments(outcomes: Sequence[OfflineResult]) -> str:
    """HTML of the recall of each ranking in each segment."""
    name = segment_metric(outcomes[0])
    text = (
        f"The {name}, by how many users chose the target lately: head, the first {HEAD}; middle, "
        f"up to {MIDDLE}; tail, all others, of which cold ones had no engagement at all. Then by "
        f"the number of a user's events: short, below {SHORT}; medium, below {MEDIUM}; long."
    )
    shown = (*BY_TARGET, *BY_HISTORY)
    best = {part: max(_value(one, part, name) for one in outcomes) for part in shown}
    rows = [
        [html.escape(one.name), *(_segment(one, part, name, best[part]) for part in shown)]
        for one in outcomes
    ]
    users = [f"{part} ({outcomes[0].by_segment[part].users:,})" for part in shown]
    return paragraph(text) + html_table(["", *users], rows)


def _segment(one: OfflineResult, part: str, name: str, best: float) -> str:
    low, high = one.by_segment[part].ci[name]
    value = _value(one, part, name)
    return (
        f'<td class="{"best" if value == best > 0 else ""}">{number(value)}'
        f"<small>{number(low)} to {number(high)}</small></td>"
    )


def _value(one: OfflineResult, part: str, name: str) -> float:
    return one.by_segment[part].metrics[name]
