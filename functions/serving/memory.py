"""The memory that this instance may use."""

from pathlib import Path

_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),  # control groups v2
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),  # v1
)
_UNLIMITED = 1 << 60


def limit_bytes() -> int | None:
    """What the control group allows, or None where it sets no limit."""
    for path in _LIMITS:
        try:
            text = path.read_text().strip()
        except OSError:
            continue
        if text.isdigit() and int(text) < _UNLIMITED:
            return int(text)
    return None
