"""What was learned from the articles, kept in a folder from one start to the next: learning takes longer than all else.

Lessons lie in a file that is named after a digest of everything they follow from: the articles, the messages out of
scope, and the code. So they are found exactly when learning again would give the same, and nothing ever goes stale.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import numpy as np

from knowledge.bands import Bands
from knowledge.judgement import Array
from knowledge.similarity import Floats, Ints

KEPT: Final = 4
"""States of the articles that are remembered: one edit and back again, and two desks of one user."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How the utterances fared, each taken away in turn and judged by what was left."""

    examples: Ints
    """Which of the examples each is."""
    best: Ints
    """Utterances × `CHOICES` (or fewer): the likeliest articles, the best first."""
    chances: Floats
    """Their probabilities."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What learning finds out; everything else about the articles is only counted."""

    coefficients: Floats
    """Of the regression, examples × articles."""
    weights: Array
    bands: Bands
    held_out: HeldOut
    means: Floats
    """What each example is about: its vector."""


class Memory:
    """Lessons in `folder`; without one, or where it cannot be written, nothing is remembered and all works."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def lessons(self, facts: Iterable[str], learn: Callable[[], Lessons]) -> Lessons:
        """What `learn` gives, or gave when it last learned from the same facts."""
        if self._folder is None:
            return learn()
        file = self._folder / f"{_digest(facts)}.npz"
        known = _read(file)
        if known is None:
            known = learn()
            with suppress(OSError):
                _write(file, known)
                _forget(self._folder)
        return known


def _digest(facts: Iterable[str]) -> str:
    digest = sha256(_code())
    for fact in facts:
        digest.update(fact.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:32]


@cache
def _code() -> bytes:
    """What this package does, as bytes: another version may learn something else from the same articles."""
    files = sorted(file for file in Path(__file__).parent.iterdir() if file.suffix in (".py", ".txt"))
    versions = f"{np.__version__} {version('wordllama')}"
    return b"\0".join([versions.encode(), *(file.read_bytes() for file in files)])


def _read(file: Path) -> Lessons | None:
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            bands = {name[6:]: stored[name].item() for name in stored if name.startswith("bands.")}
            held_out = HeldOut(**{name[9:]: stored[name] for name in stored if name.startswith("held_out.")})
            return Lessons(
                stored["coefficients"], stored["weights"], Bands(**bands), held_out, stored["means"]
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def _write(file: Path, lessons: Lessons) -> None:
    """Under its name only once it is whole: another process may read at any moment."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts: dict[str, Any] = {f"bands.{name}": value for name, value in asdict(lessons.bands).items()}
    parts |= {"coefficients": lessons.coefficients, "weights": lessons.weights, "means": lessons.means}
    parts |= {f"held_out.{name}": value for name, value in asdict(lessons.held_out).items()}
    with NamedTemporaryFile(dir=file.parent, prefix=".", delete=False) as whole:
        try:
            np.savez(whole, **parts)
            Path(whole.name).replace(file)
        except OSError:
            Path(whole.name).unlink(missing_ok=True)
            raise


def _forget(folder: Path) -> None:
    """All but the newest."""
    files = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in files[KEPT:]:
        file.unlink(missing_ok=True)
