"""Reads a project's Cloud Run quota for one region from the response of Service Usage."""

import json
import sys
from typing import Any

METRICS = ("run.googleapis.com/cpu_allocation", "run.googleapis.com/mem_allocation")
"""Milli-processors and bytes of memory of all instances in one region."""


def main() -> None:
    """Reads consumerQuotaMetrics from standard input; prints both limits of the region given."""
    answer, region = json.load(sys.stdin), sys.argv[1]
    limits = [quota_limit(answer, metric, region) for metric in METRICS]
    if None in limits:
        sys.exit("the response names no limit of processors and memory")
    print(*limits)


def quota_limit(answer: dict[str, Any], metric: str, region: str) -> int | None:
    """Returns the limit of a metric in a region: -1 for unlimited, None if it is not listed.

    A bucket without dimensions applies to every region without its own bucket.
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
