"""Reads from Service Usage how much Cloud Run may use at once in a region."""

import json
import sys
from typing import Any

METRICS = ("run.googleapis.com/cpu_allocation", "run.googleapis.com/mem_allocation")
"""thousandths of a processor, and bytes, of all instances in one region"""
UNLIMITED = -1


def main() -> None:
    """Read consumerQuotaMetrics from standard input; print both limits for the region named."""
    answer, region = json.load(sys.stdin), sys.argv[1]
    limits = [limit(answer, metric, region) for metric in METRICS]
    if None in limits:
        sys.exit("no limit of processors and memory is named")
    print(*limits)


def limit(answer: dict[str, Any], metric: str, region: str) -> int | None:
    """The limit of a metric in a region; -1 for none, None if nothing is said of it.

    A bucket without dimensions holds for every region that has no bucket of its own.
    """
    buckets = [
        bucket
        for one in answer.get("metrics", [])
        if one.get("metric") == metric
        for quota in one.get("consumerQuotaLimits", [])
        for bucket in quota.get("quotaBuckets", [])
    ]
    by_region = {bucket.get("dimensions", {}).get("region"): bucket for bucket in buckets}
    bucket = by_region.get(region) or by_region.get(None)
    return None if bucket is None else int(bucket["effectiveLimit"])


if __name__ == "__main__":
    main()
