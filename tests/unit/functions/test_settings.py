import pytest

from adapters.rss import source as rss
from adapters.rss.http import budget
from catalog_builder.wiring import MIB, BuildOptions
from functions.settings import Settings, SettingsError, check_session, read_settings

KEY = "a secret of sixteen"
CLOUD = {"K_SERVICE": "s", "CURSOR_KEYS": KEY, "STORE": "firestore", "SHELF": "gs://bucket"}


def test_without_any_setting_everything_is_local() -> None:
    settings = read_settings({"PATH": "/bin"})
    assert settings == Settings()
    assert settings.cursor_keys == ()


def test_an_empty_setting_counts_as_not_set() -> None:
    assert read_settings({"NOW": "", "CATALOG_REFRESH_S": ""}) == Settings()


def test_keys_are_read_in_order() -> None:
    settings = read_settings({"CURSOR_KEYS": f"{KEY} 1, {KEY} 2,"})
    assert settings.cursor_keys == (f"{KEY} 1".encode(), f"{KEY} 2".encode())


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"CATALOG_REFRESH_S": "soon"}, "CATALOG_REFRESH_S"),
        ({"CATALOG_REFRESH_S": "-1"}, "CATALOG_REFRESH_S"),
        ({"CURSOR_TTL_S": "1"}, "CURSOR_TTL_S"),
        ({"AUTH": "everybody"}, "AUTH"),
        ({"NOW": "2026-01-01T00:00:00"}, "NOW"),
        ({"NOW": "yesterday"}, "NOW"),
        ({"NOW": "2026"}, "NOW"),
        ({"NOW": "-1"}, "NOW"),
        ({"NOW": "0.5"}, "NOW"),
        ({"CURSOR_KEYS": "short"}, "CURSOR_KEYS"),
        ({"CURSOR_KEYS": f"{KEY},short"}, "CURSOR_KEYS"),
        ({"K_SERVICE": "s", "CURSOR_KEYS": KEY, "AUTH": "demo"}, "AUTH"),
        ({"K_SERVICE": "s", "CURSOR_KEYS": KEY, "NOW": "2026-01-01T00:00:00Z"}, "NOW"),
        ({"K_SERVICE": "s"}, "CURSOR_KEYS"),
        ({"AUTH": "firebase"}, "FIREBASE_PROJECT"),
        ({"AUTH": "emulator", "FIREBASE_PROJECT": "real"}, "FIREBASE_PROJECT"),
        (
            {
                "AUTH": "emulator",
                "FIREBASE_PROJECT": "demo-x",
                "K_SERVICE": "s",
                "CURSOR_KEYS": KEY,
            },
            "AUTH",
        ),
        ({**CLOUD, "STORE": ""}, "STORE: in the cloud expected firestore"),
        ({**CLOUD, "STORE": "users.db"}, "STORE: in the cloud expected firestore, got users.db"),
        ({**CLOUD, "STORE": "Firestore"}, "STORE: in the cloud expected firestore"),
        ({**CLOUD, "SHELF": ""}, "SHELF: in the cloud expected gs://BUCKET"),
        ({**CLOUD, "SHELF": "/tmp/shelf"}, "SHELF: in the cloud expected gs://BUCKET"),
        ({**CLOUD, "SHELF": "gs:/bucket"}, "SHELF: expected gs://BUCKET"),
        ({"SHELF": "gs://"}, "SHELF: expected gs://BUCKET"),
        ({"SHELF": "gs:///prefix"}, "SHELF: expected gs://BUCKET"),
        ({**CLOUD, "WEB": "web"}, "WEB is for local use"),
        ({"APP_CHECK": "my-project"}, "APP_CHECK"),
        ({"LIMIT_WRITES": "10"}, "LIMIT_WRITES"),
        ({"LIMIT_SESSIONS": "10/fortnight"}, "LIMIT_SESSIONS"),
        ({"LIMIT_ANONYMOUS": "0/minute"}, "LIMIT_ANONYMOUS"),
        ({"LIMIT_ADDRESS": "10/minute\n"}, "LIMIT_ADDRESS"),
        ({"TRUSTED_HOPS": "-1"}, "TRUSTED_HOPS"),
        ({"CONCURRENCY": "-1"}, "CONCURRENCY"),
        ({"CORS_ORIGINS": "a.example"}, "CORS_ORIGINS"),
        ({"CORS_ORIGINS": "https://a.example/path"}, "CORS_ORIGINS"),
        ({"CORS_ORIGINS": "https://a.example, *.b.example"}, "CORS_ORIGINS"),
        ({"KEEP": "0"}, "KEEP"),
        ({"LEASE_S": "0"}, "LEASE_S"),
        ({"RETRIEVAL": "somewhere"}, "RETRIEVAL"),
        ({"RETRIEVAL": "pinecone", "PINECONE_API_KEY": "key"}, "PINECONE_HOST"),
        ({"RETRIEVAL": "pinecone", "PINECONE_HOST": "a.example"}, "PINECONE_API_KEY"),
        ({"RETRIEVAL_TIMEOUT_S": "0"}, "RETRIEVAL_TIMEOUT_S"),
        ({"RETRIEVAL_TIMEOUT_S": "inf"}, "RETRIEVAL_TIMEOUT_S"),
        ({"SUMMARY_TIMEOUT_S": "inf"}, "SUMMARY_TIMEOUT_S"),
        ({"CATALOG_REFRESH_S": "inf"}, "CATALOG_REFRESH_S"),
        ({"FEEDS_TIMEOUT_S": "inf"}, "FEEDS_TIMEOUT_S"),
        ({"LEASE_S": "inf"}, "LEASE_S"),
        ({"CURSOR_TTL_S": "99999999999999999999"}, "CURSOR_TTL_S"),
        ({"APP_CHECK": "٣"}, "APP_CHECK"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        check_session(read_settings(environment))


@pytest.mark.parametrize("shelf", ["gs://bucket", "gs://bucket/", "gs://bucket/a/prefix"])
def test_in_the_cloud_a_bucket_and_a_database_are_enough(shelf: str) -> None:
    check_session(read_settings({**CLOUD, "SHELF": shelf}))


def test_a_trigger_needs_no_cursor_key_in_the_cloud() -> None:
    assert read_settings({"K_SERVICE": "update-summary"}).cursor_keys == ()


def test_origins_are_read_in_order() -> None:
    settings = read_settings({"CORS_ORIGINS": "https://a.example, http://localhost:5000"})
    assert settings.cors_origins == ("https://a.example", "http://localhost:5000")
    assert read_settings({}).cors_origins == ()


def test_command_and_function_read_feeds_with_the_same_defaults() -> None:
    settings, options = Settings(), BuildOptions()
    assert settings.ALLOW_PRIVATE_FEEDS == options.allow_private_feeds is False
    assert settings.INCLUDE_BLOCKED == options.include_blocked is False
    assert settings.FEED_MAX_MB * MIB == options.feed_max_mb * MIB == rss.MAX_BYTES
    assert settings.FEEDS_MAX_MB * MIB == options.feeds_max_mb * MIB == budget.MAX_BYTES
    assert settings.FEEDS_TIMEOUT_S == options.feeds_timeout_s == budget.TIMEOUT_S
