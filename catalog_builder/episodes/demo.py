"""Generates the demo catalog that `make run` shows without any input.

The words are data (`demo_words.toml`); this module combines them. Nothing but the dates depends on
the day: tomorrow's catalog has the same episodes under the same ids, one day later.
"""

import datetime as dt
import json
import random
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from catalog_builder.episodes.demo_notes import DemoChapter, chapters_of, notes_of
from catalog_builder.episodes.demo_transcripts import transcript_of
from feed.ports.episodes import SourceProblem, SourceRecord

WORDS = Path(__file__).with_name("demo_words.toml")
SEED = 20240229
SHORT_SHOW_MINUTES = 20
"""A show with shorter episodes has no guests."""
MENTION_SHARE = 0.6
"""Share of the episodes with a guest whose guest line names other topics of the subcategory."""
CLOSER_SHARE = 0.3
"""Share of the episodes that end with a closing line."""
EXPLICIT_SHARE = 0.35
"""Share of explicit episodes in a show that has any."""
TRANSCRIBED_EVERY = 5
"""Of a show's episodes in English every fifth has a transcript."""
UNSCORED_SHARE = 0.04
"""Share of the episodes that lack some scores, as real ones do."""


class _Story(NamedTuple):
    """The content of one episode, not yet in the voice of a show."""

    title: str
    lead: str
    majors: list[str]
    sub: dict[str, Any]
    topic: str | None = None


class _DemoEpisode(NamedTuple):
    """An episode as JSON-ready fields, and what its files are made of."""

    fields: dict[str, Any]
    chapters: list[DemoChapter]
    """none of an episode that is not in English"""
    talk: list[tuple[str, str, str]]
    """a topic and two sentences about it, for each chapter with a topic"""


class _Lines(NamedTuple):
    """Sentences to put around a lead sentence, and the guests to say them."""

    regulars: dict[str, str]
    """the guest of each episode about a topic, for some topics"""
    guests: Iterator[str]
    guest_lines: Iterator[str]
    closers: Iterator[str]
    guest_mentions: Iterator[str]
    mentions: Iterator[str]


def episodes(today: dt.date) -> list[dict[str, Any]]:
    """Returns about 700 episodes as JSON-ready dicts, newest first, all published before `today`.

    The same date gives the same list; another date gives the same list with its dates moved.
    """
    catalog = [dict(one.fields) for one in _all_episodes(today)]
    # Two stable sorts: newest first, and equal dates by id.
    catalog.sort(key=lambda episode: str(episode["id"]))
    catalog.sort(key=lambda episode: str(episode["published_at"]), reverse=True)
    return catalog


def files(today: dt.date) -> dict[str, bytes]:
    """Returns the files that the episodes name, by address: chapters, and of some a transcript."""
    words = _words()["transcript"]
    found = {}
    for fields, chapters, talk in _all_episodes(today):
        if "chapters_url" in fields:
            listed = [{"startTime": at, "title": title} for at, title in chapters]
            document = {"version": "1.2.0", "chapters": listed}
            found[fields["chapters_url"]] = json.dumps(document).encode()
        if "transcript_url" in fields:
            transcript = transcript_of(fields, chapters, talk, words)
            found[fields["transcript_url"]] = transcript.encode()
    return found


def rising_topics() -> list[str]:
    """Returns the topics that the made-up listeners of the demo have begun to talk about."""
    return [one["topic"] for one in _words()["rising"]]


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _all_episodes(today: dt.date) -> tuple[_DemoEpisode, ...]:
    """Returns all episodes, show by show. A build needs them for its source and for their files."""
    return tuple(_make_episodes(_words(), today))


def _make_episodes(words: dict[str, Any], today: dt.date) -> Iterator[_DemoEpisode]:
    """Yields all episodes, show by show."""
    rng = random.Random(SEED)  # noqa: S311 - repeatable words, no secrets
    midnight = dt.datetime.combine(today, dt.time(), dt.UTC)
    names = [f"{first} {last}" for first in words["first_names"] for last in words["last_names"]]
    guests = _endless(names, rng)
    mentions = [_endless(words[kind], rng) for kind in ("guest_mentions", "mentions")]
    regulars = {one["topic"]: one["guest"] for one in words["rising"]}
    for category in words["category"]:
        said = [_endless(category[kind], rng) for kind in ("guests", "closers")]
        lines = _Lines(regulars, guests, *said, *mentions)
        for show, stories in _deal(category, rng):
            yield from _show_episodes(show, stories, lines, midnight, rng)


def _deal(
    category: dict[str, Any], rng: random.Random
) -> Iterator[tuple[dict[str, Any], list[_Story]]]:
    """Deals the topics of a category to its shows, the two stories of a topic to different ones."""
    shows = category["series"]
    hands: list[list[_Story]] = [[] for _ in shows]
    subs = {sub["name"]: sub for sub in category["sub"]}
    majors = {
        name: [category["name"]] + ([sub["also"]] if "also" in sub else [])
        for name, sub in subs.items()
    }
    for name, sub in subs.items():
        takers = [hand for hand, show in zip(hands, shows, strict=True) if name in show["subs"]]
        for turn, (topic, title, lead, other_title, other_lead) in enumerate(sub["topics"]):
            for angle, told in enumerate([(title, lead), (other_title, other_lead)]):
                hand = takers[(turn + angle) % len(takers)]
                hand.append(_Story(*told, majors[name], sub, topic))
    for show, hand in zip(shows, hands, strict=True):
        hand += [
            _Story(title, lead, majors[name], subs[name])
            for name, title, lead in show.get("stories", [])
        ]
        rng.shuffle(hand)
        yield show, hand


