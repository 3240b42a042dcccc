"""What a question wants word for word: phrases in quotation marks, and codes (`ab-1234`, `v1.2.3`, `CVE-2024-1234`, `foo_bar()`).

A passage in which one stands as it was typed, its title and headings included, is lifted above all in which none does, and above
those with fewer. It is no filter: whoever quotes from memory still gets what is near. Letters' case, white space, and the shapes
of quotation marks and dashes do not matter. A value that redaction replaced is compared by its pseudonym; a family name alone
also fits a full name.

A code is a word with a digit and a letter, or with digits on both sides of a sign, or with five digits or more; one joined by
`_`, `::` or `.`; or a call. Measures (`5-year`, `10mg`), ranges and decimals are none. A code fits where it stands whole: `v1.2`
is not in `v1.2.3`. Pseudonyms of numbers and addresses are codes; those of names are not, since a question that names somebody
asks for more than the name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from retrieval.query import Confirmed

MOST = 16
"""Phrases and codes that are looked for; a question with more is a text that was pasted."""
LONGEST = 100
"""Characters of a code."""

_QUOTED = re.compile(r'"([^"]+)"|“([^”„“]+)[”“]|„([^”“„]+)[“”]|«([^»«]+)»|»([^«»]+)«')
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]*(?:_[A-Z2-7]{12}){1,2}\]")
_NAME = re.compile(r"\[(?:PERSON|ADDRESS|LOCATION|ORGANIZATION)_[A-Z2-7]{12}(?:_[A-Z2-7]{12})?\]")
_FAMILY = re.compile(r"\\\[person_([a-z2-7]{12})\\\]")
_WORD = re.compile(r"[^\s\"“”„«»,;!?()\[\]{}<>|]+(?:\(\))?")
_EDGE = ".:'’`*#=&-/\\–—"
_CODES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?=.*\d)(?=.*[^\W\d_])[\w][\w.:/+-]*[\w+]",  # a digit and a letter
        r"\d+(?:[-./:]\d+)+",
        r"\d{5,}",
        r"[\w.:]*[^\W_]_+[^\W_][\w.:]*",  # joined by _
        r"[^\W\d_]\w+(?:::\w+)+",
        r"[^\W\d_]\w+(?:\.[^\W\d_]\w+)+",
    )
)
_ORDINARY = re.compile(
    r"\d+(?:[.:]\d+)?-?[a-z]+(?:-[a-z]+)*|[A-Za-z][a-z]{2,}-\d|\d{1,2}:\d\d|\d{1,4}[-/]\d{1,4}|\d+\.\d+|\d{1,3}(?:\.\d{3})+"
)
"""10mg, 5-year, 3rd; type-2; 10:30, 20-30, 1/2, 1.5, 10.000: words and numbers of ordinary sentences."""
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-") | dict.fromkeys(map(ord, "‘’‚"), "'") | dict.fromkeys(map(ord, "“”„«»"), '"')


@dataclass(frozen=True, slots=True)
class Wanted:
    """One phrase or code, redacted as the question was; how a folded text may hold it; the words to look for it by."""

    text: str
    patterns: tuple[re.Pattern[str], ...]
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verbatim:
    """All that a question wants word for word; false when that is nothing."""

    wanted: tuple[Wanted, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted)

    @property
    def words(self) -> str:
        return "\n".join(one.words for one in self.wanted)

    def exact(self, *texts: str) -> tuple[str, ...]:
        """Those that stand in one of `texts`, in the question's order."""
        folded = [_fold(text) for text in texts] if self.wanted else []
        return tuple(one.text for one in self.wanted if any(pattern.search(text) for pattern in one.patterns for text in folded))


NOTHING = Verbatim()


