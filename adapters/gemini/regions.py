"""Connects to the regions of Vertex AI, with what they share: credentials and certificates."""

import threading
from typing import TYPE_CHECKING

from feed.ports.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.auth.credentials import Credentials

    from adapters.gemini.client import GeminiClient

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
EMULATOR_TOKEN = "owner"  # noqa: S105  # an emulator takes any


def regions_of(
    project: str, model: str, embedding_model: str = "", url: str = ""
) -> "Callable[[str], GeminiClient]":
    """What makes the client of a region, by the region's name; call it in a thread.

    `url` is the address of an emulator, for which no credentials are looked up.
    """
    lock = threading.Lock()
    connected: list[Callable[[str], GeminiClient]] = []

    def connect(region: str) -> "GeminiClient":
        with lock:
            if not connected:
                connected.append(_connection(project, model, embedding_model, url))
        return connected[0](region)

    return connect


def _connection(
    project: str, model: str, embedding_model: str, url: str
) -> "Callable[[str], GeminiClient]":
    """What makes clients that share credentials. Raises `Unavailable` where there are none."""
    import google.auth  # noqa: PLC0415
    import google.auth.exceptions  # noqa: PLC0415
    import google.oauth2.credentials  # noqa: PLC0415
    import httpx  # noqa: PLC0415

    from adapters.gemini.client import GeminiClient  # noqa: PLC0415

    credentials: Credentials
    if url:
        credentials = google.oauth2.credentials.Credentials(EMULATOR_TOKEN)  # type: ignore[no-untyped-call]
    else:
        try:
            credentials, _ = google.auth.default(scopes=[SCOPE])
        except google.auth.exceptions.GoogleAuthError as error:
            raise Unavailable(f"Vertex AI: no credentials: {error}") from error
    certificates = httpx.create_ssl_context()
    return lambda region: GeminiClient(
        project, region, model, embedding_model, url, credentials, certificates
    )
