"""A feed never leads the builder into its own network; the test resolves host names."""

import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from adapters.rss.http.cache import CachedFeed
from adapters.rss.http.fetch import fetch
from adapters.rss.http.transport import CheckedTransport
from feed.ports.errors import Unavailable
from tests.support.certificates import issue
from tests.support.feed_documents import FULL, item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, refusal, titles

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
"""In these tests only the first counts as public."""


class Names:
    """A resolver that gives each host its answers in turn, the last one for ever."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): found for name, found in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        found = self.answers.get(host, [[host]])
        return found.pop(0) if len(found) > 1 else found[0]


def get(
    url: str,
    names: Names,
    tls: ssl.SSLContext | None = None,
    allows: Callable[[str], bool] = lambda address: address == HERE,
) -> CachedFeed | None:
    def client() -> httpx.AsyncClient:
        context = tls or ssl.create_default_context()
        transport = CheckedTransport(context, names, allows=allows)
        return httpx.AsyncClient(transport=transport, trust_env=False)

    return fetch(url, None, timeout_s=5, max_bytes=100_000, client=client)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0"),
        *("[::1]", "[::ffff:7f00:1]"),
    ],
)
def test_no_feed_is_read_from_this_machine_unless_it_is_allowed(
    server: FeedServer, host: str
) -> None:
    server.serve("/feed", FULL)
    url = f"http://me:secret@{host}:{server.http.server_port}/feed"
    assert "no public address" in (said := refusal(url, allow_private=False))
    assert "--allow-private-feeds" in said
    assert server.requests == []


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "fd00::1", "::ffff:127.0.0.1"])
def test_a_name_is_refused_for_any_address_inside(inside: str) -> None:
    names = Names(a_example=[["93.184.215.14", inside]])
    said = refusal("http://a.example/feed", allow_private=False, resolve=names)
    assert f"a.example is at {inside}, which is no public address" in said


def test_a_list_names_nothing_inside(server: FeedServer, tmp_path: Path) -> None:
    server.serve("/feed", FULL)
    (tmp_path / "good.xml").write_bytes(rss_feed(item("good")))
    (tmp_path / "list").write_text(f"good.xml\n{server.url}/feed\nhttp://169.254.169.254/latest\n")
    results = read(str(tmp_path / "list"), allow_private=False)
    assert titles(results) == ["good"]
    assert [("no public address" in one.reason) for one in problems(results)] == [True, True]
    assert server.requests == []


def test_a_redirect_is_checked_as_the_first_address_is(server: FeedServer) -> None:
    server.serve("/feed", FULL)
    port = server.http.server_port
    for target in (f"http://{ELSEWHERE}:{port}/feed", f"http://inside.example:{port}/feed"):
        server.redirect("/away", target)
        names = Names(a_example=[[HERE]], inside_example=[[ELSEWHERE]])
        with pytest.raises(Unavailable, match="no public address"):
            get(f"http://a.example:{port}/away", names)
    assert [path for path, _ in server.requests] == ["/away", "/away"]
    server.redirect("/away", f"http://b.example:{port}/feed")
    found = get(f"http://a.example:{port}/away", Names(a_example=[[HERE]], b_example=[[HERE]]))
    assert found
    assert found.body == FULL
    assert [headers["Host"] for _, headers in server.requests[2:]] == [
        f"a.example:{port}",
        f"b.example:{port}",
    ]


@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "data"])
def test_a_redirect_leads_to_nothing_but_the_web(server: FeedServer, scheme: str) -> None:
    url = server.redirect("/away", f"{scheme}://{HERE}/etc/passwd")
    with pytest.raises(Unavailable, match="UnsupportedProtocol"):
        get(url, Names())


@pytest.mark.parametrize("allow_private", [True, False])
def test_a_port_that_there_is_not_is_no_address(server: FeedServer, allow_private: bool) -> None:
    for url in ("http://127.0.0.1:70000/", server.redirect("/", "http://127.0.0.1:70000/")):
        said = refusal(url, allow_private=allow_private)
        assert "InvalidURL: 70000 is no port" in said or "no public address" in said


def test_a_name_is_resolved_once_so_that_a_second_answer_changes_nothing(
    server: FeedServer,
) -> None:
    server.serve("/feed", FULL)
    names = Names(a_example=[[HERE], [ELSEWHERE]])
    assert get(f"http://a.example:{server.http.server_port}/feed", names)
    assert names.asked == ["a.example"]


def test_a_host_s_next_address_is_tried_where_one_does_not_answer(server: FeedServer) -> None:
    server.serve("/feed", FULL)
    names = Names(a_example=[[ELSEWHERE, HERE]])
    assert get(f"http://a.example:{server.http.server_port}/feed", names, allows=lambda _: True)


def test_a_name_without_any_address_is_said_to_have_none() -> None:
    with pytest.raises(Unavailable, match=r"ConnectError: a\.example has no address"):
        get("http://a.example/feed", Names(a_example=[[]]))


def test_no_proxy_of_the_environment_is_asked(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, server.url)
    names = Names(a_example=[["10.0.0.1"]])
    assert "no public" in refusal("http://a.example/", allow_private=False, resolve=names)
    assert server.requests == []


def test_a_certificate_is_checked_for_the_name_and_not_the_address(
    server: FeedServer, tmp_path: Path
) -> None:
    certificate = issue("a.example")
    (tmp_path / "certificate.pem").write_bytes(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem")
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    trusts = ssl.create_default_context(cadata=certificate.decode())
    server.serve("/feed", FULL)
    port = server.http.server_port
    names = Names(a_example=[[HERE]], b_example=[[HERE]])
    assert get(f"https://a.example:{port}/feed", names, trusts)
    for host in ("b.example", HERE):
        with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
            get(f"https://{host}:{port}/feed", names, trusts)
    server.redirect("/away", f"https://b.example:{port}/feed")
    with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
        get(f"https://a.example:{port}/away", names, trusts)
