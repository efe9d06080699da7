"""The page that a shared episode has: a title and a picture for link previews, and the way on.

Programs that make previews run no scripts, and never see what is behind a `#`. So what is shared
is `/episode/{id}`, and a browser that opens it goes on to the episode in the web app (ADR 44).
"""

import hashlib
from base64 import b64encode
from html import escape
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from functions.problems import ProblemError
from functions.serving.service import Service
from functions.telemetry import Timings

PATH = "/episode/{episode_id:path}"
MAX_TITLE = 120
MAX_DESCRIPTION = 200
"""characters that a preview shows, more or less, the ellipsis of a longer text included"""
MAX_IMAGE_URL = 2048
"""characters; a picture at a longer address is left out"""
_CACHE = "public, max-age=300"
_STYLE = (
    "html{color-scheme:light dark}a{color:inherit}"
    "body{max-width:34rem;margin:15vh auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}"
)
_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class _Series(msgspec.Struct):
    name: str = ""


class _Card(msgspec.Struct):
    title: str
    series: _Series | None = None
    key_insight: str = ""
    description: str = ""
    image_url: str = ""
    language: str = ""


async def episode(service: Service, request: Request, timings: Timings) -> Response:
    """Answer the page of one episode, or one with status 404 that leads to the feed.

    Parameters that a network appends to a shared address are ignored. While there is no catalog,
    the page leads on without a title: the web app tries again by itself.
    """
    name, origin = request.path_params["episode_id"], service.settings.SITE_ORIGIN
    app_url = f"{origin}/#/episode/{quote(name, safe='')}"
    try:
        catalog = (await service.catalog(timings)).catalog
    except ProblemError as problem:
        timings.log_fields |= {"problem": problem.log_text, "degraded": problem.causes}
        page = _page("Earshot", "This episode cannot be shown just now.", app_url, "Try again")
        headers = {**HEADERS, **problem.headers, "Cache-Control": "no-store"}
        return Response(page, problem.status, headers, "text/html")
    row = int(catalog.rows([name])[0])
    if row < 0:
        timings.log_fields["problem"] = "no such episode"
        title, text = "This episode has left the catalog", "There is more to hear."
        page = _page(title, text, f"{origin}/", "To the feed")
        return Response(page, 404, {**HEADERS, "Cache-Control": "no-cache"}, "text/html")
    card = msgspec.json.decode(catalog.cards.raw(row), type=_Card)
    canonical = origin and f"{origin}/episode/{quote(name, safe='')}"
    return Response(
        _preview(card, app_url, canonical),
        headers={**HEADERS, "Cache-Control": _CACHE},
        media_type="text/html",
    )


def _preview(card: _Card, app_url: str, canonical: str) -> str:
    """Return the page of an episode that leads to `app_url`; `canonical` may be empty."""
    title = _clamped(card.title, MAX_TITLE)
    text = _clamped(card.key_insight or card.description, MAX_DESCRIPTION)
    series = _clamped(card.series.name if card.series else "", MAX_TITLE)
    is_usable = card.image_url.startswith("https://") and len(card.image_url) <= MAX_IMAGE_URL
    properties = {
        "og:type": "article",
        "og:site_name": "Earshot",
        "og:title": title,
        "og:description": text or series,
        "og:image": card.image_url if is_usable else "",
        "og:url": canonical,
    }
    named = {"description": text or series, "twitter:card": "summary"}
    head = [
        f'<meta http-equiv="refresh" content="0;url={escape(app_url)}">',
        *(_meta("property", *one) for one in properties.items()),
        *(_meta("name", *one) for one in named.items()),
    ]
    if canonical:
        head.append(f'<link rel="canonical" href="{escape(canonical)}">')
    return _page(
        title, text, app_url, "Open in Earshot", card.language, "\n".join(filter(None, head))
    )


def _page(
    title: str, text: str, app_url: str, label: str, language: str = "en", head: str = ""
) -> str:
    """Return an HTML document with a link that leads to `app_url`. All but `head` is text."""
    return f"""<!doctype html>
<html lang="{escape(language or "en")}" dir="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
{head}
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1 dir="auto">{escape(title)}</h1>
<p dir="auto">{escape(text)}</p>
<p lang="en" dir="ltr"><a href="{escape(app_url)}">{label}</a></p>
</main>
</body>
</html>
"""


def _meta(kind: str, name: str, content: str) -> str:
    """Return a meta element, or nothing for one without content."""
    return f'<meta {kind}="{name}" content="{escape(content)}">' if content else ""


def _clamped(text: str, most: int) -> str:
    """Return a text on one line, in at most this many characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
