"""What a question asks for, so that two of an equal guard may have one answer. Pure.

A guard is what is left when courtesy, grammar and a few words of one meaning are taken away: the kind of question, then every
other word in its order, with numbers, names, dates, codes, quotations and negations as they are. A word that is not known to mean
nothing counts. So two questions that differ in one word that matters, or in the order of two, have two guards, however near their
vectors are; and many that ask the same have two as well: they are searched for, which is no harm.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from retrieval.distinct_words import (
    COURTESY,
    EMPTY,
    FAREWELL,
    KINDS,
    MONTHS,
    NO_PLURALS,
    NUMBERS,
    ORDINALS,
    PARTICIPLES,
    PAST,
    PHRASES,
    SAME,
    SHORT,
    VOICED,
)
from retrieval.kept import GUARD_BYTES
from retrieval.verbatim import read_verbatim

MOST_WORDS = 40
"""Of a longer question not enough is understood."""
MOST_CHARACTERS = 400

_PSEUDONYM = re.compile(r"\[[A-Z][A-Z_]*(?:_[A-Z2-7]{12}){1,2}\]")
_TOKEN = re.compile(r"\[[a-z_]*(?:_[a-z2-7]{12}){1,2}\]|[^\W_]+(?:[-./:_@+#&'’][^\W_]+)*_?[+#]*|[%‰<>≤≥=±€$£¥§°+*/^~|]")
_ACRONYM = re.compile(r"\b(?:US|IT|WHO|AM|OR|IN|ON|AT|ME|WE|DO|BE|IS|ARE|HAS|THE|AN|FOR|ONE|OF|MY|ANY)\b")
_NAMED = re.compile(r"(?<=\s)(?!Thanks)[A-Z]\w*s\b|\b[A-Z][A-Z]+\b(?<=S)")
_START = re.compile("|".join(f"(?:{pattern})" for pattern in COURTESY), re.IGNORECASE)
_END = re.compile(FAREWELL, re.IGNORECASE)
_EDGE = " \t\r\n,.:;!?-–—"
_SHORT = tuple((re.compile(pattern, re.IGNORECASE), written) for pattern, written in SHORT)
_PHRASES = tuple((re.compile(pattern), written) for pattern, written in PHRASES)
_KINDS = tuple((kind, re.compile(rf"\b(?:{pattern})(?!\w)")) for kind, pattern in KINDS)
_SAME = {word: words[0] for words in SAME for word in words}
_NO_KIND = "none"
_PASSIVE = re.compile(r"\s*(?:is|are|was|were)\b|.*\b(?:is|are|was|were) \w+$")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")


def guard_of(question: str, names: Sequence[str] = ()) -> bytes | None:
    """The guard of a redacted question; None where too little or too much is said. `names`: the values of its pseudonyms."""
    told = telling(question)
    if told is None:
        return None
    wanted = tuple(one.text for one in read_verbatim(question, names).wanted)
    content = repr((told, wanted, tuple(name.casefold() for name in names)))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()[:GUARD_BYTES]


def telling(question: str) -> tuple[str, ...] | None:
    """The kind of the question and its telling words in order; None where there are none, or too many."""
    if len(question) > MOST_CHARACTERS:
        return None
    kind, left, passive = _kind(_plain(question))
    words = [word for token in _TOKEN.findall(_phrases(left)) if (word := _word(token))]
    past, words = ["was"] * ("was" in words), [word for word in words if word != "was"]
    if passive and kind in VOICED and len(words) > 1 and words[-1] in PARTICIPLES:
        kind = "manner" if kind == "how" else kind
        words = [PARTICIPLES[words[-1]], *words[:-1]]
    if kind == "manner" and words:
        words[0] = _verb(words[0])
    words = [_SAME.get(word, word) for word in words]
    return (kind, *past, *words) if 0 < len(words) <= MOST_WORDS else None


def _plain(question: str) -> str:
    """Small letters, nothing shortened, no courtesy around it. Words that look like names (`US`, `Peters`) are marked as such."""
    text = " ".join(unicodedata.normalize("NFKC", question).split())
    if any(sign.islower() for sign in text):
        for kind in (_ACRONYM, _NAMED):
            text = kind.sub(lambda found: f"{found.group()}_", text)
    text = _PSEUDONYM.sub(lambda found: found.group().casefold(), text).casefold()
    for pattern, written in _SHORT:
        text = pattern.sub(written, text)
    before = None
    while before != text:
        before = text
        text = text.strip(_EDGE)
        if (start := _START.match(text)) is not None and start.end() < len(text):
            text = text[start.end() :]
        text = _END.sub("", text)
    return " ".join(text.split())


def _kind(text: str) -> tuple[str, str, bool]:
    """What is asked for, the rest of the text, and whether that is in the passive voice."""
    found = [(match.start(), place, match) for place, (_, pattern) in enumerate(_KINDS) if (match := pattern.search(text))]
    if not found:
        return _NO_KIND, text, False
    _, place, match = min(found)
    before, behind = text[: match.start()], text[match.end() :]
    return _KINDS[place][0], f"{before} {behind}", _PASSIVE.match(behind) is not None


def _phrases(text: str) -> str:
    for pattern, written in _PHRASES:
        text = pattern.sub(written, text)
    return text


@cache
def _singular(word: str) -> str:
    """Without the s of a plural or of a verb; what ends in it for another reason stays."""
    if len(word) < 4 or not word.endswith("s") or word in NO_PLURALS or not word.isalpha() or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is", "ics", "os", "as")) else word[:-1]


def _verb(word: str) -> str:
    """What `requesting` and `request`, `changing` and `change` have in common, where one stands behind `how to` or `a way of`."""
    root = word[:-3] if word.endswith("ing") and len(word) > 5 else word
    if root != word and len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
        root = root[:-1]
    same = next((_SAME[known] for known in (word, root, f"{root}e") if known in _SAME), root)
    return same.rstrip("e")


def _word(token: str) -> str:
    """How a token counts; empty where it means nothing."""
    if ordinal := _ORDINAL.fullmatch(token):
        return f"{ordinal[1]}."
    if token.endswith("_") or not token[0].isalpha():
        return token
    if token in EMPTY:
        return ""
    for known in (NUMBERS, ORDINALS, MONTHS, PAST):
        if token in known:
            return known[token]
    tens, _, ones = token.partition("-")
    if tens in NUMBERS and ones in NUMBERS and tens.endswith("ty") and len(NUMBERS[ones]) == 1:
        return str(int(NUMBERS[tens]) + int(NUMBERS[ones]))
    return token if token in PARTICIPLES else _SAME.get(token) or _singular(token)
