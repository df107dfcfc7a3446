"""What a person typed, reduced to what they want: one line of plain, folded text without wrapping.

`normalise` is the only door through which a message reaches the matcher, so whatever it lets through is bounded in
length and free of control characters. Its own cost is bounded too: the length is cut before anything else is done.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LIMIT: Final = 2000
"""Characters kept. Nobody describes one problem in more; longer texts are pasted logs and mail threads."""

GLANCE: Final = 8
"""How many times `LIMIT` is looked at before quotes and traces are taken out: a paste usually hides the sentence
in front of it or behind it, so three quarters of the glance go to the beginning and one to the end."""


def normalise(text: str, limit: int = LIMIT) -> str:
    """Fold `text` to one line of at most `limit` characters; applying it again changes nothing.

    Compatibility forms and case are folded (NFKC, casefold); control and invisible characters, lone surrogates and
    floods of combining marks go; runs of one character shrink; quoted mail, code and stack traces shrink to what
    they say at their end; greetings, thanks, closings and signatures go unless nothing else was written.
    """
    text = _fold(_glance(text, limit * GLANCE))
    text = " ".join(_sayings(text).split())
    text = _shorten_runs(_MARKUP.sub(" ", text))
    text = " ".join(text.split())[:limit].strip()
    return unwrap(text)


def words(text: str) -> list[str]:
    """The words of a normalised text; an apostrophe belongs to its word and is left out (`can't` is `cant`)."""
    return [word.replace("'", "") for word in _WORD.findall(text)]


def unwrap(text: str) -> str:
    """`text` without greeting, thanks, closing and signature, or `text` itself when it is nothing but those."""
    rest = text
    while True:
        shorter = _CLOSING.sub("", _OPENING.sub("", rest))
        shorter = _ASIDE.sub(r"\1", shorter).strip(" ,;:-–—")
        if shorter == rest:
            break
        rest = shorter
    return rest if _WORD.search(rest) else text


# -------------------------------------------------------------------------------------------------- characters

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_MARKUP = re.compile(r"<[@#!][^<>\s]{1,80}>|https?://(?:www\.)?|www\.|[^\s@<>]{1,80}@[^\s@<>]{1,80}\.[a-z]{2,20}")
_LETTER_RUN = re.compile(r"([^\W\d_])\1{2,}")
_SIGN_RUN = re.compile(r"([^\w\s])\1+")
_DROPPED = ("Cc", "Cf", "Cs", "Co", "Cn")
_MARKS = 2
"""Combining marks kept on one character: Vietnamese and vocalised Arabic need two, a flood has hundreds."""


def _glance(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    head = size * 3 // 4
    return text[:head] + "\n" + text[head - size :]


def _fold(text: str) -> str:
    """NFKC and casefold (Unicode standard, section 3.13) without characters that cannot be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").replace("’", "'")
    if text.isascii():
        return _CONTROL.sub("", text).lower()
    folded = _visible(text)
    while (again := _visible(folded)) != folded:
        folded = again
    return folded


_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def _visible(text: str) -> str:
    kept, marks = [], 0
    for character in unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()):
        category = unicodedata.category(character)
        marks = marks + 1 if category == "Mn" else 0
        if character == "\n" or (category not in _DROPPED and marks <= _MARKS):
            kept.append("'" if character == "’" else character)
    return "".join(kept)


def _shorten_runs(text: str) -> str:
    """`nooooo!!!!` → `noo!`."""
    return _SIGN_RUN.sub(r"\1", _LETTER_RUN.sub(r"\1\1", text))


# -------------------------------------------------------------------------------- quotes, code, traces: by line

_QUOTED = re.compile(r"\s*(?:>|\|\s)")
_FRAME = re.compile(r"""\s*(?:at\s+\S+\(.*\)?|file\s+".*",\s+line\s+\d+.*|\.\.\.\s+\d+\s+more|traceback\s.*|\s*\^+)\s*\Z""")
_THREAD = re.compile(
    r"\s*(?:-{2,}\s*original message|_{10,}\s*\Z|on .{5,100} wrote:\s*\Z|from:\s.*@|begin forwarded message)"
)
_SIGNATURE = re.compile(r"--\s*\Z")


def _sayings(text: str) -> str:
    """The lines that say something, or all of them when none does."""
    said: list[str] = []
    fence: list[str] | None = None
    framed = False
    for line in text.split("\n"):
        before, mark, after = line.partition("```")
        if mark and fence is None:
            said.append(before)
            inside, closed, behind = after.partition("```")
            fence = [inside] if not closed else None
            said.extend((inside, behind) if closed else ())
        elif mark and fence is not None:
            said.extend((_last([*fence, before]), after))
            fence = None
        elif fence is not None:
            fence.append(line)
        elif (_THREAD.match(line) or _SIGNATURE.match(line)) and any(map(str.strip, said)):
            break
        elif _QUOTED.match(line) or _FRAME.match(line):
            framed = True
        elif not (framed and line.startswith("    ")):
            said.append(line)
            framed = False
    said.append(_last(fence or []))
    kept = "\n".join(said).replace("```", " ")
    return kept if _WORD.search(kept) else text.replace("```", " ")


