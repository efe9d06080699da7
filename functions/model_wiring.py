"""Wiring of the generative model: checks its settings, and chooses the vendor's adapter."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from functions.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.model_pool.client import ModelClient
    from adapters.model_pool.pool import ModelPool

_URL = re.compile(r"https?://[^?#@\s]+")
_REGION = re.compile(r"[a-z]+(-[a-z]+)*[0-9]*")


def wire_model(settings: Settings, count: "Callable[[str, str], None]") -> "ModelPool | None":
    """Return the pool of generative models, or None. Raises `SettingsError`.

    What a vendor needs is imported with the first request. `count` is called with the service and
    the result of each one.
    """
    check_models(settings)
    if settings.MODELS == "none":
        return None
    from adapters.model_pool.pool import Limits, ModelPool  # noqa: PLC0415

    regions: tuple[str, ...]
    names = settings.MODEL, settings.EMBEDDING_MODEL
    connect: Callable[[str], ModelClient]
    if settings.MODELS == "gemini":
        from adapters.gemini.regions import regions_of  # noqa: PLC0415

        regions = settings.genai_regions
        connect = regions_of(settings.FIREBASE_PROJECT, *names, settings.MODEL_URL)
    else:
        from adapters.openai.endpoint import endpoint  # noqa: PLC0415

        regions = (urlsplit(settings.MODEL_URL).hostname or "endpoint",)
        connect = endpoint(settings.MODEL_URL, *names, settings.MODEL_API_KEY)
    limits = Limits(settings.MODEL_CONCURRENCY, settings.MODEL_QUEUE, settings.MODEL_SPACING_S)

    def count_region(region: str, result: str) -> None:
        count(f"{settings.MODELS}:{region}", result)

    return ModelPool(settings.MODEL, regions, connect, limits, count_region)


def check_models(settings: Settings) -> None:
    """Raise `SettingsError` if a setting that the chosen model needs is missing or wrong."""
    if settings.MODELS == "none":
        return
    chosen = f"with MODELS={settings.MODELS}"
    if not settings.MODEL:
        raise SettingsError(f"MODEL: {chosen} expected the name of a model")
    if settings.MODEL_URL and not _URL.fullmatch(settings.MODEL_URL):
        # It is not repeated: it may hold a password, and the error goes to the log.
        expected = "an address like https://HOST/v1, without a password"
        raise SettingsError(f"MODEL_URL: expected {expected}")
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
