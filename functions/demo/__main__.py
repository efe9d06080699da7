"""`python -m functions.demo`: writes the demo's listeners to an empty store on this machine."""

import asyncio
import os

from feed.snapshot.codec import decode
from functions.demo.listeners import write_listeners
from functions.settings import CLOUD_STORE, Settings, SettingsError, read_settings
from functions.triggers.local_triggers import LocalTriggers
from functions.wiring.clock import wire_clock
from functions.wiring.startup import make_or_exit
from functions.wiring.stores import wire_shelf, wire_store

TIMEOUT_S = 30.0


def main() -> None:
    """Writes the listeners. Ends the process with an error for settings of a deployment."""
    settings = make_or_exit(lambda: local(read_settings(os.environ)))
    shelf = wire_shelf(settings)
    pointer = shelf.current(TIMEOUT_S)
    if pointer is None:
        raise SystemExit(f"{settings.SHELF}: no catalog is published")
    catalog = decode(shelf.fetch(pointer.version, TIMEOUT_S), is_verified=True)
    now_us = wire_clock(settings)()

    async def write() -> list[str]:
        store = wire_store(settings)
        written = await write_listeners(store, catalog, now_us)
        if written:
            await LocalTriggers(store).run()  # type: ignore[arg-type]  # a file records its events
        return written

    if written := asyncio.run(write()):
        print(f"{settings.STORE}: the demo's listeners {', '.join(written)}")


def local(settings: Settings) -> Settings:
    """Returns the settings if they are those of `make run`. Raises `SettingsError`."""
    if settings.AUTH != "demo" or settings.K_SERVICE or settings.STORE == CLOUD_STORE:
        raise SettingsError("the demo's listeners are for AUTH=demo and a file as STORE")
    return settings


if __name__ == "__main__":
    main()
