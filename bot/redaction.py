"""Secrets that people paste are taken out before anything is stored, matched, logged or relayed.

Patterns for what says what it is ("password: …"), for what looks like a password behind such a word ("ana pwd Winter26"),
for what stands behind words that name it, for tokens with a known shape, and for card numbers that have a card network's prefix and satisfy the check digit of
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
          pass?[\s_-]?w[o0]rd | passwrod | passord | pas?swd | passphrase | passwort | kennwort | secret | token | contrase[ñn]a
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
    (
        "private key",
        re.compile(
            r"PuTTY-User-Key-File-\d.*?(?:Private-MAC: \S+|\Z)|AGE-SECRET-KEY-1[0-9A-Z]{50,}", re.DOTALL
        ),
    ),
    ("recovery key", re.compile(r"(?<!\d)\d{6}(?:[- ]\d{6}){7}(?!\d)")),
    (
        "token",
        re.compile(
            r"""(?x) (?<![A-Za-z0-9_]) (?: [rs]k_(?:live|test)_\w{16,} | GOCSPX-[\w-]{20,} | ya29\.[\w-]{20,}
            | SG\.[\w-]{16,}\.[\w-]{16,} | npm_\w{30,} | pypi-[\w-]{16,} | dckr_pat_[\w-]{16,} | hf_[A-Za-z]{30,}
            | do[opr]_v1_[0-9a-f]{40,} | dapi[0-9a-f]{32} | ATATT3x[\w=-]{20,} | shp(?:at|ca|pa|ss)_[0-9a-f]{32}
            | gl(?:rt|dt|ft|soat|agent)-[\w-]{16,} | hvs\.[\w-]{20,} | NRAK-[A-Z0-9]{20,} | sq0(?:csp|atp)-[\w-]{20,}
            | SSWS\s+[\w-]{20,} | \d{8,10}:AA[\w-]{30,} ) """
        ),
    ),
    (
        "access key",
        re.compile(
            r"(?<=hooks\.slack\.com/services/)[\w/]{20,}|(?<=\.webhook\.office\.com/webhookb2/)[\w@/-]{30,}"
            r"|(?<=[?&;]sig=)[\w%+/=-]{16,}|(?<=AccountKey=)[\w+/=]{20,}|(?<=SharedAccessKey=)[\w+/=]{20,}"
        ),
    ),
    ("token", re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+")),
    ("token", re.compile(r"(?<![A-Za-z])(?:sk-[A-Za-z0-9_-]{20,}|AIza[\w-]{30,})")),
    ("password", re.compile(r"(?<=://)[^\s/:@]++:[^\s/]+(?=@)")),
)
_SAID_BEFORE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("token", re.compile(r"(?i)(\bauthorization\s*:\s*(?:bearer|basic|token|digest)\s+)(?!\[)\S+")),
    ("token", re.compile(r"(?i)(\bbearer\s+)(?=\S{0,200}?\d)[\w.~+/=-]{16,}")),
    ("password", re.compile(r"((?<!\S)(?:-u|--user)[ =][^\s:]{1,60}:)(?!\[)\S+")),
    (
        "access key",
        re.compile(
            r"((?i:\b(?:secret|token|key)s?\b)[\s:=]+)(?=\S{0,200}?\d)(?=\S{0,200}?[a-z])(?:(?=\S{0,200}?[A-Z])[\w+/~.=-]{20,}|[0-9a-f]{32,})"
        ),
    ),
    (
        "password",
        re.compile(
            r"((?i:\b(?:pass(?:word|wd)?|pwd|pw))\s+)(?=\S{0,200}?\d)(?=\S{0,200}?[a-z])(?=\S{0,200}?[A-Z])"
            r"(?!(?i:office|windows|exchange|outlook|server|iphone|ipad|laptop|desktop|room|ticket|vpn|t-)[\w-]*+)[^\s:/]{8,}"
        ),
    ),
    (
        "card security code",
        re.compile(r"(?i)(\b(?:cvv|cvc|csc)2?\s*(?:code\b)?\s*(?::|=|is\b)?\s*)\d{3,4}\b"),
    ),
    (
        "code",
        re.compile(
            r"(?i)(\b(?:backup|recovery|scratch|verification|one[- ]time) codes\s*(?:are\b|:|=)?\s*)"
            r"(?=[a-z0-9-]{4})[a-z]*\d[a-z0-9-]*(?:[\s,;]{1,3}(?=[a-z0-9-]{4})[a-z]*\d[a-z0-9-]*){0,19}"
        ),
    ),
)
"""What stands behind words that say what it is; the words stay."""

_CARD = re.compile(
    r"""(?x) (?<!\d) (?<!\d\.) (?<!\+) (?= (?P<card>
          (?: 4\d | 5\d | 2[2-7] | 6\d | 35 ) \d\d S \d{4} S \d{4} S \d{4}
        | 3[47]\d\d S \d{6} S \d{5}
        | 3[0689]\d\d S \d{6} S \d{4}
        | 4\d{12}
    ) (?P<more> S \d{3} )? (?! \d | \.\d ) )""".replace("S", "[\\ \u00a0.-]?")
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
    for what, behind in _SAID_BEFORE:
        text, count = behind.subn(rf"\1[{what} removed]", text)
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
    what = "password" if re.match(r"pas|pw|has|kenn|mot|contra", label) else label
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
    digits = re.sub(r"[ .\u00a0-]", "", shown).encode()
    total = sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_DOUBLED)) - len(digits) * ord("0")
    return total % 10 == 0 and len(set(digits)) > 1
