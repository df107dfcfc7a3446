"""Secrets that people paste are taken out before anything is stored, matched, logged or relayed.

Patterns for what says what it is ("password: …"), for tokens with a known shape, and for card numbers that satisfy
the check digit of ISO/IEC 7812-1 (Luhn). What is taken out is replaced by what it was. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPOKEN = re.compile(
    r"""(?ix)
    \b (?P<label> (?:my|the|new|old|temp(?:orary)?|current|admin|wifi|wi-fi)?\s*
        (?: pass\s?word | passwd | passphrase | pass\s?code | pwd | pw | pin(?:\s?code)? | secret | api[\s_-]?key
          | access[\s_-]?key | token | has[łl]o | kennwort | passwort | mot\s+de\s+passe | contrase[ñn]a )
    )
    (?P<link> \s*(?: [:=]{1,2} | \s(?:is|was|to|ist|to\s+jest)\s*:? )\s* )
    (?P<quote>["'`]?) (?P<secret> [^\s"'`]{4,200} ) (?P=quote)
    """
)
_LOOKS_SECRET = re.compile(r"(?=.*\d)|(?=.*[^\w\s.,;:!?-])|(?=.*[a-z].*[A-Z])")
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private key",
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
        ),
    ),
    ("token", re.compile(r"\bxox[abeoprs]-[\w-]{10,}|\bxapp-[\w-]{10,}")),
    ("token", re.compile(r"\bgh[opsur]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}")),
    ("access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),
    ("token", re.compile(r"\bsk-[A-Za-z0-9_-]{20,}|\bAIza[\w-]{30,}")),
    ("password", re.compile(r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)")),
)
_CARD = re.compile(r"(?<![\d.])(?:\d[ -]?){12,18}\d(?![\d.])")


@dataclass(frozen=True, slots=True)
class Redacted:
    text: str
    found: tuple[str, ...]
    """What was taken out, in words: `password`, `card number`; empty when nothing was."""


def redact(text: str) -> Redacted:
    """`text` with every recognised secret replaced by `[password removed]` or the like."""
    found: list[str] = []

    def gone(what: str) -> str:
        found.append(what)
        return f"[{what} removed]"

    for what, shape in _SHAPES:
        text = shape.sub(lambda _, what=what: gone(what), text)  # type: ignore[misc]
    text = _CARD.sub(lambda match: gone("card number") if _is_card(match[0]) else match[0], text)
    text = _SPOKEN.sub(lambda match: _spoken(match, gone), text)
    return Redacted(text, tuple(dict.fromkeys(found)))


def _spoken(match: re.Match[str], gone) -> str:  # type: ignore[no-untyped-def]
    """ "password is wrong" tells no password; "password is Winter2026" and "password: winter" do."""
    explicit = any(sign in match["link"] for sign in ":=") or match["quote"]
    if match["secret"].startswith("[") or not (explicit or _LOOKS_SECRET.match(match["secret"])):
        return match[0]
    label = re.sub(r"(?i)^(my|the|new|old|temp(orary)?|current|admin|wi-?fi)\s+", "", match["label"].strip())
    what = "password" if re.match(r"(?i)pass|pw|has|kenn|mot|contra", label) else label.lower()
    return f"{match['label']}{match['link']}{gone(what)}"


def _is_card(digits: str) -> bool:
    numbers = [int(digit) for digit in digits if digit.isdigit()]
    if not 13 <= len(numbers) <= 19 or len(set(numbers)) == 1:
        return False
    doubled = (sum(divmod(2 * number, 10)) for number in numbers[-2::-2])
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0
