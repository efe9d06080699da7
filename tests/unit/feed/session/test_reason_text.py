import pytest

from feed.arrays.hashing import hash_strings
from feed.catalog.catalog import Catalog
from feed.model.engagement import ENGAGEMENT_TYPES
from feed.model.episode import Episode
from feed.ranking.reasons import KEYS
from feed.session.reason_text import MAX_TITLE, render
from tests.support.catalogs import NOW, catalog_of


@pytest.mark.parametrize("key", ["interest", "because_like"])
def test_a_reason_about_something_that_is_gone_becomes_a_general_one(
    catalog: Catalog, key: str
) -> None:
    gone = int(hash_strings(["gone"])[0])
    assert render(catalog, KEYS.index(key), gone).key == "discover"


def test_every_type_of_engagement_has_its_own_text(catalog: Catalog) -> None:
    known = int(catalog.id_hashes[0])
    codes = [KEYS.index(f"because_{kind}") for kind in ENGAGEMENT_TYPES]
    texts = {str(render(catalog, code, known).text) for code in codes}
    assert len(texts) == len(ENGAGEMENT_TYPES)
    assert all(catalog.title(0) in text for text in texts)


@pytest.mark.parametrize("title", ["no space " * 40, "長" * 300, "Two  spaces"])
def test_a_title_is_shortened_only_if_it_is_too_long(title: str) -> None:
    catalog = catalog_of([Episode(id="a", title=title, published_at=NOW)])
    reason = render(catalog, KEYS.index("because_like"), int(catalog.id_hashes[0]))
    shown = str(reason.params["title"])
    assert shown in str(reason.text)
    if len(title) <= MAX_TITLE:
        assert shown == title
    else:
        assert shown.endswith("…")
        assert title.startswith(shown[:-1])
        assert MAX_TITLE - 5 <= len(shown) <= MAX_TITLE
