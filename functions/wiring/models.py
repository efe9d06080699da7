"""The generative model: checks its settings, and makes the pool that they name."""

from typing import TYPE_CHECKING

from adapters.generative_model import ModelAddress, model_pool, problem_of
from functions.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.model_pool.pool import ModelPool


def wire_model(settings: Settings, count: "Callable[[str, str], None]") -> "ModelPool | None":
    """Return the pool of generative models, or None. Raises `SettingsError`.

    What a vendor needs is imported with the first request. `count` is called with the service and
    the result of each one.
    """
    check_models(settings)
    if settings.MODELS == "none":
        return None
    from adapters.model_pool.pool import Limits  # noqa: PLC0415

    limits = Limits(settings.MODEL_CONCURRENCY, settings.MODEL_QUEUE, settings.MODEL_SPACING_S)
    return model_pool(_address(settings), limits, count)


def check_models(settings: Settings) -> None:
    """Raise `SettingsError` if a setting that the chosen model needs is missing or wrong."""
    if settings.MODELS == "none":
        return
    if problem := problem_of(_address(settings), "MODELS"):
        raise SettingsError(problem)
    if settings.MODELS == "gemini" and settings.K_SERVICE and settings.MODEL_URL:
        raise SettingsError("MODEL_URL: with MODELS=gemini it is for local use: expected none here")


def _address(settings: Settings) -> ModelAddress:
    assert settings.MODELS != "none"  # noqa: S101  # for the type checker
    return ModelAddress(
        vendor=settings.MODELS,
        model=settings.MODEL,
        embedding_model=settings.EMBEDDING_MODEL,
        project=settings.FIREBASE_PROJECT,
        regions=tuple(settings.genai_regions),
        url=settings.MODEL_URL,
        api_key=settings.MODEL_API_KEY,
    )
