"""Seeds: what a session is to be about, from a photo.

What a photo needs is imported by the first one. A photo is neither stored nor logged.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed.model.degradation import Degradation
from feed.session.seed_token import SeedToken, seal_seed
from functions.http.endpoint import json_response
from functions.problems import invalid
from functions.serving.service import Service
from functions.telemetry import Timings

MAX_PHOTO_BYTES = 8 * 2**20
MAX_PHOTO_S = 30.0
"""how long a photo may take to arrive"""
MAX_WORDS = 8
"""of a reading that a session looks for"""


class PhotoSeed(msgspec.Struct, frozen=True, kw_only=True):
    """What a photo says, and a seed for a session of it."""

    mood: list[str]
    """words for the mood of the photo"""
    themes: list[str]
    """subjects that suit it"""
    energy: float
    """0 calm to 1 lively"""
    valence: float
    """0 gloomy to 1 cheerful"""
    text: str
    """what the session looks for: words of the reading that the catalog has"""
    token: str
    """the seed, for `seed.token` of a session; expires as a cursor does"""
    model: str
    """the generative model that read the photo; `local`: colours and light alone"""
    degraded: list[str]
    """everything the reading had to do without; more causes may be added"""


async def photo(service: Service, request: Request, timings: Timings) -> Response:
    """Read a photo, and answer what it says as a seed."""
    from functions.http.multipart import read_file  # noqa: PLC0415
    from functions.photos.picture import PictureError  # noqa: PLC0415

    uid, degraded = await service.optional_user(request)
    service.limits.check_photo(uid, request.scope)
    with service.photos.place(timings):
        with timings.step("receive"):
            data = await read_file(request, "photo", max_bytes=MAX_PHOTO_BYTES, max_s=MAX_PHOTO_S)
        try:
            with timings.step("read"):
                reading, model, model_degraded = await service.photos.read(data)
        except PictureError as error:
            raise invalid("photo", str(error)) from error
    text, index_degraded = await _searchable(service, reading.text, timings)
    expires_us = service.now_us() + service.settings.CURSOR_TTL_S * 1_000_000
    token = SeedToken(expires_us, text, model)
    answer = PhotoSeed(
        **msgspec.structs.asdict(msgspec.structs.replace(reading, text=text)),
        token=seal_seed(token, service.cursor_keys),
        model=model,
        degraded=[*degraded, *model_degraded, *index_degraded],
    )
    timings.log_fields |= {"model": model, "degraded": answer.degraded}
    return json_response(answer)


async def _searchable(
    service: Service, text: str, timings: Timings
) -> tuple[str, tuple[Degradation, ...]]:
    """Return the first words of a text that the catalog has, and why all are kept, if they are."""
    from feed.search.feed_seed import known_words  # noqa: PLC0415

    index, degraded = await service.search_indexes.of(await service.catalog(timings))
    known = [] if index is None else known_words(index, text)[:MAX_WORDS]
    return ", ".join(known) or text, degraded
