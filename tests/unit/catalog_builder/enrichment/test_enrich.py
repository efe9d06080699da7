"""What episodes lack is filled from the catalog's own texts, and marked; what they have stays."""

from typing import Any

import msgspec
import pytest

from catalog_builder.enrichment.enrich import enrich
from feed.model.episode import Categories, Episode, Scores, Series
from tests.support.catalogs import NOW

SHOW = Series(id="s", name="Bread Talk")


def episode(number: int, text: str = "", **more: Any) -> Episode:
    given: dict[str, Any] = {"id": f"e{number}", "title": f"Title {number}", "published_at": NOW}
    return Episode(**(given | {"description": text, "series": SHOW} | more))


def one_of(text: str, **more: Any) -> Episode:
    """The first of a few episodes, after enrichment."""
    return enrich([episode(0, text, **more), episode(1, "We bake bread with a guest.")])[0]


@pytest.mark.parametrize(
    ("text", "people", "entities"),
    [
        ("We talk to Marissa Mayer about work.", ["Marissa Mayer"], None),
        ("Then the author Xe Iaso joins us.", ["Xe Iaso"], None),
        ("Wir sprechen mit Angela Merkel.", ["Angela Merkel"], None),
        ("Zu Gast ist heute die ehemalige Ministerin Angela Merkel.", ["Angela Merkel"], None),
        ("Am Ende isst Kanzler Scholz noch ein Brot mit allen.", None, ["Kanzler Scholz"]),
        ("Reportage à Paris avec Léa Salamé et un boulanger.", ["Léa Salamé"], None),
        ("Hoy hablamos con Santiago Ramón y Cajal.", ["Santiago Ramón"], None),
        ("Visit https://Example.com/Foo or @Foo_Bar or mail Ann@Example.org.", None, None),
        ("Flour prices rose in Buenos Aires last year.", None, ["Buenos Aires"]),
        ("Bread is what we bake. Bread is good.", None, None),
        ("Bread Talk is a show about bread.", None, None),
        ("The Best Bread Of The Year Is Here For You", None, None),
        (
            "We baked all day. \u2764 Contact us below. CONTACT THE BAKER for more of it.",
            None,
            None,
        ),
        ("パンとOpenAIの話。東京の朝。", None, None),
        ("", None, None),
    ],
)
def test_names_are_found_in_texts(
    text: str, people: list[str] | None, entities: list[str] | None
) -> None:
    found = one_of(text)
    assert (found.people or None, found.entities or None) == (people, entities)


def test_a_single_word_is_a_name_where_several_episodes_use_it_as_one() -> None:
    texts = ["We moved to Jellyfin.", "A week with Jellyfin at home.", "A talk about Nextcloud."]
    found = enrich([episode(number, text) for number, text in enumerate(texts)])
    assert [one.entities for one in found] == [["Jellyfin"], ["Jellyfin"], None]


def test_a_headline_shows_the_names_that_other_texts_use_within_sentences() -> None:
    texts = ["We moved to Jellyfin.", "A week with Jellyfin at home."]
    titled = episode(9, title="Why Everybody Loves Jellyfin Now", series=Series(id="t"))
    assert enrich([*map(episode, range(2), texts), titled])[2].entities == ["Jellyfin"]


def test_a_name_in_most_of_a_shows_episodes_is_the_shows() -> None:
    texts = [f"Story {n}, and thanks to Miller Flour for support." for n in range(6)]
    other = episode(9, "A visit to Miller Flour.", series=Series(id="t", name="Mills"))
    found = enrich([*map(episode, range(6), texts), other])
    assert [one.entities for one in found] == [None] * 6 + [["Miller Flour"]]


def test_a_name_that_any_episode_lists_among_its_people_is_a_persons() -> None:
    listed = episode(1, people=[{"name": "Xe Iaso", "role": "guest"}])
    found = enrich([episode(0, "A system by Xe Iaso of old."), listed])
    assert found[0].people == ["Xe Iaso"]
    assert found[1].people == listed.people


@pytest.mark.parametrize(
    ("authors", "people"),
    [
        (["NPR"], None),
        (["Jupiter Broadcasting"], None),
        (["The Bread Company and friends"], None),
        (["Anna Schmidt & Carlos Ruiz"], ["Anna Schmidt", "Carlos Ruiz"]),
        (["Xe Iaso"], None),
        (["Bread Talk"], None),
    ],
)
def test_persons_among_the_authors_are_people(authors: list[str], people: list[str] | None) -> None:
    assert (one_of("", authors=authors).people or None) == people


def test_an_author_in_the_title_of_the_show_is_a_person() -> None:
    show = Series(id="s", name="The Xe Iaso Podcast")
    assert one_of("", authors=["Xe Iaso"], series=show).people == ["Xe Iaso"]


def test_categories_are_those_of_most_episodes_of_the_show() -> None:
    baking = Categories(major=["Baking"], subcategories=["Ovens"])
    news = Categories(major=["News"])
    given = [episode(n, categories=baking) for n in range(3)] + [episode(3, categories=news)]
    *kept, filled = enrich([*given, episode(4, categories=Categories(major=[]))])
    assert [one.categories for one in kept] == [baking] * 3 + [news]
    assert filled.categories == Categories(major=["Baking"])
    assert filled.estimated == ["quality", "categories"]


def test_what_an_episode_has_is_never_changed() -> None:
    text = "We talk to Marissa Mayer in Buenos Aires."
    given = {
        "people": ["Somebody"],
        "entities": [{"name": "Something", "relevance": 2}],
        "categories": Categories(subcategories=["Ovens"]),
        "scores": Scores(credibility=1, insight=2),
    }
    before = [episode(0, text, **given)]
    before += [episode(n, categories=Categories(major=["Baking"])) for n in range(1, 5)]
    assert enrich(before)[0] == before[0]


def test_a_card_says_what_was_filled_in() -> None:
    found = one_of("We talk to Marissa Mayer about work.")
    assert found.estimated == ["quality", "people"]
    assert msgspec.structs.replace(found, people=None, estimated=None) == episode(
        0, "We talk to Marissa Mayer about work."
    )
