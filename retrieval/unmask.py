"""What a text says to a machine beyond what it shows to a person: without invisible signs, look-alikes and codes.

Each view keeps, for every character, where it stood in the text as it is.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from retrieval.query import Flag, FlagCode

INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff\ufe00-\ufe0f"
TAGS = "\U000e0000-\U000e007f"
_INVISIBLE = re.compile(f"[{INVISIBLE}\u202a-\u202e\u2066-\u2069{TAGS}]")
_TAG = re.compile("[\U000e0020-\U000e007e]")
_SMUGGLED = re.compile(
    f"(?<!\U0001f3f4)(?<![{TAGS}])[{TAGS}]+"  # tags; behind a black flag they are the flag of a region
    f"|[\u202d\u202e]"  # overrides of direction
    f"|[\u200b-\u200d\u2060-\u2064\ufeff\u180e]{{4,}}"
    f"|[A-Za-z](?:[\u200b-\u200d\u2060-\u2064\ufeff]+[A-Za-z ]){{3,}}"
)
_BETWEEN_LETTERS = re.compile(f"[A-Za-z][{INVISIBLE}\u202a-\u202e\u2066-\u2069]+[A-Za-z]")
_FORMS = re.compile("[\uff21-\uff5a\u24b6-\u24e9\U0001d400-\U0001d7cb\U0001f130-\U0001f189]{3}")
_UNSEEN = re.compile(
    r"<[a-z][^<>]{0,200}style\s*=\s*[\"'][^\"'<>]{0,200}?"
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])|color\s*:\s*(?:white|#fff(?:fff)?)\b)",
    re.IGNORECASE,
)
_CODED = re.compile(r"(?<![\w+/])(?:[A-Za-z0-9+/]{24,}={0,2}|(?:[0-9a-fA-F]{2}){16,})(?![\w+/=])")
_SPACED = re.compile(r"(?<!\w)\w(?:([ .\-_*])\w(?!\w))(?:\1{1,3}\w(?!\w)){4,}")
_SPLIT = re.compile(r"(?<=[A-Za-z])[.\u00b7*](?=[a-z])")
_LOOKALIKE = str.maketrans(
    "аеорсхуіїѕјԁӏһԛԝАВЕКМНОРСТХІЅЈαορνικτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcxyiisjdlhqwABEKMHOPCTXISJaopviktABEZHIKMNOPTYX"
)
_MIXED = re.compile(r"[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]")
PRINTABLE = 0.9
SHORTEST = 24
LONGEST = 4000
"""Characters of a code that are read: an attack needs few."""


@dataclass(frozen=True, slots=True)
class View:
    """A text to be read besides the one that is shown. Its character `i` comes from `at[i]`; `at` ends behind the last."""

    code: FlagCode
    text: str
    at: tuple[int, ...]


def smuggled(text: str) -> Iterator[Flag]:
    """Signs that no honest text has: they are flagged whatever they say."""
    if not text.isascii():
        for found in _SMUGGLED.finditer(text):
            yield Flag("hidden_text", found.start(), found.end())
    if "style" in text:
        for found in _UNSEEN.finditer(text):
            yield Flag("hidden_text", found.start(), found.end())


def views(text: str) -> Iterator[View]:
    """What else `text` may say. Ordinary text has none."""
    if not text.isascii():
        if len(tags := [found.start() for found in _TAG.finditer(text)]) > 3:
            yield View("hidden_text", "".join(chr(ord(text[i]) - 0xE0000) for i in tags), (*tags, tags[-1] + 1))
        if _BETWEEN_LETTERS.search(text) is not None:
            kept = [i for i, sign in enumerate(text) if _INVISIBLE.match(sign) is None]
            yield View("hidden_text", "".join(text[i] for i in kept), (*kept, len(text)))
        if _MIXED.search(text) is not None or _FORMS.search(text) is not None:
            yield _plain(text)
    words = text.split()
    for found in _CODED.finditer(text) if max(map(len, words), default=0) >= SHORTEST else ():
        if (said := _decoded(found.group())) is not None:
            yield View("encoded", said, (found.start(),) * (len(said) - 1) + (found.end() - 1, found.end()))
    if _letters_apart(words) and _SPACED.search(text) is not None:
        yield _joined(text)
    if len(_SPLIT.findall(text)) > 2:
        kept = [i for i in range(len(text)) if _SPLIT.match(text, i) is None]
        yield View("lookalike", "".join(text[i] for i in kept), (*kept, len(text)))


def _letters_apart(words: list[str]) -> bool:
    """Whether `_SPACED` has anything to find."""
    single = 0
    for word in words:
        if len(word) == 1:
            single += 1
        elif len(word) > 8 and word[1] in ".-_*" and word[3] == word[1]:
            return True
    return single > 5


def _plain(text: str) -> View:
    """Compatibility forms and letters of other alphabets as the Latin letters that they look like."""
    letters: list[str] = []
    at: list[int] = []
    for i, sign in enumerate(text):
        plain = unicodedata.normalize("NFKC", sign).translate(_LOOKALIKE)
        letters.append(plain)
        at += [i] * len(plain)
    return View("lookalike", "".join(letters), (*at, len(text)))


def _joined(text: str) -> View:
    """Letters that stand apart, put together; where the space between two is wider a word ends."""
    letters: list[str] = []
    at: list[int] = []
    done = 0
    for found in _SPACED.finditer(text):
        run = [i for i in range(found.start(), found.end()) if text[i] != found.group(1)]
        before = [*range(done, found.start())]
        letters += (text[i] for i in before)
        at += before
        for n, i in enumerate(run):
            if n and i - run[n - 1] > 2:
                letters.append(" ")
                at.append(i)
            letters.append(text[i])
            at.append(i)
        done = found.end()
    rest = [*range(done, len(text))]
    return View("lookalike", "".join([*letters, *(text[i] for i in rest)]), (*at, *rest, len(text)))


def _decoded(code: str) -> str | None:
    """The text in base64 or hexadecimal digits; None where it is none."""
    code = code[:LONGEST]
    for decode in (binascii.unhexlify, lambda c: base64.b64decode(c + "=" * (-len(c) % 4), validate=True)):
        try:
            said = decode(code).decode("utf-8")
        except (ValueError, binascii.Error):
            continue
        if said and sum(sign.isprintable() or sign.isspace() for sign in said) >= PRINTABLE * len(said):
            return said
    return None
