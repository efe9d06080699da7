import numpy as np

from feed.catalog.catalog import Catalog
from feed.model.engagement import Profile
from feed.ranking.pipeline import Ranker
from feed.ranking.similar_episodes import POOL, TASTE
from feed.scenarios.scenario import shipped
from tests.support.ranking import engagements, query_of

FOR_YOU = shipped()["for_you"]
ROW, COUNT = 3, 8


def test_a_taste_reorders_only_what_is_most_similar(catalog: Catalog) -> None:
    ranker = Ranker(catalog, FOR_YOU)
    everybody, _ = ranker.similar(ROW, POOL * COUNT)
    query = query_of(engagements=engagements(catalog, *np.flatnonzero(catalog.series == 5)[:4]))
    mine, cosines = ranker.similar(ROW, COUNT, query=query)
    assert set(mine.tolist()) <= set(everybody.tolist())
    vector = ranker.user_vector(query)
    assert vector is not None
    values = (1 - TASTE) * cosines + TASTE * (catalog.embeddings[mine] @ vector)
    assert (np.diff(values) <= 0).all()
    assert mine.tolist() != everybody[:COUNT].tolist()


def test_what_a_user_heard_to_the_end_or_rejected_is_not_similar_but_what_they_began_is(
    catalog: Catalog,
) -> None:
    ranker = Ranker(catalog, FOR_YOU)
    done, heard, rejected, begun, muted = ranker.similar(ROW, 5)[0].tolist()
    named = str(catalog.series_ids[catalog.series[muted]])
    made = [
        *engagements(catalog, done, kind="complete"),
        {**engagements(catalog, heard, kind="listen")[0], "progress": 0.95},
        *engagements(catalog, rejected, kind="not_interested"),
        {**engagements(catalog, begun, kind="listen")[0], "progress": 0.5},
    ]
    query = query_of(Profile(muted_series=(named,), languages=("de",)), engagements=made)
    rows = ranker.similar(ROW, 50, query=query)[0]
    assert not {done, heard, rejected} & set(rows.tolist())
    assert (catalog.series[rows] != catalog.series[muted]).all()
    german = [row for row in rows.tolist() if catalog.language[row] >= 0]
    assert {catalog.languages[int(catalog.language[row])] for row in german} == {"de"}
    alone = ranker.similar(ROW, 50, query=query_of(engagements=made))[0]
    assert begun in alone
