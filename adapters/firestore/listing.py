"""All users: their ids one by one, and how much there is of them.

Whoever has engagements need not have a profile, so `users/{uid}` may be no document, only the
place where some lie. Listing documents with `show_missing` names it, but can begin nowhere but at
the first user: a budget spent again and again on those who are done would never get past them. So
each query here asks for the first document of any kind beyond the last user.
"""

from typing import Any

from google.cloud import firestore

from adapters.firestore.documents import is_name
from feed.ports.users import Counts

COUNT_S = 60.0
"""how long one count may take: Firestore gives it up then"""


async def listed(
    client: firestore.AsyncClient, limit: int, after: str | None, once: dict[str, Any]
) -> list[str]:
    """The ids under `users`, in order. `once` is how each request is made."""
    users = client.collection("users")
    first = users.recursive().select(["__name__"]).limit(1)
    found: list[str] = []
    while len(found) < limit:
        if after is not None:
            # The next name there can be: what lies under `after` comes before it.
            first = first.start_at({"__name__": users.document(f"{after}\0")})
        page = await first.get(**once)
        if not page:
            break
        after = page[0].reference.path.split("/")[1]
        if is_name(after):  # not the numbers of documents that came from Datastore
            found.append(after)
    return found


async def counted(client: firestore.AsyncClient) -> Counts:
    """How many documents there are. Collections of the same names elsewhere are counted, too."""

    async def count(documents: Any) -> int:
        rows = await documents.count().get(retry=None, timeout=COUNT_S)
        return int(rows[0][0].value)

    return Counts(
        profiles=await count(client.collection("users")),
        summaries=await count(client.collection_group("summaries")),
        engagements=await count(client.collection_group("engagements")),
    )
