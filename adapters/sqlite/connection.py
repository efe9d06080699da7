"""A connection to the SQLite file of users, in a thread of its own."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from adapters.sqlite.file import empty_log, open_file
from feed.ports.errors import Unavailable

T = TypeVar("T")


class Connection:
    """Opens the file at the first call, hence after any fork. Every call raises `Unavailable`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        self._connection: sqlite3.Connection | None = None
        self._log_full = False
        """whether the log still has deleted data, because another process was reading it"""

    async def read(self, statement: str, *values: Any) -> list[Any]:
        """All rows of a query."""
        return await self.run(lambda db: db.execute(statement, values).fetchall())

    async def read_one(self, statement: str, *values: Any) -> Any:
        """The first row of a query, or None."""
        return await self.run(lambda db: db.execute(statement, values).fetchone())

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `work`, done in one transaction, which is rolled back if it raises."""

        def transaction(db: sqlite3.Connection) -> T:
            db.execute("BEGIN IMMEDIATE")
            try:
                result = work(db)
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
            if self._log_full:
                self._log_full = not empty_log(db)
            return result

        return await self.run(transaction)

    async def empty_log(self) -> None:
        """Empty the log; if another process is reading it, a later write empties it."""

        def empty(db: sqlite3.Connection) -> None:
            self._log_full = not empty_log(db)

        await self.run(empty)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `work`, done in the connection's thread."""

        def here() -> T:
            try:
                if self._connection is None:
                    self._connection = open_file(self.path)
                return work(self._connection)
            except (sqlite3.Error, OSError) as error:
                raise Unavailable(f"{self.path}: {error}") from error

        return await asyncio.get_running_loop().run_in_executor(self._pool, here)
