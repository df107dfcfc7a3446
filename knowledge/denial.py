"""What somebody says that they do not want, taken out of what they do want.

`I don't want to reset my password, I want to know why it expires` is about expiry. Only denials that contrast with
something else in the same message count; `the printer does not print` denies nothing that was asked for. Pure.
"""

from __future__ import annotations

import re
from typing import Final

LEAST: Final = 3
"""Words that must be left; with fewer, the denial was most of what was said."""


def without_denied(text: str) -> str:
    """One folded line without the first thing that it denies wanting; shorter, or as it was."""
    if not _CUE.search(text):
        return text
    for denial in _DENIALS:
        found = denial.search(text)
        if found and not _ENDED.search(found["denied"]):
            rest = text[: found.start()] + _named(text[found.end() :], found["denied"])
            rest = " ".join(rest.split()).strip(" ,;:.-–")
            if len(rest.split()) >= LEAST and len(rest) < len(text):
                return rest
    return text


def _named(rest: str, denied: str) -> str:
    """The rest with the thing that was named in the denial where it says `it`: `why it expires` → `why my password
    expires`."""
    named = _THING.search(denied)
    return _IT.sub(lambda _: named[0].strip(), rest, count=1) if named else rest


_CUE = re.compile(r"\b(?:not|dont|instead|rather|but|fine|\w+n't)\b")
_ENDED = re.compile(r"\b(?:any ?more|any longer|no longer|until|unless)\b")
"""`I don't need it any more` asks for something."""

_THING = re.compile(r"\b(?:my|our|the|this|that|his|her|their|an?)(?: [\w'-]+){1,3}\s*\Z")
_IT = re.compile(r"\b(?:it|them)\b")

_I = r"(?:i|we)"
_NOT = r"(?:(?:do|did|am|are) not|don't|dont|didn't|didnt|aren't|'m not|'re not)"
_DENIED = r"(?P<denied>[^,;.!?]{2,80}?)"
_STOP = r"\s*(?:[,;.!?:–]|\s-|(?=\sbut\b))\s*"
_WANTED = (
    rf"(?:but |and |so |rather |instead )*(?={_I}(?: (?:just|only|simply|really|actually|do))* ?(?:want|need|wanna|would|'d|wish"
    r"|mean|meant|am|'m|have|'ve|got)\b|just\b|only\b|can\b|could\b|how\b|why\b|please\b|what\b)"
)
_DENIALS = tuple(
    map(
        re.compile,
        (
            rf"\b(?:no,? )?{_I} ?{_NOT} (?:want|need|wish|mean|intend|try|trying|asking|looking|here)(?: for| about| to)?"
            rf" {_DENIED}(?:{_STOP}{_WANTED}| but )",
            rf"\b{_I} (?:do not|don't|dont) have (?:a|any) (?:problem|problems|issue|issues|trouble) with {_DENIED}(?:,\s*)?\sbut (?:with )?",
            rf"\A(?:please )?(?:do not|don't|dont) {_DENIED}{_STOP}(?={_I} (?:just|only)\b|just\b|only\b)",
            rf"\A(?:no,? {_I} (?:did not|didn't|have not|haven't) {_DENIED}{_STOP})",
            rf"\b{_I} (?:did not|didn't|have not|haven't) {_DENIED}{_STOP}(?:but )?(?={_I} (?:just|only) (?:want|need|wanna|would|'d)\b)",
            rf"\A(?:(?:it|this|that) is|it's|its|this is|that's|thats) not (?:about |(?=(?:the|my|our|an?) )){_DENIED}{_STOP}"
            r"(?:but )?(?:(?:it|this|that) is|it's|its|that's|thats)? ?(?:about )?",
            rf"\A(?:no,? )?not (?:about )?(?=(?:the|my|our|a|an)\b){_DENIED}{_STOP}(?:but )?",
            rf"\A{_DENIED} (?:works?|working|is|are|is working|are working) (?:fine|ok|okay|well|good|perfectly)(?:\s*[,;]\s*(?:but )?|\s+but )",
            rf"\A(?:instead of|rather than) {_DENIED}(?:\s*,\s*|(?= (?:can|could|may|i|we|please)\b))",
            r"\s*,?\s*\b(?:instead of|rather than) (?P<denied>\w+ing [^,;.!?]{2,80}?)(?=[,;.!?]|\Z)",
        ),
    )
)
