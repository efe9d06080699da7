"""Reports of scheduled looks and builds: what the log and the function's answer say."""

from dataclasses import dataclass

from feed.ports.episodes import SourceProblem

MAX_EPISODE_LINES = 20
MAX_FEED_LINES = 100
MAX_LINE_CHARS = 1_000


@dataclass(frozen=True, kw_only=True)
class LookReport:
    """What one run of the job did; its fields are part of the log and of the function's answer."""

    status: str
    """`published` or `unchanged`"""
    version: str
    """the current snapshot"""
    episodes: int
    skipped: int
    """invalid episodes"""
    feed_problems: int
    """feeds that were left out, read from the cache, or read with remarks"""
    problems: list[str]
    """where and why, of the first feeds, then of the first invalid episodes"""
    notes: list[str]
    seconds: dict[str, float]
    """duration of each step"""


@dataclass(frozen=True, kw_only=True)
class BuildReport(LookReport):
    """What one run of the job did that built a catalog."""

    created_at: str
    series: int
    categories: int
    with_notes: int
    """episodes with full notes"""
    with_transcripts: int
    """episodes with chapters or a transcript"""
    embedded: int
    """episodes with a vector"""
    signalled: int
    """episodes with enough listeners for signals"""
    summaries: int
    """users' summaries that were read"""
    model: str
    dimension: int
    pruned: list[str]
    """versions that were deleted"""


def problem_lines(problems: list[SourceProblem]) -> tuple[list[str], list[str]]:
    """One line for each problem of a whole feed, and one for each of an episode."""
    lines: tuple[list[str], list[str]] = [], []
    for problem in problems:
        line = f"{problem.where}: {problem.reason}"[:MAX_LINE_CHARS]
        lines[0 if problem.whole_source else 1].append(line)
    return lines


def first_lines(feeds: list[str], skipped: list[str]) -> list[str]:
    """The lines that a report has room for: of feeds, then of episodes."""
    return [*feeds[:MAX_FEED_LINES], *skipped[:MAX_EPISODE_LINES]]
