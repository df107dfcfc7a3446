"""aiosqlite for SQLAlchemy, with one visit to the connection's thread for each statement instead of four.

SQLAlchemy's own adapter asks that thread for a cursor, has it execute, has it fetch, and has it close; each visit costs
more than the statement. Here all four happen in one, and a transaction begins in the visit of its first statement.
Results are fetched whole, as SQLAlchemy's adapter does too.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """What has been executed and fetched, as a cursor."""

    __slots__ = ("_found",)

    def __init__(self, connection: SqliteConnection) -> None:
        self._adapt_connection: SqliteConnection = connection
        self._connection = connection._connection
        self._rows = deque()
        self._found: tuple[Any, int, int | None] = (None, -1, None)

    @property
    def description(self) -> Any:
        return self._found[0]

    @property
    def rowcount(self) -> int:
        return self._found[1]

    @property
    def lastrowid(self) -> Any:
        return self._found[2]

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Nothing to close: that was done where it was executed."""

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._visit(sqlite3.Cursor.execute, operation, () if parameters is None else parameters)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Sequence[Any]) -> None:
        await self._visit(sqlite3.Cursor.executemany, operation, seq_of_parameters)

    async def _visit(self, execute: Callable[..., Any], operation: str, parameters: Any) -> None:
        connection: Any = self._connection
        begin = self._adapt_connection.take_beginning()

        def visit() -> tuple[Any, int, int | None, list[Any]]:
            cursor = connection._conn.cursor()
            try:
                if begin:
                    begin(cursor)
                execute(cursor, operation, parameters)
                rows = cursor.fetchall() if cursor.description else []
                return cursor.description, cursor.rowcount, cursor.lastrowid, rows
            finally:
                cursor.close()

        async with self._adapt_connection._execute_mutex:
            *found, rows = await connection._execute(visit)
        self._found = tuple(found)
        self._rows = deque(rows)


class SqliteConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_begin", "_patience", "_wanted_patience")

    _cursor_cls: Any = _Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin = ""
        self._wanted_patience = 0.0
        self._patience: float | None = None

    def begin_with(self, statement: str, patience: float) -> None:
        """Begin a transaction just before the next statement, waiting `patience` seconds for a lock; a transaction that
        ends without a statement never begins."""
        self._begin, self._wanted_patience = statement, patience

    def take_beginning(self) -> Callable[[sqlite3.Cursor], None] | None:
        """What begins the transaction, in the connection's thread; None when it has begun."""
        statement, self._begin = self._begin, ""
        wanted = self._wanted_patience

        def begin(cursor: sqlite3.Cursor) -> None:
            if wanted != self._patience:
                cursor.execute(f"PRAGMA busy_timeout={wanted * 1000:.0f}")
                self._patience = wanted
            cursor.execute(statement)

        return begin if statement else None

    def commit(self) -> None:
        if not self.take_beginning():
            super().commit()

    def rollback(self) -> None:
        if not self.take_beginning():
            super().rollback()


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arguments: Any, **options: Any) -> SqliteConnection:
        connection: Any = aiosqlite.connect(*arguments, **options)
        # as SQLAlchemy does: a forgotten connection must not keep the process alive
        connection._thread.daemon = True
        return SqliteConnection(self, await_(connection))


def driver() -> ModuleType:
    """For `create_async_engine(…, module=…)`."""
    return _Driver(aiosqlite, sqlite3)  # type: ignore[return-value]
