"""What the settings of a function have to be for it to start: checks that span several of them."""

import re

from functions.settings import CLOUD_STORE, Settings, SettingsError


def check_store(settings: Settings) -> None:
    """Raise `SettingsError` if users would be stored in an instance, and be lost with it."""
    if settings.K_SERVICE and settings.STORE != CLOUD_STORE:
        raise SettingsError(
            f"STORE: in the cloud expected {CLOUD_STORE}, got {settings.STORE}: "
            "a file there is lost with its instance"
        )


def check_shelf(settings: Settings) -> None:
    """Raise `SettingsError` if other functions could not find the snapshots."""
    if settings.SHELF.startswith("gs:"):
        _check_bucket("SHELF", settings.SHELF)
    elif settings.K_SERVICE:
        raise SettingsError(
            f"SHELF: in the cloud expected gs://BUCKET, got {settings.SHELF}: "
            "a folder there is lost with its instance"
        )


def check_audiences(settings: Settings) -> None:
    """Raise `SettingsError` if files that name users would be lost, or lie with the snapshots."""
    place = settings.AUDIENCES
    if place.startswith("gs:"):
        _check_bucket("AUDIENCES", place)
    elif settings.K_SERVICE or (not place and settings.SHELF.startswith("gs:")):
        raise SettingsError(
            f"AUDIENCES: expected gs://BUCKET, apart from the snapshots, got {place or 'nothing'}"
        )


def check_session(settings: Settings) -> None:
    """Raise `SettingsError` if a setting that the session function needs is missing or wrong."""
    if settings.AUTH in {"firebase", "emulator"} and not settings.FIREBASE_PROJECT:
        raise SettingsError("FIREBASE_PROJECT: expected the id of the Firebase project")
    if settings.AUTH == "emulator" and not settings.FIREBASE_PROJECT.startswith("demo-"):
        raise SettingsError("FIREBASE_PROJECT: with AUTH=emulator expected an id demo-…")
    if settings.APP_CHECK and not re.fullmatch("[0-9]+", settings.APP_CHECK):
        raise SettingsError("APP_CHECK: expected the number of the Firebase project")
    if settings.RETRIEVAL == "pinecone":
        if not settings.PINECONE_HOST:
            raise SettingsError("PINECONE_HOST: with RETRIEVAL=pinecone expected an index's host")
        if not settings.PINECONE_API_KEY:
            raise SettingsError("PINECONE_API_KEY: with RETRIEVAL=pinecone expected a key")
    if settings.K_SERVICE:
        if settings.AUTH in {"demo", "emulator"}:
            raise SettingsError(f"AUTH={settings.AUTH} is for local use: expected firebase")
        if not settings.cursor_keys:
            raise SettingsError("CURSOR_KEYS: expected at least one key")
    check_store(settings)
    check_shelf(settings)


def _check_bucket(name: str, place: str) -> None:
    if not re.match("gs://[^/]+(/|$)", place):
        raise SettingsError(f"{name}: expected gs://BUCKET or gs://BUCKET/PREFIX, got {place}")
