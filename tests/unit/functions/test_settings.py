import pytest

from adapters.rss import source as rss
from adapters.rss.http import budget
from catalog_builder.build_options import BuildOptions
from catalog_builder.wiring import MIB
from functions.settings import Settings, SettingsError, read_settings
from functions.settings_checks import check_session
from functions.wiring.models import check_models

KEY = "a secret of sixteen"
GEMINI = {"MODELS": "gemini", "MODEL": "gemini-2.5-flash", "FIREBASE_PROJECT": "demo-x"}
CLOUD = {"K_SERVICE": "s", "CURSOR_KEYS": KEY, "STORE": "firestore", "SHELF": "gs://bucket"}


@pytest.mark.parametrize("environment", [{"PATH": "/bin"}, {"NOW": "", "CATALOG_REFRESH_S": ""}])
def test_without_a_setting_or_with_an_empty_one_the_default_holds(
    environment: dict[str, str],
) -> None:
    assert read_settings(environment) == Settings()


def test_keys_and_origins_are_read_in_order() -> None:
    origins = "https://a.example, http://localhost:5000"
    settings = read_settings({"CURSOR_KEYS": f"{KEY} 1, {KEY} 2,", "CORS_ORIGINS": origins})
    assert settings.cursor_keys == (f"{KEY} 1".encode(), f"{KEY} 2".encode())
    assert settings.cors_origins == ("https://a.example", "http://localhost:5000")
    assert read_settings({}).cursor_keys == read_settings({}).cors_origins == ()


UNUSABLE = {
    "CATALOG_REFRESH_S": ["soon", "-1", "inf"],
    "CURSOR_TTL_S": ["1", "99999999999999999999"],
    "AUTH": ["everybody"],
    "NOW": ["2026-01-01T00:00:00", "yesterday", "2026", "-1", "0.5"],
    "CURSOR_KEYS": ["short", f"{KEY},short"],
    "APP_CHECK": ["my-project", "٣"],
    "LIMIT_WRITES": ["10", "10/fortnight", "0/minute", "10/minute\n"],
    "TRUSTED_HOPS": ["-1"],
    "CONCURRENCY": ["-1"],
    "CORS_ORIGINS": ["a.example", "https://a.example/path", "https://a.example, *.b.example"],
    "SITE_ORIGIN": ["*", "https://a.example/", "https://a.example,https://b.example"],
    "KEEP": ["0"],
    "LEASE_S": ["0", "inf"],
    "RETRIEVAL": ["somewhere"],
    "RETRIEVAL_TIMEOUT_S": ["0", "inf"],
    "SUMMARY_TIMEOUT_S": ["inf"],
    "FEEDS_TIMEOUT_S": ["inf"],
    "MODELS": ["best"],
    "MODEL_TIMEOUT_S": ["0", "inf"],
    "MODEL_CONCURRENCY": ["0"],
    **{name: ["10"] for name in ("LIMIT_SESSIONS", "LIMIT_ANONYMOUS", "LIMIT_ADDRESS")},
}


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        *(({name: value}, name) for name, values in UNUSABLE.items() for value in values),
        ({"K_SERVICE": "s", "CURSOR_KEYS": KEY, "AUTH": "demo"}, "AUTH"),
        ({"K_SERVICE": "s", "CURSOR_KEYS": KEY, "NOW": "2026-01-01T00:00:00Z"}, "NOW"),
        ({"K_SERVICE": "s"}, "CURSOR_KEYS"),
        ({"AUTH": "firebase"}, "FIREBASE_PROJECT"),
        ({"AUTH": "emulator", "FIREBASE_PROJECT": "real"}, "FIREBASE_PROJECT"),
        ({**CLOUD, "AUTH": "emulator", "FIREBASE_PROJECT": "demo-x"}, "AUTH"),
        ({**CLOUD, "STORE": ""}, "STORE: in the cloud expected firestore"),
        ({**CLOUD, "STORE": "users.db"}, "STORE: in the cloud expected firestore, got users.db"),
        ({**CLOUD, "STORE": "Firestore"}, "STORE: in the cloud expected firestore"),
        ({**CLOUD, "SHELF": ""}, "SHELF: in the cloud expected gs://BUCKET"),
        ({**CLOUD, "SHELF": "/tmp/shelf"}, "SHELF: in the cloud expected gs://BUCKET"),
        ({**CLOUD, "SHELF": "gs:/bucket"}, "SHELF: expected gs://BUCKET"),
        ({"SHELF": "gs://"}, "SHELF: expected gs://BUCKET"),
        ({"SHELF": "gs:///prefix"}, "SHELF: expected gs://BUCKET"),
        ({**CLOUD, "WEB": "web"}, "WEB is for local use"),
        ({"RETRIEVAL": "pinecone", "PINECONE_API_KEY": "key"}, "PINECONE_HOST"),
        ({"RETRIEVAL": "pinecone", "PINECONE_HOST": "a.example"}, "PINECONE_API_KEY"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        check_session(read_settings(environment))


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({**GEMINI, "MODEL": ""}, "MODEL: with MODELS=gemini expected"),
        ({**GEMINI, "FIREBASE_PROJECT": ""}, "FIREBASE_PROJECT"),
        ({**GEMINI, "GENAI_REGIONS": "us-east1, Europe"}, "GENAI_REGIONS"),
        ({**GEMINI, "GENAI_REGIONS": "us-east1,us-east1"}, "GENAI_REGIONS"),
        ({**GEMINI, "MODEL_URL": "localhost:1"}, "MODEL_URL: expected an address"),
        ({**GEMINI, "MODEL_URL": "http://ann:secret@x"}, "^((?!secret).)*$"),
        ({**GEMINI, **CLOUD, "MODEL_URL": "http://localhost:1"}, "MODEL_URL: .* for local use"),
        ({"MODELS": "openai", "MODEL": "m"}, "MODEL_URL: with MODELS=openai expected"),
    ],
)
def test_a_model_that_cannot_be_used_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        check_models(read_settings(environment))


@pytest.mark.parametrize("shelf", ["gs://bucket", "gs://bucket/", "gs://bucket/a/prefix"])
def test_in_the_cloud_a_bucket_and_a_database_are_enough(shelf: str) -> None:
    check_session(read_settings({**CLOUD, "SHELF": shelf}))


def test_a_trigger_needs_no_cursor_key_in_the_cloud() -> None:
    assert read_settings({"K_SERVICE": "update-summary"}).cursor_keys == ()


def test_command_and_function_read_feeds_with_the_same_defaults() -> None:
    settings, options = Settings(), BuildOptions()
    assert settings.ALLOW_PRIVATE_FEEDS == options.allow_private_feeds is False
    assert settings.INCLUDE_BLOCKED == options.include_blocked is False
    assert settings.FEED_MAX_MB * MIB == options.feed_max_mb * MIB == rss.MAX_BYTES
    assert settings.FEEDS_MAX_MB * MIB == options.feeds_max_mb * MIB == budget.MAX_BYTES
    assert settings.FEEDS_TIMEOUT_S == options.feeds_timeout_s == budget.TIMEOUT_S
