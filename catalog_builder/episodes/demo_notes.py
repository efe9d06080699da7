"""Show notes and chapters of the demo catalog's episodes: paragraphs, timestamps and links."""

import html
from typing import Any, NamedTuple

CHAPTERS = (0.0, 0.04, 0.31, 0.62, 0.93)
"""where chapters begin, as shares of an episode"""


class DemoChapter(NamedTuple):
    """A chapter of an episode of the demo."""

    start_s: int
    title: str


def chapters_of(duration_s: int, host: str, topics: list[str]) -> list[DemoChapter]:
    """Returns the chapters of an episode: a greeting, one for each of three topics, and letters.

    Of `topics`, the episode's own is first.
    """
    told = [f"{topic[:1].upper()}{topic[1:]}, step by step" for topic in topics[:3]]
    titles = [f"{host} says hello", *told, "Letters from listeners"]
    starts = [round(share * duration_s) for share in CHAPTERS]
    return list(map(DemoChapter, starts[: len(told) + 1] + starts[-1:], titles))


def notes_of(episode: dict[str, Any], host: str, chapters: list[DemoChapter]) -> str:
    """Returns the notes of an episode as HTML, short ones for an episode without chapters."""
    url, title = episode["url"], html.escape(episode["title"])
    about = f"<p>{html.escape(episode['key_insight'])}</p>"
    if not chapters:
        return f'{about}<p><a href="{url}">{title}</a> ({html.escape(host)})</p>'
    listed = "".join(f"<li>{clock(at)} {html.escape(text)}</li>" for at, text in chapters)
    people = html.escape(" and ".join(episode["people"]))
    series = html.escape(episode["series"]["name"])
    return (
        f"{about}<h3>In this episode</h3><ul>{listed}</ul>"
        f'<p>With {people}. Sources and pictures: <a href="{url}/sources">{title}</a>. '
        f'Questions to <a href="mailto:{episode["series"]["id"]}@example.com">{series}</a>, '
        "or as a review; the best one opens the next episode.</p>"
    )


def clock(seconds: int) -> str:
    """Returns a time such as 1:02:03, or 02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
