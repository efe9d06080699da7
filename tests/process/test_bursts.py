"""Many events, delivered twice and in any order, leave every summary exact."""

import asyncio
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import grpc
import pytest

from adapters.firestore.users import FirestoreStore
from emulators.event_bridge import EventBridge
from emulators.firestore import FirestoreEmulator
from feed.model.engagement import ENGAGEMENT_TYPES, Engagement, newest, pack
from tests.support.cloud import Backend, Start, start_backend
from tests.support.counting_proxy import CountingProxy
from tests.support.server import Server, until

AT_ONCE = 64
"""how many writes are under way together"""

Users = dict[str, list[Engagement]]


def made(seed: int, users: dict[str, int]) -> Users:
    """Engagements of each user, a number of each. Many have equal times."""
    rng = random.Random(seed)
    return {
        uid: [
            Engagement(
                id=f"e{number}",
                episode_id=f"episode-{rng.randrange(300)}",
                type=rng.choice(ENGAGEMENT_TYPES),
                timestamp_us=1_770_000_000_000_000 + rng.randrange(50) * 1_000_000,
                progress=rng.random(),
            )
            for number in range(count)
        ]
        for uid, count in users.items()
    }


async def write(store: FirestoreStore, users: Users, *, delete: bool = False) -> None:
    """Write or delete engagements as fast as they are taken, all users' mixed."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(uid: str, engagement: Engagement) -> None:
        async with places:
            if delete:
                assert await store.delete_engagement(uid, engagement.id)
            else:
                await store.put_engagement(uid, engagement)

    changes = [(uid, one) for uid, some in users.items() for one in some]
    random.Random(0).shuffle(changes)
    await asyncio.gather(*(one(*change) for change in changes))


async def check(store: FirestoreStore, users: Users) -> None:
    """Every summary is, byte for byte, the one rebuilt from the engagements that exist."""
    for uid, some in users.items():
        stored = await store.read_summary(uid)
        assert stored is not None, uid
        assert stored.summary is not None, uid
        exist = await store.newest_engagements(uid, 500)
        assert pack(stored.summary.engagements) == pack(newest(exist)) == pack(newest(some)), uid
        assert not stored.summary.incomplete


def total(users: Users) -> int:
    return sum(map(len, users.values()))


def phases(users: Users) -> Iterator[tuple[Users, Users, bool]]:
    """First all are written, then a third of them is deleted: what changes, and what is left."""
    third = {uid: some[::3] for uid, some in users.items()}
    rest = {uid: [one for one in some if one not in third[uid]] for uid, some in users.items()}
    yield users, users, False
    yield third, rest, True


def test_every_summary_is_exact_in_fewer_writes_than_events(backend: Backend) -> None:
    backend.watch("summaries", "users/{uid}/earshot/summary")
    backend.bridge.copies, backend.bridge.delay_s = 2, 0.75
    users = made(1, {"ada": 100} | {f"u{number}": 5 for number in range(20)})
    for changed, left, delete in phases(users):
        backend.bridge.received.clear()
        backend.bridge.statuses.clear()
        asyncio.run(write(backend.store, changed, delete=delete))
        backend.quiet()
        asyncio.run(check(backend.store, left))
        assert backend.received("engagements") == total(changed)
        assert backend.bridge.statuses[200] == 2 * total(changed)
        # On a busy machine a delivery may be cut off (0), but none is refused.
        assert backend.bridge.statuses.keys() <= {0, 200}, backend.trigger.output
        assert 0 < backend.received("summaries") < total(changed)


def test_a_trigger_that_is_killed_in_the_middle_loses_nothing(
    backend: Backend,
) -> None:
    bridge, trigger = backend.bridge, backend.trigger
    bridge.copies, bridge.delay_s = 2, 1.5
    users = made(2, {"ada": 520} | {f"u{number}": 5 for number in range(5)})
    for changed, left, delete in phases(users):
        bridge.statuses.clear()
        asyncio.run(write(backend.store, changed, delete=delete))
        until(lambda: bridge.statuses[200] > 50)
        trigger.kill()
        assert not bridge.idle
        trigger.start()
        backend.quiet()
        assert bridge.statuses[0], "no delivery was cut off"
        assert bridge.statuses[200] == 2 * total(changed)
        asyncio.run(check(backend.store, left))


@contextmanager
def stopped(backend: Backend, _proxy: CountingProxy) -> Iterator[None]:
    """The database hangs, for longer than a call waits."""
    backend.emulator.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        backend.emulator.signal(signal.SIGCONT)


@contextmanager
def unheard(_backend: Backend, proxy: CountingProxy) -> Iterator[None]:
    """Every call takes effect, but its answer is lost."""
    proxy.refuse_late = grpc.StatusCode.UNAVAILABLE
    yield
    proxy.refuse_late = None


@dataclass
class Proxied:
    """A project whose trigger reaches the database through a proxy."""

    backend: Backend
    proxy: CountingProxy


@pytest.fixture(scope="module")
def proxied(
    start_module_server: Start, firestore_emulator: FirestoreEmulator, bridge: EventBridge
) -> Iterator[Proxied]:
    proxy = CountingProxy(firestore_emulator.host)

    def start(target: str, **settings: str) -> Server:
        return start_module_server(target, **{**settings, "FIRESTORE_EMULATOR_HOST": proxy.host})

    yield Proxied(start_backend(start, firestore_emulator, bridge), proxy)
    proxy.stop()


@pytest.mark.parametrize("trouble", [stopped, unheard])
def test_events_are_delivered_again_until_their_effect_is_stored(
    proxied: Proxied,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[Backend, CountingProxy], AbstractContextManager[None]],
) -> None:
    backend, bridge = proxied.backend, proxied.backend.bridge
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", backend.emulator.host)
    backend.reset()
    bridge.copies, bridge.delay_s = 2, 1.5
    name = trouble.__name__
    users = made(3, {f"{name}-ada": 60} | {f"{name}-u{number}": 5 for number in range(10)})
    asyncio.run(write(backend.store, users))
    until(lambda: bridge.statuses[200] > 20)
    with trouble(backend, proxied.proxy):
        until(lambda: bridge.statuses[503] > 20, 30)
    backend.quiet()
    assert bridge.statuses.keys() == {200, 503}
    assert bridge.statuses[200] == 2 * total(users)
    asyncio.run(check(backend.store, users))
