"""The triggers that a schema needs: each on exactly the documents of one kind."""

from adapters.firestore.schema.schema import Schema

APP_PROFILE, DELETION = "app-profile", "deletion"


def trigger_paths(schema: Schema) -> dict[str, str]:
    """The path pattern of the documents whose events are wanted, by the name of the trigger.

    None of them matches a summary: each write of one would cause the next, without end.
    """
    own = schema.earshot
    paths = {"engagement": own.engagement.text, "profile": own.document("profile").text}
    paths |= {f"from-{one.source}": one.path for one in schema.engagements}
    if not schema.owns_all:
        paths[DELETION] = own.document("deleted").text
    if schema.profile and schema.profile.trigger:
        paths[APP_PROFILE] = schema.profile.path
    return paths
