"""What only the demo has: audio of its episodes, listeners, and pages that explain it."""

from pathlib import Path

WEB = Path(__file__).with_name("web")
"""files that the local server serves beside those of the web app; Hosting has none of them"""
PRELOADED = ", ".join(
    f"</js/{name}.js>; rel=modulepreload" for name in ("auth/local", "developer/demo")
)
"""The header Link of the first page: modules that every visit of the demo needs.

So they are fetched with the app's own, and the first feed does not wait for one after the other.
"""
