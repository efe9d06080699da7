"""A session on one BLAS thread and on all, on idle processors and on busy ones.

`python -m benchmarks.decisions.blas_threads [EPISODES]`: medians of sessions over a synthetic
catalog of 256 dimensions, each figure from a process of its own, the two kinds in turn. See
docs/adr/0005.
"""

import os
import statistics
import subprocess
import sys
import time

EPISODES = 30_000
SESSIONS = 60
PAIRS = 3


def sessions_ms(count: int) -> float:
    """The median time to rank a session, milliseconds, in this process."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415  # after the threads are set

    import numpy as np  # noqa: PLC0415

    from catalog_builder.build import build_catalog  # noqa: PLC0415
    from feed.model.engagement import Engagement, Summary  # noqa: PLC0415
    from feed.model.episode import Episode  # noqa: PLC0415
    from feed.model.timestamps import to_us  # noqa: PLC0415
    from feed.ports.episodes import Vectors  # noqa: PLC0415
    from feed.ranking.pipeline import Ranker  # noqa: PLC0415
    from feed.scenarios.scenario import shipped  # noqa: PLC0415
    from feed.session.request import SessionRequest, make_query  # noqa: PLC0415

    now = datetime(2026, 1, 1, tzinfo=UTC)
    episodes = [
        Episode(id=f"{i}", title=f"{i}", published_at=now - timedelta(hours=i % 2000))
        for i in range(count)
    ]
    matrix = np.random.default_rng(0).normal(size=(count, 256)).astype(np.float32)
    catalog = build_catalog(episodes, Vectors(matrix, np.ones(count, bool), "noise"), now)
    ranker = Ranker(catalog, shipped()["for_you"])
    heard = [
        Engagement(id=f"{i}", episode_id=f"{i}", type="like", timestamp_us=-i) for i in range(100)
    ]
    query = make_query(
        SessionRequest(), Summary(engagements=tuple(heard)), seed=0, now_us=to_us(now)
    )
    taken = []
    for _ in range(SESSIONS):
        started = time.perf_counter()
        ranker.rank(query)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def measured_ms(threads: int | None, episodes: int) -> float:
    """The same in a process with that many BLAS threads (None: as many as it likes)."""
    environment = dict(os.environ)
    environment.pop("OPENBLAS_NUM_THREADS", None)
    if threads:
        environment["OPENBLAS_NUM_THREADS"] = str(threads)
    command = [sys.executable, "-m", "benchmarks.decisions.blas_threads", str(episodes), "--here"]
    return float(subprocess.check_output(command, env=environment))  # noqa: S603  # ourselves


def main(episodes: int) -> None:
    """Print both kinds, idle and busy."""
    for state, others in (("idle", 0), ("busy", os.cpu_count() or 1)):
        spin = [sys.executable, "-c", "while True: pass"]
        busy = [subprocess.Popen(spin) for _ in range(others)]  # noqa: S603  # ourselves
        try:
            pairs = [(measured_ms(1, episodes), measured_ms(None, episodes)) for _ in range(PAIRS)]
        finally:
            for process in busy:
                process.kill()
        one, many = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        print(f"{state}: one thread {one:.1f} ms, all {many:.1f} ms, ratio {ratio:.2f}")  # noqa: T201


if __name__ == "__main__":
    asked = next((int(a) for a in sys.argv[1:] if a.isdigit()), EPISODES)
    if "--here" in sys.argv:
        print(sessions_ms(asked))  # noqa: T201
    else:
        main(asked)
