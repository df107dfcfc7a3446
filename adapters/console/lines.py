"""Lines of a stream, whatever is sent."""

from __future__ import annotations

from asyncio import IncompleteReadError, LimitOverrunError, StreamReader

LONGEST_REQUEST = 1024 * 1024
"""Bytes of one line to the desk."""
LONGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of one line to the terminal, which trusts its desk."""


class Unreadable(Exception):
    """A line is not what belongs there. The sentence tells a programmer why, and quotes nothing."""


async def next_line(reader: StreamReader) -> bytes | None:
    """The next whole line; None when there are no more.

    Raises:
        Unreadable: it was longer than the reader's limit, and has been skipped.
    """
    try:
        return await reader.readuntil(b"\n")
    except IncompleteReadError:
        return None
    except LimitOverrunError as overrun:
        if not await _skip(reader, overrun.consumed):
            return None
    raise Unreadable("it is too long")


async def _skip(reader: StreamReader, seen: int) -> bool:
    """Drop what is left of a line of which so many bytes were looked at; False when the stream ends in it."""
    while True:
        try:
            await reader.readexactly(seen)
            await reader.readuntil(b"\n")
        except IncompleteReadError:
            return False
        except LimitOverrunError as overrun:
            seen = overrun.consumed
        else:
            return True
