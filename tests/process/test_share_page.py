"""The page of a shared episode, as programs that make previews and browsers get it."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import msgspec

from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.server import Server

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)> ' + "مرحبا 🎧 " * 900


class Elements(HTMLParser):
    """The names of all elements, and the content of the meta elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.said: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        found = dict(attrs)
        if tag == "meta":
            name = (
                found.get("property") or found.get("name") or found.get("http-equiv") or "charset"
            )
            self.said[name] = found.get("content") or ""


def test_a_shared_episode_has_a_preview_and_leads_to_the_web_app(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    plain, hostile, bare, bulky = episodes(4)
    plain = msgspec.structs.replace(
        plain,
        title="Rye & salt",
        key_insight="Rye ferments faster.",
        image_url="https://a.example/rye.jpg",
        language="de-AT",
    )
    hostile = msgspec.structs.replace(
        hostile, id='"><b>/..', title=HOSTILE, key_insight=HOSTILE, image_url="javascript:alert(3)"
    )
    bare = msgspec.structs.replace(
        bare, key_insight=None, description=None, image_url="http://a.example/1.jpg", series=None
    )
    bulky = msgspec.structs.replace(bulky, image_url="https://a.example/" + "1" * 5000)
    publish_to(tmp_path / "shelf", catalog_of([plain, hostile, bare, bulky]))
    server = start_server(SITE_ORIGIN="https://site.example")

    answer = server.call("GET", f"/episode/{plain.id}?utm_source=somewhere")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'sha"
    )
    assert '<html lang="de-AT" dir="auto">' in answer.text
    said = Elements(answer.text).said
    assert said["og:title"] == "Rye & salt"
    assert said["og:description"] == said["description"] == "Rye ferments faster."
    assert said["og:image"] == "https://a.example/rye.jpg"
    assert said["og:url"] == f"https://site.example/episode/{plain.id}"
    assert said["refresh"] == f"0;url=https://site.example/#/episode/{plain.id}"
    assert f'<a href="https://site.example/#/episode/{plain.id}">' in answer.text
    head = server.call("HEAD", f"/episode/{plain.id}")
    assert (head.status_code, head.content) == (200, b"")

    page = server.call("GET", f"/episode/{quote(hostile.id, safe='')}").text
    elements = Elements(page)
    known = {"html", "head", "meta", "title", "link", "style", "body", "main", "h1", "p", "a"}
    assert elements.names == known
    assert elements.said["og:title"].startswith('"><script>alert(1)</script>')
    assert len(elements.said["og:title"]) == 120
    assert len(elements.said["description"]) == 200
    assert "og:image" not in elements.said
    assert elements.said["refresh"].endswith("/#/episode/%22%3E%3Cb%3E%2F..")
    assert len(page) < 4000

    said = Elements(server.call("GET", f"/episode/{bare.id}").text).said
    assert {"description", "og:description", "og:image"}.isdisjoint(said)
    assert "og:image" not in Elements(server.call("GET", f"/episode/{bulky.id}").text).said


def test_an_unknown_episode_has_a_page_that_leads_to_the_feed_of_this_address(
    server: Server,
) -> None:
    answer = server.call("GET", "/episode/%3Cscript%3Egone")
    assert answer.status_code == 404
    assert "script" not in answer.text
    assert "has left the catalog" in answer.text
    assert '<a href="/">' in answer.text
    known = server.call("GET", "/episode/episode-3").text
    assert "canonical" not in known
    (there,) = re.findall('<a href="(.*?)">', known)
    assert there == "/#/episode/episode-3"
