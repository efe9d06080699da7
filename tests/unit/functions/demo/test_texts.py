"""The demo's own texts are there in every language of the page."""

import re

from functions.demo import WEB

TEXT = re.compile(r'\bt\("((?:[^"\\]|\\.)+)"|\bcount\([^"]+"[^"]+",\s*"([^"]+)"')


def test_every_text_of_the_demo_is_german_too() -> None:
    scripts = [path.read_text() for path in (WEB / "js").rglob("*.js")]
    said = {one or many for script in scripts for one, many in TEXT.findall(script)}
    german = (WEB / "languages" / "demo-de.js").read_text()
    assert said == set(re.findall(r'^  "(.+?)":', german, re.MULTILINE))
