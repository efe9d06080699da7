"""The arrows between the folders of the web app point one way."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web/js"
LAYERS = [
    *("device.js", "ui", "http", "auth", "library", "episode", "feed", "player", "router.js"),
    *("pages", "main.js", "start.js"),
]
"""Each imports only what stands before it."""
BEYOND = {"auth": {"developer"}}
"""And what `functions.demo` serves beside it."""


def imported(module: Path) -> Iterator[Path]:
    """The modules that a module imports, at once or later; types are erased."""
    for name in re.findall(r'(?:\bfrom |\bimport\()"(\.[^"]+\.js)"', module.read_text()):
        yield (module.parent / name).resolve()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_folder_of_the_web_app_imports_only_those_below_it(layer: str) -> None:
    allowed = {*LAYERS[: LAYERS.index(layer) + 1], *BEYOND.get(layer, ())}
    modules = [WEB / layer] if layer.endswith(".js") else sorted((WEB / layer).glob("*.js"))
    for module in modules:
        assert {one.relative_to(WEB).parts[0] for one in imported(module)} <= allowed, module.name


def test_every_folder_of_the_web_app_is_a_layer() -> None:
    assert {one.name for one in WEB.iterdir() if not one.name.endswith(".d.ts")} == set(LAYERS)
