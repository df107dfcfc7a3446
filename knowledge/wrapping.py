"""The polite wrapping around a request: greeting, small talk, thanks, closing, signature."""

from __future__ import annotations

import re
from typing import Final

ROUNDS: Final = 12
"""Layers taken off. A text with more of them is not wrapped, it is made of wrapping, and is left as it is."""

WINDOW: Final = 240
"""Characters at the end in which a closing is looked for; closings are short and searching for them is not free."""


def unwrap(text: str) -> str:
    """One folded line without its wrapping, or as it was when there is nothing but wrapping; idempotent."""
    if not _CUE.search(text):
        return text
    rest = text
    for _ in range(ROUNDS):
        shorter = _without_closing(_OPENING.sub("", rest))
        shorter = " ".join(_ASIDE.sub(r"\1 ", shorter).strip(_EDGE).split())
        if shorter == rest:
            return rest if _LETTER.search(rest) else text
        rest = shorter
    return text


def _without_closing(text: str) -> str:
    start = max(0, len(text) - WINDOW)
    return text[:start] + _CLOSING.sub("", text[start:])


_CUE = re.compile(
    r"\b(?:hi|hello|hey|hiya|howdy|yo|dear|greetings|good|morning|afternoon|evening|sorry|question|q|please|pls|plz|when|whenever"
    r"|urgent|urgently|asap|fyi|btw|anyway|hope|finds|how|help|assist|advise|appreciated|appreciate|welcome|let|look|looking|thanks"
    r"|thank|thankyou|thx|thnx|tks|tnx|ty|tia|cheers|have|enjoy|sent|get|rush|hurry|time|regards|wishes|best|br|kr|sincerely|yours"
    r"|respectfully|ciao)\b"
)
"""A word that any wrapping has; most messages have none and are done."""

_LETTER = re.compile(r"[^\W_]")
_EDGE = " ,;:.!-–—"
_STOP = r"[,.;:!?()…–—-]"
_END = rf"(?=\s*{_STOP}|\s*\Z)"

_ADDRESSEE = (
    r"(?:there|all|team|everyone|everybody|folks|guys|again|sir|madam|it|(?:it )?(?:support|help ?desk|service ?desk|team|guys"
    r"|folks|people|department))"
)
_GREETING = r"(?:hi+|hello+|hey+|hiya|howdy|yo|dear|greetings|good (?:morning|afternoon|evening|day)|morning|afternoon|evening)"
_GREETED = (
    rf"(?:{_GREETING} [^\W\d_]{{2,20}}(?: [^\W\d_]{{2,20}})?(?=\s*[,!–—])|{_GREETING}\b(?: {_ADDRESSEE}\b)*)"
)

_LOOSE = (
    r"(?:i'm |i am )?(?:so |very |really )?sorry (?:to|for) (?:bother|disturb|trouble|interrupt)(?:ing)?(?: (?:you|u))?(?: again| but)?",
    r"(?:i have |i've got |just )?(?:a )?(?:quick|small|stupid|silly|dumb|simple) (?:question|q)(?: for you)?",
    r"(?:please|pls|plz) (?:help|advise|assist)(?: me)?(?: asap| urgently)?",
    r"when(?:ever)? you (?:have|get|find|got) (?:a|some|the) (?:moment|minute|min|second|sec|chance|time)",
    r"(?:it's |its |this is |it is )?(?:kind of |kinda |very |really |super |pretty |quite )?urgent(?:ly)?",
    r"asap|fyi|btw|anyway",
)
"""Wrapping that may run straight into the request."""

_FIRM = (
    r"(?:i |we )?(?:just )?hope (?:you|u|all|everyone|everybody|everything|things)(?:'re| are| is|'s| had| have| have had)?(?: all| both)?"
    r"(?: doing| keeping| having)? (?:well|good|fine|great|ok|okay|safe|a (?:great|good|nice|lovely|wonderful|fantastic) \w+)(?: today| so far)?",
    r"(?:i )?hope (?:this|my) (?:email |message |mail |note )?finds you (?:all )?(?:well|in good \w+)",
    r"how are (?:you|things)(?: (?:all|doing|today|going))*",
    r"(?:so |very )?sorry (?:for|about) the (?:bother|trouble|inconvenience|late message|long message|delay|noise)",
    r"(?:can|could|would) (?:you|someone|anyone|somebody|anybody) (?:please |pls )?(?:help|assist|advise)(?: me)?(?: out)?"
    r"(?: (?:with|on) (?:this|it))?(?: please| pls)?",
    r"(?:please|pls|plz) (?:look into (?:this|it)|respond|reply|get back to me|let me know)(?: (?:asap|urgently|soon|quickly))*",
    r"(?:any|some|your) (?:help|advice|assistance|ideas?|guidance|support)(?: (?:on|with) this| here)?(?: (?:is|would be|will be))?"
    r"(?: (?:much|greatly|highly|very|really))?(?: (?:appreciated|welcome))",
    r"(?:i )?(?:would |'d )?(?:really |much |greatly )?appreciate (?:any|your|the|some) (?:help|assistance|support|time)(?: (?:on|with) this)?",
    r"let me know(?: (?:if|when|what|how|asap|soon|please)\b[^.,!?]{0,50})?",
    r"(?:i )?look(?:ing)? forward to (?:hearing|your|a)\b[^.,!?]{0,40}",
    r"(?:many |big |huge )?(?:thanks|thank you|thankyou|thank u|thx|thnx|tks|tnx|ty|tia|cheers|much appreciated)"
    r"(?: (?:so|very|much|a (?:lot|bunch|million|ton)|lots|in advance|again|everyone|everybody|all|team|guys|folks|mate|you"
    r"|for (?:your|the|any|all) (?:help|time|support|assistance|patience|quick \w+)))*",
    r"(?:have a|enjoy (?:the|your)) (?:(?:great|good|nice|lovely|wonderful|rest of your) )?(?:day|one|evening|weekend|week|afternoon|morning)"
    r"(?: ahead)?",
    r"sent (?:from|via) (?:my |outlook|yahoo|mail|mobile)[^.,!?]{0,30}|get outlook for (?:ios|android)",
    r"no rush(?: at all)?|no hurry|take your time",
)
"""Wrapping only when it is a clause of its own: `thank you for fixing it, but …` is no thanks."""

_REGARDS = (
    r"(?:(?:best|kind|kindest|warm|many) (?:regards|wishes)|regards|best|br|kr|sincerely|yours(?: sincerely| truly| faithfully)?"
    r"|respectfully|cheers|thanks|thank you|many thanks|thx|ciao)"
)
_NAME = r"[^\W\d_]{2,20}(?: [^\W\d_]{1,20}\.?){0,2}"
_CLAUSE = rf"(?:{'|'.join(_LOOSE + _FIRM)}){_END}"

_OPENING = re.compile(
    rf"\A(?:(?:\s|{_STOP})*(?:{_GREETED}|(?:{'|'.join(_LOOSE)})\b|(?:{'|'.join(_FIRM)}){_END})(?:\s|{_STOP})*)+"
)
_CLOSING = re.compile(
    rf"(?:(?:\A|(?<!\w))(?:{_CLAUSE})|(?:\A|{_STOP})\s*{_REGARDS}(?:\s*{_STOP}\s*{_NAME})?)(?:\s|{_STOP})*\Z"
)
_ASIDE = re.compile(rf"({_STOP})\s*(?:{_CLAUSE})\s*{_STOP}")
