"""Dialogs of several turns: pure functions from a state and an answer to a step."""

from typing import Final

ACTING: Final[frozenset[str]] = frozenset()
"""Ids of the flows that an article may name because they do the work themselves. There are none yet."""
