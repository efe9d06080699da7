"""The benchmark of the first card finds what there is to find."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.paint import NAMES
from tests.support.server import ROOT

SMALL = """
from benchmarks import paint
from benchmarks.harness import measurement
paint.EPISODES, measurement.WARM_UPS = 100, 0
paint.main()
"""


def test_a_first_visit_is_followed_from_its_answer_to_its_first_card(tmp_path: Path) -> None:
    if not any(map(shutil.which, NAMES)):
        pytest.skip("no Chromium")
    out = tmp_path / "paint.json"
    command = [sys.executable, "-c", SMALL, "--loads", "1", "--json", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    result = json.loads(out.read_text())
    devices = ["this machine", "slow processor", "phone"]
    assert [one["device"] for one in result["found"]["loads"]] == devices
    for one in result["found"]["loads"]:
        assert 0 < one["asked"]["median"] < one["painted"]["median"]
        assert 0 < one["delay"]["median"] < one["painted"]["median"]
