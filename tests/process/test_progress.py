"""Progress: a bar for a person who watches, plain lines for a log."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

from tests.support.server import ROOT

CODE = """
import time
from catalog_builder import progress
progress.INTERVAL_S = 0.2
with progress.stage("vectors"):
    time.sleep(1.2)
for _ in progress.track(range(30), "episodes", 30):
    time.sleep(0.04)
"""
COMMAND = [sys.executable, "-c", CODE]


def test_a_terminal_shows_a_clock_and_a_bar() -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(COMMAND, cwd=ROOT, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other side has closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.wait() == 0
    assert b"vectors: 00:01" in seen
    assert b"episodes: " in seen
    assert b"/30" in seen


def test_a_log_gets_plain_lines() -> None:
    done = subprocess.run(COMMAND, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "vectors: still running\n" in done.stderr
    assert "vectors: 1 s\n" in done.stderr
    assert "of 30\n" in done.stderr
    assert "\r" not in done.stderr
