"""Tells whether an English answer to a question about a text says that the text does not answer it.

The first sentence carries the answer, so the others do not count ("Blue. It is unclear why."), unless those before
them are about the text ("The text says that the harbour grew. It gives no number."). Within a sentence, words that
say that something is left untold count, unless they come as an aside after an answer ("A signalman, whose name is
not known") or are followed by a guess ("Not stated, but probably 1985").

The patterns were tuned on the odd half of the labelled answers in ``data/abstention_labelled.yaml``; how they do
on the even half is ``detector_error()``, by which every rate that rests on them is corrected.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.stats.detector import ErrorRate

_TOLD = (
    "(?:stated|mentioned|specified|given|provided|said|told|named|known|indicated|disclosed|revealed|reported|listed"
    "|included|identified|explained|described|addressed|answered|available|announced|determined|found|clear)"
)
_TELL = (
    "(?:say|state|mention|specify|give|provide|tell|name|indicate|disclose|reveal|report|list|include|identify|explain"
    "|describe|address|answer|contain|appear|know|find|determine|let|allow)s?"
)
_NOT = "(?:n't|not| not| never| nowhere)"

UNTOLD = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^not {_TOLD}|\bnot {_TOLD}\W*$",
        r"^(?:n/?a|none|un(?:known|specified|stated|clear|disclosed|answerable))\b",
        r"\b(?:is|are|was|were|remains?) (?:\w+ )?(?:un(?:known|specified|stated|clear|disclosed|named|answerable)"
        r"|nameless|missing|silent|left out|omitted)\b|\b(?:remains?|leaves?|left) open\b",
        rf"\b(?:is|are|was|were|has|have|been|be|'s){_NOT} (?:\w+ ){{0,2}}?{_TOLD}",
        rf"\b(?:does|do|did|can|could){_NOT} (?:\w+ )?(?:{_TELL}|be {_TOLD})\b",
        rf"\b(?:never|fails? to|unable to|impossible to|not possible to) {_TELL}\b",
        rf"\b(?:no|nothing|none|neither|not enough)\b[^,;]{{0,40}}\b(?:{_TOLD}|gives|says|tells|names|information"
        r"|mention|details?|figures?|statement|idea|indication|in the text)\b",
        r"\b(?:gives|provides|names|contains) no\b|\bnobody is\b",
        r"\b(?:only|just) (?:tells|says|mentions|refers)\b|\b(?:mentions|refers) only\b",
        r"\bnot (?:how|who|whom|what|which|when|where|why)\b",
    )
)
"""Ways to say that something is left untold, in lower case with straight quotes."""

_ABOUT_THE_TEXT = re.compile(r"(?:the|this) (?:\w+ )?(?:text|passage|article|report|context|paragraph|author)\b")
_OPENING = re.compile(
    r"^(?:(?:i'm |i am )?sorry|unfortunately|answer|according to the text|based on the text)[,:]? "
)
_GUESS = re.compile(
    r"\b(?:but|although|so)\b.*\b(?:probably|likely|must|perhaps|maybe|roughly|assume|guess|since|\d+)\b"
)


def abstains(answer: str) -> bool:
    """Whether the answer says that the text does not tell, and gives no answer beside it."""
    for sentence in _sentences(answer):
        if _is_untold(sentence):
            return True
        if not _ABOUT_THE_TEXT.match(sentence):
            return False
    return False


def _sentences(answer: str) -> list[str]:
    plain = " ".join(answer.replace("’", "'").replace("“", '"').replace("”", '"').casefold().split())
    return re.split(r"(?<=[^.][.!?])[\"']?\s", _OPENING.sub("", plain.lstrip("\"'*-: ")))


def _is_untold(sentence: str) -> bool:
    for pattern in UNTOLD:
        if match := pattern.search(sentence):
            before, after = sentence[: match.start()], sentence[match.end() :]
            if not _is_aside(before) and not _GUESS.search(after):
                return True
    return False


def _is_aside(before: str) -> bool:
    """Whether something was answered before: a clause came first, and the rest does not contrast with it."""
    *clauses, last = re.split(r"[,;]| - ", before)
    return bool(clauses) and not re.match(r"\s*(?:but|so|yet|however|what|since)\b", last)


def detector_error() -> "ErrorRate":
    """The detector's hits and errors on the even half of the labelled answers."""
    from audit.stats.detector import ErrorRate

    return ErrorRate(
        hits=66,
        misses=9,
        correct_rejections=140,
        false_alarms=6,
        language="en",
        source="221 labelled English answers (even half of abstention_labelled.yaml, one annotator)",
    )
