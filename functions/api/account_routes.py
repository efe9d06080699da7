"""The routes of what is stored of a user: engagements, impressions and the profile."""

from collections.abc import Mapping

from functions.api import account, export, impressions
from functions.api.answers import (
    EngagementList,
    Receipt,
    RecordedEngagement,
    RecordedImpressions,
    RemovedEngagement,
    Reset,
    UserProfile,
)
from functions.http.operation import Operation

_STORE = ("store-unavailable",)
_WRITES = ("store-unavailable", "not-storable")

ACCOUNT_ROUTES: Mapping[str, Mapping[str, Operation]] = {
    "/api/sessions/{session_id}/engage": {
        "POST": Operation(
            name="engageInSession",
            summary="records an engagement, as `POST /api/me/engagements` does",
            handler=account.record,
            body=account.NewEngagement,
            answers={201: RecordedEngagement},
            user="required",
            problems=_WRITES,
        ),
    },
    "/api/me/impressions": {
        "POST": Operation(
            name="recordImpressions",
            summary="records what was on the screen",
            handler=impressions.record,
            body=impressions.NewImpressions,
            answers={200: RecordedImpressions},
            user="required",
            problems=_WRITES,
        ),
    },
    "/api/me/engagements": {
        "GET": Operation(
            name="listEngagements",
            summary="lists the user's engagements, newest first",
            handler=account.list_engagements,
            query=account.EngagementsQuery,
            answers={200: EngagementList},
            user="required",
            problems=_STORE,
        ),
        "POST": Operation(
            name="recordEngagement",
            summary="records an engagement",
            handler=account.record,
            body=account.NewEngagement,
            answers={201: RecordedEngagement},
            user="required",
            problems=_WRITES,
        ),
        "DELETE": Operation(
            name="resetFeed",
            summary="resets the feed: deletes all engagements",
            handler=account.reset,
            answers={200: Reset},
            user="required",
            problems=_WRITES,
        ),
    },
    "/api/me/engagements/{engagement_id:path}": {
        "DELETE": Operation(
            name="removeEngagement",
            summary="deletes one engagement",
            handler=account.remove,
            answers={200: RemovedEngagement},
            user="required",
            problems=(*_WRITES, "not-found"),
        ),
    },
    "/api/me/export": {
        "GET": Operation(
            name="exportUser",
            summary="answers everything that is stored of the user, as a file to keep",
            handler=export.export,
            answers={200: export.UserExport},
            user="required",
            problems=_STORE,
        ),
    },
    "/api/me": {
        "GET": Operation(
            name="readProfile",
            summary="reads the profile",
            handler=account.show,
            answers={200: UserProfile},
            user="required",
            problems=_STORE,
        ),
        "PATCH": Operation(
            name="changeProfile",
            summary="sets some fields of the profile, answers all of it",
            handler=account.change,
            body=account.ProfileChange,
            answers={200: UserProfile},
            user="required",
            problems=_WRITES,
        ),
        "DELETE": Operation(
            name="deleteUser",
            summary="deletes everything known of the user, with a receipt",
            handler=account.forget,
            answers={200: Receipt},
            user="required",
            problems=_WRITES,
        ),
    },
}
