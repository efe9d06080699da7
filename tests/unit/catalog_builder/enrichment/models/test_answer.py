"""What is accepted of a model's answer, and what it fills in."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.enrichment.models.answer import SCORES, Answer, Judged, read_answer, schema_of
from catalog_builder.enrichment.models.content import Content, content_of, lacks_something
from catalog_builder.enrichment.models.merge import enriched
from catalog_builder.enrichment.models.taxonomy import Taxonomy, learned_taxonomy
from emulators.vertex.wire import check_schema
from feed.model.episode import Categories, Episode, Scores

TAXONOMY = Taxonomy(("Science", "Music"), ("Astronomy",))
CONTENT = Content("The Long Orbit", "Skies", "Ada Byron tells how Kepler's laws were found.")
GIVEN: dict[str, Any] = {
    "key_insight": "Kepler guessed, then measured.",
    **{name: {"score": 3.5, "why": "names"} for name in SCORES},
    "categories": ["Science", "Science", "Astrology"],
    "subcategories": ["Astronomy"],
    "people": ["Ada Byron", "Somebody Else"],
    "entities": ["Kepler", "ada  BYRON"],
    "language": "en",
    "explicit": False,
    "evergreen": True,
}


def answered(**changes: Any) -> Answer:
    return read_answer(msgspec.json.encode(GIVEN | changes), CONTENT, TAXONOMY)


def test_categories_are_the_catalogs_and_names_are_in_the_text() -> None:
    answer = answered()
    assert (answer.categories, answer.subcategories) == (["Science"], ["Astronomy"])
    assert (answer.people, answer.entities) == (["Ada Byron"], ["Kepler", "ada BYRON"])


@pytest.mark.parametrize(
    ("name", "text", "is_kept"),
    [
        ("Ann", "An annual report", False),
        ("Ann", "What Ann found.", True),
        ("Al", "It was also said", False),
        ("Kepler", "Keplers Gesetze", True),
        ("Путин", "Речь Путина", True),
        ("東京", "東京大学で学ぶ", True),
        ("...", "Wait...", False),
    ],
)
def test_a_name_is_no_part_of_another_word(name: str, text: str, is_kept: bool) -> None:
    given = msgspec.json.encode(GIVEN | {"people": [name]})
    assert read_answer(given, Content("T", "", text), TAXONOMY).people == [name] * is_kept


def test_texts_lose_markup_addresses_and_what_cannot_be_seen() -> None:
    told = "<b>Buy</b>\u200b **now** at https://spam.example/x \n and stay"
    assert answered(key_insight=told).key_insight == "Buy now at and stay"
    assert len(answered(key_insight="word " * 200).key_insight) <= 400


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"credibility": {"score": 6, "why": ""}}, r"\$.credibility.score"),
        ({"insight": "high"}, r"\$.insight"),
        ({"key_insight": "<i></i>"}, r"\$.key_insight"),
        ({"people": "Ada"}, r"\$.people"),
    ],
)
def test_an_answer_of_another_form_is_refused_by_its_place(
    changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(msgspec.DecodeError, match=place):
        answered(**changes)


def test_the_schema_is_one_that_models_take() -> None:
    for taxonomy in (TAXONOMY, Taxonomy((), ())):
        schema = schema_of(taxonomy)
        check_schema(schema)
        assert set(schema["properties"]) <= set(Answer.__struct_fields__)  # type: ignore[call-overload]


def test_a_taxonomy_is_what_some_episodes_share() -> None:
    rare = Categories(["Rare"], ["Astronomy"])
    episodes = [episode(categories=Categories(["Music"], ["Astronomy"]))] * 3
    assert learned_taxonomy([*episodes, episode(categories=rare)]) == (("Music",), ("Astronomy",))


JUDGED: dict[str, Any] = {name: Judged(2.0, "why") for name in SCORES}
ANSWER = Answer(
    key_insight="An insight.", categories=["Science"], people=["Ada"], language="en", **JUDGED
)


def episode(**fields: Any) -> Episode:
    return Episode(id="e", title="T", published_at=datetime(2026, 1, 1, tzinfo=UTC), **fields)


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "scores": st.builds(Scores, st.none() | st.just(5.0), st.none() | st.just(4.0)),
        "key_insight": st.sampled_from(["", "Own."]),
        "categories": st.builds(Categories, st.none() | st.just(["Music"])),
        "people": st.sampled_from([[], ["Bert"]]),
        "language": st.just("de"),
        "explicit": st.booleans(),
    },
)


@given(FIELDS)
def test_what_a_person_set_stays_and_what_is_filled_in_is_named(fields: dict[str, Any]) -> None:
    before = episode(**fields)
    after = enriched(before, ANSWER)
    assert not lacks_something(after)
    for name in Episode.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if name == "scores" and old is not None:
            kept = zip(msgspec.structs.astuple(old), msgspec.structs.astuple(new), strict=True)
            assert all(one in (None, other) for one, other in kept)
        elif name != "generated" and old not in (None, "", [], Categories()):
            assert new == old
        if name != "generated":
            assert (name in (after.generated or [])) == (old != new)


def test_equal_contents_have_one_key_and_others_another() -> None:
    keys = {content_of(episode(description=text)).key() for text in ("a", "a", "b")}
    assert len(keys) == 2
    scored = episode(description="a", scores=Scores(1.0, 1.0))
    assert content_of(scored).key() in keys  # it says nothing of what was set
