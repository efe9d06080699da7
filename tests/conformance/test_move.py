"""Data of an earlier version move to where they are now; what an app keeps beside them stays."""

from google.cloud import firestore

from adapters.firestore.move import Moved, move
from adapters.firestore.schema.schema import PLAIN
from adapters.firestore.users import FirestoreStore
from feed.model.engagement import Profile, Summary, newest
from feed.summary.document import to_document
from feed.summary.writer import refresh_summary
from tests.conformance.test_summary_store import engagement


async def test_data_of_an_earlier_version_move_once_and_an_app_keeps_its_own(
    client: firestore.Client,
) -> None:
    store = FirestoreStore(client.project)
    old = to_document(Summary(engagements=newest([engagement("a", 1)])))
    some = ["ann", "bob", "cyd"]
    for uid in some:
        await store.put_engagement(uid, engagement("a", 1))
        client.document(f"users/{uid}/summaries/engagement").set(old)
    client.document("users/ann").set({"plan": "pro", "languages": ["de"], "muted_series": ["s"]})
    client.document("users/bob").set({"display_name": "Bob"})
    await store.update_profile("ann", {"languages": ("en",)})  # set after the new version came
    await store.put_engagement("cyd", engagement("b", 2))
    await refresh_summary(store, "cyd", ["b"])  # which knows nothing of the old summary
    app = {"users/dot": {"plan": "free"}, "teams/t/summaries/engagement": {"text": "Met"}}
    for path, fields in app.items():
        client.document(path).set(fields)

    assert await move(client.project, PLAIN) == Moved(profiles=2, summaries=3)
    assert await move(client.project, PLAIN) == Moved()

    for path, fields in {**app, "users/ann": {"plan": "pro"}}.items():
        assert client.document(path).get().to_dict() == fields
    assert not client.document("users/bob").get().exists
    assert await store.read_profile("ann") == Profile(languages=("en",), muted_series=("s",))
    assert await store.read_profile("bob") == Profile(display_name="Bob")
    for uid in some:
        await refresh_summary(store, uid, ["a"], profile=True)
        stored = await store.read_summary(uid)
        assert stored
        assert stored.summary
        exist = await store.newest_engagements(uid, 10)
        assert stored.summary.engagements == newest(exist)
        assert not stored.summary.incomplete
    paths = [one.reference.path for one in client.collection_group("summaries").stream()]
    assert paths == ["teams/t/summaries/engagement"]
