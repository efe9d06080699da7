"""Show notes of the demo catalog's episodes: paragraphs, timestamps and links."""

import html
from typing import Any

CHAPTERS = (0.0, 0.04, 0.31, 0.62, 0.93)
"""where chapters begin, as shares of an episode"""


def notes_of(
    episode: dict[str, Any], host: str, topics: list[str], *, is_english: bool = True
) -> str:
    """Returns the notes of an episode as HTML; `topics` are those it talks about, its own first.

    In other languages they have no chapters, whose titles would be English.
    """
    url, title = episode["url"], html.escape(episode["title"])
    about = f"<p>{html.escape(episode['key_insight'])}</p>"
    if not is_english:
        return f'{about}<p><a href="{url}">{title}</a> ({html.escape(host)})</p>'
    told = [f"{topic[:1].upper()}{topic[1:]}, step by step" for topic in topics[:3]]
    titles = [f"{host} says hello", *told, "Letters from listeners"]
    starts = [round(share * episode["duration_s"]) for share in CHAPTERS]
    lines = zip(starts[: len(told) + 1] + starts[-1:], titles, strict=True)
    chapters = "".join(f"<li>{clock(at)} {html.escape(text)}</li>" for at, text in lines)
    people = html.escape(" and ".join(episode["people"]))
    series = html.escape(episode["series"]["name"])
    return (
        f"{about}<h3>In this episode</h3><ul>{chapters}</ul>"
        f'<p>With {people}. Sources and pictures: <a href="{url}/sources">{title}</a>. '
        f'Questions to <a href="mailto:{episode["series"]["id"]}@example.com">{series}</a>, '
        "or as a review; the best one opens the next episode.</p>"
    )


def clock(seconds: int) -> str:
    """Returns a time such as 1:02:03, or 02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
