"""The terminal itself: lines that are typed, text that is shown, and both at once without a muddle.

A line is read in a thread, so that messages can arrive meanwhile; whatever is being typed is then drawn again below
them. Without a terminal on both ends (a script, a pipe) lines are read as they come, and there is no prompt.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from errno import EIO, EPIPE
from typing import Any, TextIO

from adapters.console.text import Paint, width

WIDEST = 100
"""Columns; longer lines are tiring to read."""
CHUNK = 65_536
KEYBOARD = 0
"""The standard input, which `sys.stdin` is not when it was closed."""
_PASTE_MODE_OFF = "\x1b[?2004l"


class Terminal:
    def __init__(self, keyboard: int | None = None, out: TextIO | None = None) -> None:
        self._keyboard = KEYBOARD if keyboard is None else keyboard
        self._out = out or sys.stdout
        self._typed = b""
        """What was read and is not asked for yet."""
        self._prompt: str | None = None
        """What stands before the line that is being typed."""
        self._modes: Any = None
        self.interactive = os.isatty(self._keyboard) and self._out.isatty() and keyboard is None
        self.paint = Paint(self._out.isatty() and not os.environ.get("NO_COLOR"))
        if reconfigure := getattr(self._out, "reconfigure", None):
            reconfigure(errors="replace")
        if self.interactive:
            self._prepare()

    @property
    def columns(self) -> int:
        return min(shutil.get_terminal_size().columns, WIDEST)

    def show(self, text: str) -> None:
        """Print `text`, above whatever is being typed."""
        with self._open_ended():
            if self._prompt is None:
                self._out.write(f"{text}\n")
            else:
                typed = self._prompt + _being_typed()
                self._out.write(f"{_back_to_start(typed)}{text}\n{typed}{_next_row(typed)}")
            self._out.flush()

    async def ask(self, prompt: str) -> str | None:
        """The next line that is typed; None when there will be no more."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str | None] = loop.create_future()

        def settle(line: str | None) -> None:
            if not answer.done():
                answer.set_result(line)

        def read() -> None:
            try:
                line = self._edited(prompt) if self.interactive else self._plain()
            except (OSError, ValueError):  # the terminal was closed
                line = None
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, line)

        # A daemon, because nothing can interrupt it while nobody types; it holds no lock that exit needs.
        threading.Thread(target=read, name="keyboard", daemon=True).start()
        return await answer

    def close(self) -> None:
        """Leave the terminal as it was found, also in the middle of a line."""
        if self._modes is None:
            return
        import termios

        if self._prompt is not None:
            with self._open_ended():
                self._out.write(f"{_PASTE_MODE_OFF}\n")
                self._out.flush()
        with suppress(termios.error):  # it was closed
            termios.tcsetattr(self._keyboard, termios.TCSADRAIN, self._modes)

    # ------------------------------------------------------------------------------------------------- reading

    def _prepare(self) -> None:
        import termios

        self._modes = termios.tcgetattr(self._keyboard)
        with suppress(ImportError):
            import readline

            readline.parse_and_bind("set enable-bracketed-paste on")  # a pasted log is one message

    def _edited(self, prompt: str) -> str | None:
        def begun() -> None:
            self._prompt = prompt

        _when_prompted(begun)
        try:
            return input(prompt)
        except EOFError:
            self._out.write("\n")
            return None
        except UnicodeDecodeError:
            return ""
        finally:
            self._prompt = None

    def _plain(self) -> str | None:
        while b"\n" not in self._typed:
            chunk = os.read(self._keyboard, CHUNK)
            if not chunk:
                rest, self._typed = self._typed, b""
                return rest.decode(errors="replace") if rest else None
            self._typed += chunk
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode(errors="replace")

    # ------------------------------------------------------------------------------------------------- showing

    def _open_ended(self) -> _OpenEnded:
        return _OpenEnded(self._out)


class _OpenEnded:
    """Whoever reads us may stop reading (`| head`): what was typed is still carried out, and shown to nobody."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: Any) -> bool:
        if not (isinstance(error, OSError) and error.errno in (EPIPE, EIO)):
            return False
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._out.fileno())
        os.close(nowhere)
        return True


def _when_prompted(act: Callable[[], None]) -> None:
    """Call `act` when the line editor has written its prompt and begun an empty line."""
    try:
        import readline

        readline.set_pre_input_hook(act)
    except (ImportError, AttributeError):
        act()


def _back_to_start(typed: str) -> str:
    """Erase the prompt and what stands after it, however many rows that takes."""
    columns = shutil.get_terminal_size().columns
    *full, last = typed.split("\n")
    rows = sum(max(width(line) - 1, 0) // columns + 1 for line in full) + width(last) // columns
    return "\r" + (f"\x1b[{rows}A" if rows else "") + "\x1b[J"


def _next_row(typed: str) -> str:
    """Where the line editor has its cursor after a row that is full to its last column."""
    last = width(typed.rpartition("\n")[2])
    return " \r" if last and last % shutil.get_terminal_size().columns == 0 else ""


def _being_typed() -> str:
    try:
        import readline
    except ImportError:
        return ""
    return readline.get_line_buffer()