def read_verbatim(question: str, names: Sequence[str] = ()) -> Verbatim:
    """What a redacted `question` wants. `names` are the values of its names' pseudonyms in order: either way a text may hold it.

    (A code may have been taken for a name, in the question or in a document, and a name may have been missed.)
    """
    asked, spans = _as_typed(question, names)
    found: dict[str, Wanted] = {}
    for start, end, typed, quoted in _parts(asked):
        redacted = typed
        if any(start < s.asked_end and s.asked_start < end for s in spans):
            first, last = _before(start, spans), _before(end, spans, behind=True)
            redacted = " ".join(question[first:last].strip('"“”„«»').split())
        folded = _fold(typed)
        if folded not in found and len(found) < MOST:
            patterns = (_pattern(way, quoted=quoted) for way in dict.fromkeys((folded, _fold(redacted))))
            found[folded] = Wanted(redacted, tuple(patterns), "\n".join(dict.fromkeys((redacted, typed))))
    return Verbatim(tuple(found.values()))


def lift(confirmed: Iterable[Confirmed], verbatim: Verbatim) -> list[Confirmed]:
    """Each with what it holds word for word, and 1 more in its score for each: fused scores alone stay far below 1."""
    lifted = []
    for one in confirmed:
        exact = verbatim.exact(one.chunk.text, one.chunk.title, *one.chunk.headings)
        lifted.append(replace(one, score=one.score + len(exact), exact=exact) if exact else one)
    return lifted


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a pseudonym stands in the redacted question, and its value in the question as it was typed."""

    start: int
    end: int
    asked_start: int
    asked_end: int


def _as_typed(question: str, names: Sequence[str]) -> tuple[str, list[_Span]]:
    """The question with its names in it. Where they do not pair (somebody typed a pseudonym) it stays as it is."""
    placed = [found for found in _PLACEHOLDER.finditer(question) if _NAME.match(found.group())]
    if len(placed) != len(names):
        return question, []
    asked, last, spans = "", 0, []
    for found, name in zip(placed, names, strict=True):
        asked += question[last : found.start()]
        spans.append(_Span(found.start(), found.end(), len(asked), len(asked) + len(name)))
        asked, last = asked + name, found.end()
    return asked + question[last:], spans


def _before(at: int, spans: Sequence[_Span], *, behind: bool = False) -> int:
    """The place in the redacted question of a place in the typed one; inside a name: that name's begin, or end."""
    moved = 0
    for span in spans:
        if at < span.asked_start or (at == span.asked_start and not behind):
            break
        if at < span.asked_end or (at == span.asked_end and behind):
            return span.end if behind else span.start
        moved = span.end - span.asked_end
    return at + moved


def _parts(question: str) -> list[tuple[int, int, str, bool]]:
    """Phrases and codes in the order in which they stand: start, end, text, and whether it was quoted."""
    found = []
    left = question
    for quoted in _QUOTED.finditer(question):
        phrase = " ".join(next(group for group in quoted.groups() if group is not None).split())
        if any(sign.isalnum() for sign in phrase):
            found.append((quoted.start() + 1, quoted.end() - 1, phrase, True))
            left = _blank(left, quoted.start(), quoted.end())
    for placeholder in list(_PLACEHOLDER.finditer(left)):
        if not _NAME.match(placeholder.group()):
            found.append((*placeholder.span(), placeholder.group(), False))
        left = _blank(left, *placeholder.span())
    for word in _WORD.finditer(left):
        code = word.group().strip(_EDGE)
        if _is_code(code):
            start = word.start() + word.group().index(code)
            found.append((start, start + len(code), code, False))
    return sorted(found)


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _is_code(word: str) -> bool:
    call = word.endswith("()")
    word = word.removesuffix("()")
    if not word or len(word) > LONGEST or _ORDINARY.fullmatch(word):
        return False
    return (call and word[0].isalpha()) or any(code.fullmatch(word) for code in _CODES)


def _pattern(folded: str, *, quoted: bool) -> re.Pattern[str]:
    name = folded if quoted else folded.removesuffix("()")
    body = _FAMILY.sub(r"\\[person_(?:[a-z2-7]{12}_)?\1\\]", re.escape(name))
    signs = "" if quoted or not any(sign.isdigit() for sign in name) or name.startswith("[") else "[-./_:]"
    before = rf"(?<!\w)(?<!\w{signs})" if signs else r"(?<!\w)"
    behind = rf"(?!\w|{signs}\w)" if signs else r"(?!\w)"
    return re.compile((before if name[0].isalnum() else "") + body + (behind if name[-1].isalnum() else ""))


def _fold(text: str) -> str:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_DASHES)
    return " ".join(plain.casefold().split())
