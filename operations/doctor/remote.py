"""Checks of the deployed functions over HTTP, without signing in."""

from collections.abc import Iterator
from typing import Any

import httpx

from operations.doctor.finding import Finding, fail, ok, warn

TIMEOUT_S = 30.0
"""the first request may have to wait for an instance to start"""
HEALTHY, REFUSED = {200}, {401, 403}


def api(url: str, max_age_h: float) -> Iterator[Finding]:
    """Check the API's health and an anonymous session."""
    base = url.rstrip("/")
    try:
        with httpx.Client(timeout=TIMEOUT_S) as client:
            health = client.get(f"{base}/api/health")
            session = client.post(f"{base}/api/sessions/create", json={"limit": 3})
    except httpx.HTTPError as error:
        detail = f"{base}: {type(error).__name__}: {error}"
        yield fail(
            "api", detail, "check that it and Hosting's rewrites are deployed: docs/deploy.md"
        )
        return
    yield _health(base, health, max_age_h)
    yield _session(session)


def _health(base: str, answer: httpx.Response, max_age_h: float) -> Finding:
    body = _object(answer)
    if answer.status_code not in HEALTHY or not body.get("catalog"):
        publish = "publish a catalog: docs/operations.md, Rebuild"
        access = "the service is not public: docs/deploy.md, Where allUsers is forbidden"
        remedy = access if answer.status_code in REFUSED else publish
        return fail("api", f"{base}/api/health answers {answer.status_code}", remedy)
    hours = body["catalog"]["age_s"] / 3600
    parts = ", ".join(f"{name} {state}" for name, state in body["dependencies"].items())
    detail = f"{body['catalog']['episodes']:,} episodes, built {hours:.1f} h ago; {parts}"
    if body["status"] != "ok":
        return warn("api", detail, "what each name means: docs/operations.md")
    if hours > max_age_h:
        return warn("api", detail, "gcloud functions logs read publish-catalog --gen2")
    return ok("api", detail)


def _session(answer: httpx.Response) -> Finding:
    body = _object(answer)
    if answer.status_code not in HEALTHY or not body.get("episodes"):
        return fail(
            "session",
            f"it answers {answer.status_code}: {body.get('detail', 'no episode')}",
            "gcloud functions logs read create-session --gen2",
        )
    detail = f"{len(body['episodes'])} episodes; {answer.headers.get('server-timing', '')}"
    if body["degraded"]:
        named = ", ".join(body["degraded"])
        return warn("session", f"{detail}; degraded: {named}", "docs/operations.md")
    return ok("session", detail)


def private(url: str) -> Finding:
    """Check that an unauthenticated call is refused."""
    try:
        answer = httpx.post(url, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        return fail("private", f"{url}: {error}", "check that it is deployed: docs/deploy.md")
    if answer.status_code in REFUSED:
        return ok("private", f"an unauthenticated call is answered {answer.status_code}")
    close = "gcloud run services remove-iam-policy-binding publish-catalog --member=allUsers"
    return fail(
        "private",
        f"an unauthenticated call is answered {answer.status_code}, and may have started a build",
        f"{close} --role=roles/run.invoker",
    )


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
