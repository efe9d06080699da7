from functions.serving.timed_cache import TimedCache
from functions.telemetry import Metrics
from tests.support.clock import Clock


def test_a_result_is_kept_for_its_time_and_beside_a_bounded_number_of_others() -> None:
    metrics, clock = Metrics(), Clock()
    cache = TimedCache[str]("some", metrics, ttl_s=10, max_entries=2, monotonic=clock)
    cache.put(("a", 1), "one")
    clock.now_s += 5
    cache.put(("a", 2), "two")
    cache.put(("b", 1), "three")
    assert [cache.get(key) for key in (("a", 1), ("a", 2), ("b", 1))] == [None, "two", "three"]
    cache.drop_where(lambda key: isinstance(key, tuple) and key[0] == "a")
    assert [cache.get(key) for key in (("a", 2), ("b", 1))] == [None, "three"]
    clock.now_s += 11
    assert cache.get(("b", 1)) is None
    assert metrics.cache_lookups == {("some", True): 3, ("some", False): 3}