def _last(lines: list[str]) -> str:
    return next((line for line in reversed(lines) if line.strip()), "")


# ------------------------------------------------------------------------------------------- polite wrapping

_GREETING = (
    r"(?:hi+|hello+|hey+|hiya|howdy|yo|dear|greetings|good (?:morning|afternoon|evening|day)|morning|afternoon|evening)"
    r"(?: (?:there|all|team|everyone|everybody|folks|guys|again|sir|madam|support|help ?desk|service ?desk"
    r"|(?:it )?(?:support|help ?desk|service ?desk|team|guys|folks|people|department)))*"
)
_NAMED = r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)) [^\W\d_]{2,20}(?: [^\W\d_]{2,20})?(?=\s*[,!–—])"
_POLITE = (
    r"(?:i )?hope (?:you(?:'re| are| re)?|this|that|all|everyone|everything|ur)\b[^.,!?]{0,60}",
    r"how are (?:you|things|we)(?: (?:all|doing|today|going))*",
    r"(?:i'm |i am )?(?:so |very |really )?sorry (?:to|for) (?:bother|both?ering|disturb|trouble|interrupt|the (?:bother|trouble|"
    r"inconvenience|late message|long message|delay))(?: ?(?:ing)?)(?: (?:you|u)(?: (?:all|again|guys|with this))?)?",
    r"(?:just )?(?:a )?(?:quick|small|stupid|silly|dumb) (?:question|one|q)(?: for you)?",
    r"(?:can|could|would) (?:you|someone|anyone|somebody|anybody) (?:please |pls )?(?:help|assist)(?: me)?(?: out)?(?: (?:with|on) this)?"
    r"(?: please| pls)?",
    r"(?:please|pls|plz) (?:help|advise|assist|look into (?:this|it)|let me know|respond|reply)(?: (?:me|asap|urgently|soon|quickly))*",
    r"(?:any|some|your) (?:help|advice|assistance|ideas?|guidance)(?: (?:on this|with this|here))?(?: (?:is|would be|will be|'d be))?"
    r"(?: (?:much|greatly|highly|very|really))? (?:appreciated|welcome|great|good)",
    r"(?:i )?(?:would |'d )?(?:really |much )?appreciate (?:any|your|the|some) (?:help|assistance|support|time)",
    r"let me know(?: (?:if|when|what|how|asap|soon|please)\b[^.!?]{0,60})?",
    r"(?:i )?look(?:ing)? forward to[^.!?]{0,60}",
    r"(?:many |big |huge )?(?:thanks|thank you|thankyou|thx|thnx|tks|tnx|ty|tia|cheers|much appreciated)"
    r"(?: (?:so|very|much|a (?:lot|bunch|million|ton)|lots|in advance|again|everyone|all|team|guys|folks|mate|and|you|for (?:your|the|any|all)"
    r" (?:help|time|support|assistance|patience|quick (?:help|reply|response))))*",
    r"(?:have a|enjoy (?:the|your)) (?:great |good |nice |lovely |wonderful )?(?:day|one|evening|weekend|week|afternoon|morning)(?: ahead)?",
    r"sent from (?:my |outlook|yahoo|mail)[^.!?]{0,40}",
    r"get outlook for (?:ios|android)",
    r"(?:it's |its |this is |it is )?(?:kind of |kinda |very |really |super |pretty |quite )?urgent(?:ly)?(?: please| pls)?|asap|a\.s\.a\.p",
    r"when(?:ever)? you (?:have|get|find)(?: got)? (?:a|some|the) (?:moment|minute|min|second|sec|chance|time)",
    r"no rush(?: at all)?|fyi|btw|anyway",
)
_REGARDS = (
    r"(?:(?:best|kind|kindest|warm|many) (?:regards|wishes)|regards|best|br|kr|sincerely|yours(?: sincerely| truly| faithfully)?|"
    r"respectfully|cheers|thanks|thank you|many thanks|thx|ciao)"
)
_STOP = r"[\s,.;:!?()…–—-]"
_PHRASE = "|".join((*_POLITE,))
_OPENING = re.compile(rf"\A{_STOP}*(?:{_NAMED}|{_GREETING}|{_PHRASE})(?:{_STOP}+|\Z)")
_CLOSING = re.compile(
    rf"(?:(?:\A|{_STOP})+(?:{_PHRASE})|(?:\A|[,.;:!?…–—-])\s*{_REGARDS}(?:\s*[,.!–—-]\s*[^\W\d_]{{2,20}}(?: [^\W\d_]{{1,20}}\.?){{0,2}})?)"
    rf"{_STOP}*\Z"
)
_ASIDE = re.compile(rf"([.!?])\s*(?:{_PHRASE})\s*(?:[.!?]+)")
