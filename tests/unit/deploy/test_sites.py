"""The Hosting site that a deployment chooses."""

import pytest

from deploy.sites import choose_site


def site(name: str, kind: str = "USER_SITE") -> dict[str, str]:
    address = f"https://{name}.web.app"
    return {"name": f"projects/p/sites/{name}", "type": kind, "defaultUrl": address}


@pytest.mark.parametrize(
    ("sites", "wanted", "chosen"),
    [
        ([], "", ("p", "https://p.web.app", "new")),
        ([site("p-a5c16", "DEFAULT_SITE")], "", ("p-a5c16", "https://p-a5c16.web.app", "there")),
        ([site("p"), site("z", "DEFAULT_SITE")], "", ("z", "https://z.web.app", "there")),
        ([site("shop")], "", ("p", "https://p.web.app", "new")),
        ([site("p")], "", ("p", "https://p.web.app", "there")),
        ([site("p", "DEFAULT_SITE"), site("x")], "x", ("x", "https://x.web.app", "there")),
        ([site("p", "DEFAULT_SITE")], "x", ("x", "https://x.web.app", "new")),
    ],
)
def test_the_site_is_the_one_asked_for_or_the_default_one_or_new(
    sites: list[dict[str, str]], wanted: str, chosen: tuple[str, str, str]
) -> None:
    assert choose_site(sites, wanted, "p") == chosen
