"""Lists the ids of all users, and counts their documents.

A user with engagements may have no document `users/{uid}`. Listing documents with `show_missing`
finds such users, but always begins at the first one, so that a job with a budget would never get
past those already done. Therefore each query here asks for the first document of any kind behind
the last user.
"""

from typing import Any

from google.cloud import firestore

from adapters.firestore.documents import is_document_id
from feed.ports.users import StoreCounts

COUNT_S = 60.0
"""limit of one count; Firestore itself gives up then"""


async def list_users(
    client: firestore.AsyncClient, limit: int, after: str | None, once: dict[str, Any]
) -> list[str]:
    """At most `limit` ids under `users` behind the id `after`, in order.

    `once` are the arguments of each request: its timeout, and no retry. Costs one query and one
    document read for each user.
    """
    users = client.collection("users")
    first = users.recursive().select(["__name__"]).limit(1)
    found: list[str] = []
    while len(found) < limit:
        if after is not None:
            # The smallest id behind `after`; the documents under `after` come before it.
            first = first.start_at({"__name__": users.document(f"{after}\0")})
        page = await first.get(**once)
        if not page:
            break
        after = page[0].reference.path.split("/")[1]
        if is_document_id(after):  # numeric ids of documents imported from Datastore are not
            found.append(after)
    return found


async def count_documents(client: firestore.AsyncClient) -> StoreCounts:
    """The numbers of profiles, summaries and engagements.

    Collections of the same names elsewhere in the database are included.
    """

    async def count(documents: Any) -> int:
        rows = await documents.count().get(retry=None, timeout=COUNT_S)
        return int(rows[0][0].value)

    return StoreCounts(
        profiles=await count(client.collection("users")),
        summaries=await count(client.collection_group("summaries")),
        engagements=await count(client.collection_group("engagements")),
    )
