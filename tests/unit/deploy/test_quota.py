"""The quota of Cloud Run in a region."""

from typing import Any

from deploy.quota import quota_limit


def quota(*buckets: dict[str, Any]) -> dict[str, Any]:
    return {"metrics": [{"metric": "m", "consumerQuotaLimits": [{"quotaBuckets": list(buckets)}]}]}


def test_a_quota_is_the_regions_own_or_that_of_all_regions() -> None:
    answer = quota(
        {"effectiveLimit": "20000"},
        {"effectiveLimit": "-1", "dimensions": {"region": "us-central1"}},
    )
    assert quota_limit(answer, "m", "us-central1") == -1
    assert quota_limit(answer, "m", "europe-west1") == 20_000
    assert quota_limit(answer, "other", "us-central1") is None
    assert quota_limit({}, "m", "us-central1") is None
