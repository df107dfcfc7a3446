"""Policies to start from, one for each way in which IT is delivered; `firstline init` writes them."""

from __future__ import annotations

from pathlib import Path

from problems import did_you_mean

FOLDER = Path(__file__).parent


def names() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def text(model: str) -> str:
    return (FOLDER / f"{model}.toml").read_text(encoding="utf-8")


def write(model: str, out: Path) -> str:
    """Write the policy of this model, unless there is a file already; what to say about it."""
    if model not in names():
        raise SystemExit(
            f"firstline: there is no model '{model}'{did_you_mean(model, names())} There are {', '.join(names())}."
        )
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text(model))
    except FileExistsError:
        raise SystemExit(f"firstline: {out} is there already, so nothing was written.") from None
    return (
        f"Written to {out}. Put in your own names, hours and accounts, then look at it with "
        "`firstline coverage check` and `firstline coverage map`."
    )
