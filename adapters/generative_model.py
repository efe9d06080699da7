"""Makes the pool over a vendor's generative model. Imports only what the chosen vendor needs."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from adapters.model_pool.client import ModelClient
    from adapters.model_pool.pool import Limits, ModelPool

Vendor = Literal["gemini", "openai"]

_URL = re.compile(r"https?://[^?#@\s]+")
_REGION = re.compile(r"[a-z]+(-[a-z]+)*[0-9]*")


@dataclass(frozen=True, kw_only=True)
class ModelAddress:
    """Which model, and where it is."""

    vendor: Vendor
    """`gemini`, Google's on Vertex AI; `openai`, any endpoint that speaks OpenAI's API"""
    model: str
    embedding_model: str = ""
    """empty: none embeds"""
    project: str = ""
    """that is billed; of `gemini`"""
    regions: tuple[str, ...] = ()
    """that share the requests; of `gemini`"""
    url: str = ""
    """of the endpoint; for `gemini`, of an emulator"""
    api_key: str = field(default="", repr=False)
    """of `openai`"""


def problem_of(address: ModelAddress, chosen_by: str) -> str:
    """What is wrong with an address: the setting, and what was expected; empty if nothing is.

    `chosen_by` is the setting that chose the vendor.
    """
    chosen, regions = f"with {chosen_by}={address.vendor}", address.regions
    if not address.model:
        return f"MODEL: {chosen} expected the name of a model"
    if address.url and not _URL.fullmatch(address.url):
        # It is not repeated: it may hold a password, and the error goes to the log.
        return "MODEL_URL: expected an address like https://HOST/v1, without a password"
    if address.vendor == "openai":
        return "" if address.url else f"MODEL_URL: {chosen} expected the endpoint's address"
    if not regions or len(set(regions)) < len(regions) or not all(map(_REGION.fullmatch, regions)):
        return (
            "GENAI_REGIONS: expected regions like us-central1,europe-west1, each once, "
            f"got {','.join(regions)}"
        )
    return "" if address.project else f"FIREBASE_PROJECT: {chosen} expected the id of the project"


def model_pool(
    address: ModelAddress,
    limits: "Limits",
    count: Callable[[str, str], None] = lambda _service, _result: None,
) -> "ModelPool":
    """The pool of a model's regions, which makes its clients with the first request.

    `count` is called with the service (`gemini:us-east1`) and the result of each request.
    """
    from adapters.model_pool.pool import ModelPool  # noqa: PLC0415

    names = address.model, address.embedding_model
    connect: Callable[[str], ModelClient]
    if address.vendor == "gemini":
        from adapters.gemini.regions import regions_of  # noqa: PLC0415

        regions = address.regions
        connect = regions_of(address.project, *names, address.url)
    else:
        from adapters.openai.endpoint import endpoint  # noqa: PLC0415

        regions = (urlsplit(address.url).hostname or "endpoint",)
        connect = endpoint(address.url, *names, address.api_key)

    def count_region(region: str, result: str) -> None:
        count(f"{address.vendor}:{region}", result)

    return ModelPool(address.model, regions, connect, limits, count_region)
