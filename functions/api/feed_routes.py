"""The routes of personal feeds: sessions, home pages and seeds."""

from collections.abc import Mapping

from feed.session.answers import SessionPage
from feed.session.request import SessionRequest
from functions.api import home, seeds, sessions
from functions.api.home_answers import HomeAnswer, ShelfPage
from functions.http.operation import Operation

_CATALOG = ("no-catalog",)

FEED_ROUTES: Mapping[str, Mapping[str, Operation]] = {
    "/api/sessions/create": {
        "POST": Operation(
            name="createSession",
            summary="ranks a session, answers its first page",
            handler=sessions.create,
            body=SessionRequest,
            answers={200: SessionPage},
            user="optional",
            problems=(*_CATALOG, "admins-only", "not-your-user", "seed-expired"),
        ),
    },
    "/api/home": {
        "POST": Operation(
            name="createHome",
            summary="ranks a home page, answers the beginning of each shelf ([Home](home.md))",
            handler=home.create,
            body=home.HomeRequest,
            answers={200: HomeAnswer},
            user="optional",
            problems=(*_CATALOG, "not-your-user"),
        ),
    },
    "/api/home/{session_id}/next": {
        "POST": Operation(
            name="nextOfShelf",
            summary="answers the next episodes of one shelf",
            handler=home.next_page,
            body=home.ShelfRequest,
            answers={200: ShelfPage},
            user="optional",
            problems=(*_CATALOG, "invalid-cursor", "cursor-expired"),
        ),
    },
    "/api/seeds/photo": {
        "POST": Operation(
            name="readPhoto",
            summary="answers what a photo says, as a seed for a session ([Seeds](seeds.md))",
            handler=seeds.photo,
            upload="photo",
            answers={200: seeds.PhotoSeed},
            user="optional",
            problems=_CATALOG,
        ),
    },
    "/api/sessions/{session_id}/next": {
        "POST": Operation(
            name="nextPage",
            summary="answers the next page of a session",
            handler=sessions.next_page,
            body=sessions.NextRequest,
            answers={200: SessionPage},
            user="optional",
            problems=(*_CATALOG, "invalid-cursor", "cursor-expired"),
        ),
    },
}