def _show_episodes(
    show: dict[str, Any],
    stories: list[_Story],
    lines: _Lines,
    midnight: dt.datetime,
    rng: random.Random,
) -> Iterator[_DemoEpisode]:
    """Yields a show's episodes from number 1, the oldest, at the show's own interval and hour."""
    slug = _slug(show["name"])
    hour = dt.timedelta(hours=rng.randrange(4, 22), minutes=rng.choice([0, 5, 15, 30]))
    newest_age_days = 1 + rng.randrange(show["every_days"])
    for number, story in enumerate(stories, start=1):
        age_days = newest_age_days + (len(stories) - number) * show["every_days"]
        published = midnight - dt.timedelta(days=age_days) + hour
        insight, people = _tell(story, show, lines, rng)
        episode_id = f"{slug}-{number:03d}"
        episode: dict[str, Any] = {
            "id": episode_id,
            "content_id": f"demo-{episode_id}",
            "title": story.title,
            "series": {"id": slug, "name": show["name"]},
            "published_at": published.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "scores": _scores(show["level"], rng),
            "key_insight": insight,
            "categories": {"major": story.majors, "subcategories": [story.sub["name"]]},
            "entities": [name for name in (story.topic, story.sub["name"]) if name],
            "people": people,
            "url": f"https://example.com/{slug}/{number:03d}",
            "audio_url": f"/demo-audio/{episode_id}.wav",  # beside the page, whatever its port
            "duration_s": round(show["minutes"] * 60 * rng.uniform(0.8, 1.25)),
            "language": show.get("language", "en"),
            "explicit": bool(show.get("explicit")) and rng.random() < EXPLICIT_SHARE,
        }
        about = {topic[0]: topic for topic in story.sub["topics"]}
        topics = list(dict.fromkeys([story.topic, *about])) if story.topic else []
        is_english = episode["language"] == "en" and bool(topics)
        chapters = chapters_of(episode["duration_s"], show["host"], topics) if is_english else []
        if is_english:
            episode["chapters_url"] = f"{episode['url']}/chapters.json"
            if number % TRANSCRIBED_EVERY == 0:
                episode["transcript_url"] = f"{episode['url']}/transcript.vtt"
        episode["notes"] = notes_of(episode, show["host"], chapters)
        talk = [(name, about[name][2], about[name][4]) for name in topics[:3]]
        yield _DemoEpisode(episode, chapters, talk)


def _tell(
    story: _Story, show: dict[str, Any], lines: _Lines, rng: random.Random
) -> tuple[str, list[str]]:
    """Returns the key insight of an episode and the names of the people in it."""
    host = show["host"]
    if "stories" in show:  # written out in full, in the show's own language
        return story.lead, [host]
    others = [topic[0] for topic in story.sub["topics"] if topic[0] != story.topic]
    second, third = rng.sample(others, k=2)
    role = rng.choice(story.sub["roles"])
    guest = next(name for name in lines.guests if not set(name.split()) & set(host.split()))
    guest = lines.regulars.get(story.topic or "", guest)
    has_guest = show["minutes"] >= SHORT_SHOW_MINUTES
    if not has_guest:
        told = [next(lines.mentions)]
    elif rng.random() < MENTION_SHARE:
        told = [next(lines.guest_mentions)]
    else:
        told = [next(lines.guest_lines), next(lines.mentions)]
    if rng.random() < CLOSER_SHARE:
        told.append(next(lines.closers))
    insight = " ".join([story.lead, *told[:2]]).format(
        host=host,
        guest=guest,
        role=role,
        role_cap=role[0].upper() + role[1:],
        topic=story.topic,
        second=second,
        third=third,
    )
    return insight, [host, guest] if has_guest else [host]


def _scores(level: float, rng: random.Random) -> dict[str, float]:
    """Returns editorial scores around a show's level, in halves; sometimes two are missing."""
    spread = {
        "credibility": rng.gauss(level, 0.5),
        "insight": rng.gauss(level - 0.2, 0.6),
        "information": rng.gauss(level, 0.5),
        "entertainment": rng.gauss(3.5, 0.7),
    }
    scores = {name: min(5.0, max(0.0, round(2 * score) / 2)) for name, score in spread.items()}
    if rng.random() < UNSCORED_SHARE:
        for name in rng.sample(sorted(scores), k=2):
            del scores[name]
    return scores


def _endless(lines: list[str], rng: random.Random) -> Iterator[str]:
    """Yields every line once, in random order, then every line again, without end."""
    while True:
        yield from rng.sample(lines, k=len(lines))


def _slug(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")


class DemoSource:
    """An `EpisodeSource` of the generated demo catalog as of one day."""

    def __init__(self, today: dt.date) -> None:
        self._today = today

    def read(self) -> Iterator[SourceRecord | SourceProblem]:
        """Yields the episodes of the demo catalog."""
        for number, fields in enumerate(episodes(self._today), 1):
            yield SourceRecord(f"demo:{number}", fields)
