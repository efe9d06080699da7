"""What only the demo has: audio of its episodes, listeners, and pages that explain it."""

from pathlib import Path

WEB = Path(__file__).with_name("web")
"""files that the local server serves beside those of the web app; Hosting has none of them"""
