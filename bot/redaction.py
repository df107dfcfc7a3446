"""Secrets that people paste are taken out before anything is stored, matched, logged or relayed.

Patterns for what says what it is ("password: …"), for what looks like a password behind such a word ("ana pwd Winter26"),
for tokens with a known shape, and for card numbers that have a card network's prefix and satisfy the check digit of
ISO/IEC 7812-1 (Luhn). What is taken out is replaced by what it
was. Every pattern takes time in proportion to the text, whatever it is: repetitions that may overlap are possessive
or bounded. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_SPOKEN = re.compile(
    r"""(?ix)
    (?= [pksthcma] )
    (?P<label>
          pass[\s_-]?word | passwd | passphrase | passwort | kennwort | secret | token | contrase[ñn]a
        | (?P<to>has[łl]o) | mot\s++de\s++passe
        | (?<![^\W_]) (?: (?P<short>pass)(?=\s*[:=]|\s+is\b) | pass[\s_-]?code | pwd | pw | pin(?:[\s_-]?code)?+ | (?:api|access)[\s_-]?key )
    )
    ["'`]?
    (?: \s++(?:for|of|on|in|(?(to)(?!)|to)) (?:\s++[^\s:=\[\]]{1,40}){1,4}? )?
    (?P<link>
          \s*+ (?: [:=]{1,2}+>? | -> )
        | \s++ (?: is | was | ist | est | es | (?(to)(?:to\s++jest|to|jest)|(?!)) ) \b \s*+ :?+
    ) \s*+
    (?! \[[a-z\ ]{3,20}\ removed\] )
    (?: (?P<quote>["'`“„‘«]) (?P<quoted>[^\n"'`”’»]{1,200}) ["'`“”’»] | (?P<bare>\S{4,}+) )
    """
)
_LOOKS_SECRET = re.compile(r"\d|[a-z].*[A-Z]|[@#$%^&*+=<>~|\\_{}]", re.DOTALL)
_STATE = re.compile(
    r"""(?ix) (?: [\s.,;:!?…()"'“”’-]*+ (?: not? | no\ longer | now | still | again | always | also | already | is | was
    | incorrect | wrong | expired | expires | expiring | invalid | accepted | rejected | refused | locked | blocked
    | required | missing | forgotten | changed | reset | unknown | disabled | denied | failed | failing | working | works?
    | broken | correct | valid | empty | too | short | weak | old | lost | stuck | \w{2,8}['’]?n['’]t | can['’]?t | cannot
    | recogni[sz]ed | gone | needed | please | help | the | same | it | me | my | and | or | but | /
    ) \b )++ [\s.,;:!?…()"'“”’/-]*+ """
)
"""What is said of a password, and is none."""

_NEARBY = re.compile(
    r"""(?ix) (?<![^\W_]) (?: pass(?:word|wd|code|phrase|wort)? | pwd | pw | kennwort | has[łl]o | contrase[ñn]a
    | mot\ de\ passe | creds? | credentials? | log[ -]?in | user\s?name | user ) (?![^\W_]) [^\n]++"""
)
"""The rest of a line in which a password may stand without more words about it."""

_PIECE = re.compile(r"""[^\s:/,;"'`“”„‘’«»()\[\]<>]{6,}""")
_STRONG = re.compile(
    r"""(?x) (?=.*\d) (?=.*[a-z]) (?: (?=.*[A-Z]) [^-.\\_]{8,} | (?=.*[!#$%^&*+=?@][\w!]) [^-.\\_]{8,} ) """
)
"""Letters of both kinds and digits, or small letters, digits and signs: hardly a word, a host, a file or an address."""

_PRODUCT = re.compile(
    r"""(?ix) (?: office|windows|win|outlook|exchange|server|sharepoint|teams|word|excel|access|project|visio|acrobat|adobe
    |autocad|revit|iphone|ipad|ios|android|galaxy|pixel|surface|latitude|thinkpad|elitebook|macbook|macos|room|floor|building
    |printer|version|vpn|wifi|azure|entra|sql|vmware|citrix|chrome|firefox|ticket|order|invoice|laptop|desktop ) \d+ \W*"""
)
_CODE = re.compile(
    r"""(?ix) (?P<label> (?<!\w) (?: otp | (?: verification|recovery|backup|security|mfa|2fa|authenticator|sms|one[ -]time|sign-?in
    |log-?in ) [ ] (?: pass)?code ) ) (?: \s*+[:=] | \s++is\b :?+ | ) \s*+ (?P<code> [A-Z0-9](?:[- ]?\d){3,15} ) (?!\w)"""
)

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "private key",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----"
            r".*?(?:-----END [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----|\Z)",
            re.DOTALL,
        ),
    ),
    ("token", re.compile(r"(?<![A-Za-z])(?:xox[abeoprs]-|xapp-)[\w-]{10,}")),
    ("token", re.compile(r"(?<![A-Za-z])(?:gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})")),
    ("access key", re.compile(r"(?<![A-Z])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])")),
    ("token", re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+")),
    ("token", re.compile(r"(?<![A-Za-z])(?:sk-[A-Za-z0-9_-]{20,}|AIza[\w-]{30,})")),
    ("password", re.compile(r"(?<=://)[^\s/:@]++:[^\s/]+(?=@)")),
)
_CARD = re.compile(
    r"""(?x) (?<!\d) (?<!\d\.) (?<!\+) (?= (?P<card>
          (?: 4\d | 5\d | 2[2-7] | 6\d | 35 ) \d\d S \d{4} S \d{4} S \d{4}
        | 3[47]\d\d S \d{6} S \d{5}
        | 3[0689]\d\d S \d{6} S \d{4}
        | 4\d{12}
    ) (?P<more> S \d{3} )? (?! \d | \.\d ) )""".replace("S", "[\\ \u00a0-]?")
)
"""Where a card number may begin: Visa, Mastercard, Discover, UnionPay, JCB, American Express, Diners Club."""

_FULL_WIDTH = {ord("０") + digit: ord("0") + digit for digit in range(10)}
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


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
        text, count = shape.subn(f"[{what} removed]", text)
        found += [what] * (count > 0)
    text = _without_cards(text, gone)
    text = _SPOKEN.sub(lambda match: _spoken(match, gone), text)
    text = _NEARBY.sub(lambda line: _PIECE.sub(lambda piece: _nearby(piece[0], gone), line[0]), text)
    text = _CODE.sub(lambda match: match[0].removesuffix(match["code"]) + gone("code"), text)
    return Redacted(text, tuple(dict.fromkeys(found)))


def _spoken(match: re.Match[str], gone: Callable[[str], str]) -> str:
    """ "password is wrong" tells no password; "password is Winter2026" and "password: winter" do."""
    said = match["quoted"] or match["bare"]
    explicit = match["quote"] or (any(sign in match["link"] for sign in ":=>") and not match["short"])
    if _STATE.fullmatch(said) or not (explicit or _LOOKS_SECRET.search(said.strip(".,;:!?…()\"'“”’"))):
        return match[0]
    label = re.sub(r"[\s_-]+", " ", match["label"]).lower()
    what = "password" if re.match(r"pass|pw|has|kenn|mot|contra", label) else label
    start = match.start("quote") if match["quote"] else match.start("bare")
    return match[0][: start - match.start()] + gone(what)


def _nearby(piece: str, gone: Callable[[str], str]) -> str:
    is_secret = _STRONG.fullmatch(piece) and not _PRODUCT.fullmatch(piece)
    return gone("password") if is_secret else piece


def _without_cards(text: str, gone: Callable[[str], str]) -> str:
    kept, at = [], 0
    for candidate in _CARD.finditer(text if text.isascii() else text.translate(_FULL_WIDTH)):
        short, more = candidate.groups(default="")
        if not more.isdigit() and _is_card(short):
            length = len(short)
        elif more and _is_card(short + more):
            length = len(short + more)
        else:
            continue
        if candidate.start() >= at:
            kept += [text[at : candidate.start()], gone("card number")]
            at = candidate.start() + length
    return "".join([*kept, text[at:]])


def _is_card(shown: str) -> bool:
    digits = shown.replace(" ", "").replace("-", "").replace("\u00a0", "").encode()
    total = sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_DOUBLED)) - len(digits) * ord("0")
    return total % 10 == 0 and len(set(digits)) > 1
