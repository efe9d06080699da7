"""The store that a command works on, as the settings STORE and FIREBASE_PROJECT name it."""

import os
from pathlib import Path

from functions.settings import CLOUD_STORE, Settings, SettingsError, read_settings


def store_settings() -> Settings:
    """Return the settings. Raises `SettingsError` if they name no existing store."""
    settings = read_settings(os.environ)
    if settings.STORE == CLOUD_STORE:
        if not settings.FIREBASE_PROJECT:
            raise SettingsError("FIREBASE_PROJECT: expected the id of the Firebase project")
    elif not Path(settings.STORE).is_file():
        raise SettingsError(f"STORE: expected firestore or a SQLite file, got {settings.STORE}")
    return settings


def store_name(settings: Settings) -> str:
    """Return the name of the store in checkpoints and reports."""
    if settings.STORE != CLOUD_STORE:
        return str(Path(settings.STORE).resolve())
    emulator = "emulator of " if os.environ.get("FIRESTORE_EMULATOR_HOST") else ""
    return f"{CLOUD_STORE}: {emulator}{settings.FIREBASE_PROJECT}"
