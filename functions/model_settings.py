"""Checks the settings of the generative model, of which each vendor needs others."""

import re

from functions.settings import Settings, SettingsError

_URL = re.compile(r"https?://[^?#@\s]+")
_REGION = re.compile(r"[a-z]+(-[a-z]+)*[0-9]*")


def check_models(settings: Settings) -> None:
    """Raise `SettingsError` if a setting that the chosen model needs is missing or wrong."""
    if settings.MODELS == "none":
        return
    chosen = f"with MODELS={settings.MODELS}"
    if not settings.MODEL:
        raise SettingsError(f"MODEL: {chosen} expected the name of a model")
    if settings.MODEL_URL and not _URL.fullmatch(settings.MODEL_URL):
        raise SettingsError(f"MODEL_URL: expected an address, got {settings.MODEL_URL}")
    if settings.MODELS == "gemini":
        _check_gemini(settings, chosen)
    elif not settings.MODEL_URL:
        raise SettingsError(f"MODEL_URL: {chosen} expected the endpoint's address")


def _check_gemini(settings: Settings, chosen: str) -> None:
    regions = settings.genai_regions
    if not regions or len(set(regions)) < len(regions) or not all(map(_REGION.fullmatch, regions)):
        raise SettingsError(
            "GENAI_REGIONS: expected regions like us-central1,europe-west1, each once, "
            f"got {settings.GENAI_REGIONS}"
        )
    if not settings.FIREBASE_PROJECT:
        raise SettingsError(f"FIREBASE_PROJECT: {chosen} expected the id of the project")
    if settings.K_SERVICE and settings.MODEL_URL:
        raise SettingsError(f"MODEL_URL: {chosen} it is for local use: expected none in the cloud")
