"""What deploy.sh uploads, started as it deploys it: the real list of files, and each function."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud.firestore import Client

from adapters.firestore.users import FirestoreStore
from emulators.event_bridge import EventBridge, register
from emulators.firestore import FirestoreEmulator, new_project
from emulators.storage.server import StorageEmulator
from feed.model.engagement import Summary
from tests.process.test_publish_catalog import episodes, publish
from tests.support.deployed_image import (
    DeployedFunction,
    Image,
    build_image,
    deployed_functions,
    uploaded_files,
)
from tests.support.deployment import ROOT, needs_gcloud
from tests.support.server import Server, until

pytestmark = needs_gcloud

Start = Callable[[DeployedFunction], Server]
UPLOADED = "main.py experiment.toml feed/docs.py adapters/firestore/users.py adapters/web/a.py"
LEFT_OUT = (
    ".env adapters/.DS_Store adapters/__pycache__/x.pyc examples/a.py firebase-debug.log "
    "firebase.deployed.json functions/demo/web/a.js node_modules/a/b.js "
    "operations/doctor/__main__.py tests/a.py venv/a.py"
)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return build_image(tmp_path_factory.mktemp("image"))


@pytest.fixture
def project() -> str:
    return new_project()[:30]  # no longer than a real one


@pytest.fixture
def functions(project: str) -> dict[str, DeployedFunction]:
    return deployed_functions(f"--project={project}")


@pytest.fixture
def start(
    image: Image,
    project: str,
    firestore_emulator: FirestoreEmulator,
    storage: StorageEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Start]:
    """Start a function of the image, its project's database and bucket being the emulators'."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
    addresses = {
        "FIRESTORE_EMULATOR_HOST": firestore_emulator.host,
        "STORAGE_EMULATOR_HOST": storage.url,
        "GOOGLE_CLOUD_PROJECT": project,
    }
    started: list[Server] = []

    def start(function: DeployedFunction) -> Server:
        started.append(image.start(function, **addresses))
        return started[-1]

    yield start
    for server in started:
        server.kill()


def test_the_image_holds_every_module_of_the_functions_and_no_other_file() -> None:
    folders = ("adapters", "catalog_builder", "feed", "functions")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("[!.]*")]
    commands = {"doctor", "reconcile", "demo", "__pycache__"}
    files = [path for path in paths if path.is_file() and not commands & {*path.parts}]
    modules = {str(path.relative_to(ROOT)) for path in files}
    assert {*uploaded_files()} == modules | {"main.py", "requirements.txt"}


def test_an_upload_leaves_out_what_is_not_a_functions_whatever_it_is_called(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".gcloudignore", tmp_path)
    wanted = {*UPLOADED.split()}
    for name in {*wanted, *LEFT_OUT.split()}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert {*uploaded_files(tmp_path)} == wanted


def test_the_build_compiles_every_file_and_finds_no_conflict(image: Image) -> None:
    for command in (["compileall", "-q", "."], ["pip", "check"]):
        done = image.run("-m", *command)
        assert done.returncode == 0, done.stdout


def test_a_catalog_is_built_from_the_database_and_sessions_are_created_from_it(
    start: Start, functions: dict[str, DeployedFunction], project: str, storage: StorageEmulator
) -> None:
    publish_catalog, create_session = functions["publish-catalog"], functions["create-session"]
    storage.make_bucket(create_session.settings["SHELF"].removeprefix("gs://"))
    client, recent = Client(project=project), datetime.now(UTC) - timedelta(days=3)
    for one in episodes(60):
        client.document("episodes", one["id"]).set({**one, "published_at": recent})
    report = publish(start(publish_catalog))
    assert (report["status"], report["episodes"]) == ("published", 60)
    like = {"episode_id": "episode-7", "type": "like", "timestamp": recent.isoformat()}
    session = start(create_session).create(engagements=[like])
    assert session["catalog_version"] == report["version"]
    assert session["user_vector_episodes"] == 1
    assert len({one["id"] for one in session["episodes"]} - {"episode-7"}) == 10
    assert session["degraded"] == []


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("create-session", "STORE"),
        ("create-session", "SHELF"),
        ("publish-catalog", "STORE"),
        ("publish-catalog", "SHELF"),
        ("update-summary-engagement", "STORE"),
    ],
)
def test_a_function_that_would_keep_data_inside_an_instance_does_not_start(
    image: Image, functions: dict[str, DeployedFunction], name: str, setting: str
) -> None:
    given = {**functions[name].settings, setting: ""}
    with pytest.raises(RuntimeError, match=rf"Earshot cannot start: {setting}: in the cloud"):
        image.start(replace(functions[name], settings=given))


def test_events_of_the_database_keep_a_users_summary(
    start: Start,
    functions: dict[str, DeployedFunction],
    project: str,
    bridge: EventBridge,
    firestore_emulator: FirestoreEmulator,
) -> None:
    triggers = [function for function in functions.values() if function.document]
    for function in triggers:
        bridge.targets[project, function.name] = start(function).url
        register(firestore_emulator.host, project, function.name, function.document)
    assert {function.target for function in triggers} == {"update_summary"}
    ada = Client(project=project).document("users", "ada")
    ada.collection("earshot").document("profile").set({"category_interests": ["Chess"]})
    like = {"episode_id": "episode-7", "type": "like", "timestamp": datetime.now(UTC)}
    ada.collection("engagements").document("first").set(like)

    def summary() -> Summary:
        stored = asyncio.run(FirestoreStore(project).read_summary("ada"))
        return (stored.summary if stored else None) or Summary()

    found = until(lambda: (s := summary()).engagements and s.profile.category_interests and s, 30)
    (one,) = found.engagements
    assert (one.id, one.episode_id, one.type) == ("first", "episode-7", "like")
    assert found.profile.category_interests == ("Chess",)
