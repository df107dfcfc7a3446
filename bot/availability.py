"""What adapters hear when the database is away: the neutral `DeskUnavailable`, never an exception of the database."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bot.messages import DeskUnavailable
from tickets.database import DatabaseUnavailable

Given = ParamSpec("Given")
Result = TypeVar("Result")


def neutral(
    method: Callable[Given, Coroutine[Any, Any, Result]],
) -> Callable[Given, Coroutine[Any, Any, Result]]:
    """Let an async method that adapters call raise `DeskUnavailable` instead of `DatabaseUnavailable`."""

    @wraps(method)
    async def translated(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return await method(*args, **kwargs)
        except DatabaseUnavailable as away:
            raise DeskUnavailable(str(away)) from away

    return translated
