"""A question cut into words and the phrases that say what it is about. By closed lists of words and by spelling alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.cues import LANGUAGES, Cues

Sort = Literal["named", "title", "common", "number"]
"""`title`: of a passage; the rest are told from the words of a question."""

WORD = re.compile(r"\[[A-Z][A-Z0-9_]*\]|[^\W_]+(?:[-_./'’+][^\W_]+)*(?:(?<=s)['’](?!\w))?")
"""A stand-in of redaction, or a word with what joins its parts: `raise-from`, `os.urandom`, `O'Neill`, `Graves'`."""
LONG_WORDS, LONG_CHARACTERS = 60, 800
"""A longer question stands alone, and of a longer earlier one so much counts: what a rewrite costs is bounded."""
_CODE = re.compile(r"[\d_.\[]")
_OF = ("of", "de", "von", "del", "du")


@dataclass(frozen=True, slots=True)
class Word:
    """`start` and `end` are its place in the question; `plain` is what it is compared by."""

    text: str
    plain: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return not any(sign.isalpha() for sign in self.text)

    @property
    def is_name(self) -> bool:
        """By its spelling: a capital, a digit, or the look of a code. The first word of a question has a capital anyway."""
        return self.text[0].isupper() or bool(_CODE.search(self.text)) or any(sign.isupper() for sign in self.text[1:])


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand together and name something, from the word at `place` on. `after`: the preposition before it, or empty."""

    words: tuple[Word, ...]
    sort: Sort
    place: int = 0
    after: str = ""

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def plain(self) -> frozenset[str]:
        return frozenset(word.plain for word in self.words)


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text in order."""
    return tuple(Word(m.group(), m.group().replace("’", "'").casefold(), m.start(), m.end()) for m in WORD.finditer(text))


def language_of(words: Iterable[Word]) -> Cues | None:
    """The cues of the language that most of the words of grammar are of; None where no word tells one."""
    plain = [word.plain for word in words]
    counts = [sum(one in cues.grammar for one in plain) for cues in LANGUAGES]
    best = max(counts)
    return LANGUAGES[counts.index(best)] if best else None


def phrases_of(text: str, words: Sequence[Word], cues: Cues) -> tuple[Phrase, ...]:
    """The longest runs of words that name something, in order."""
    found: list[Phrase] = []
    run: list[Word] = []
    for place, word in enumerate(words):
        names = _names(place, words, cues)
        if run and (not names or _apart(text, run[-1], word) or _turns(place - len(run), run[-1], word)):
            found.append(_phrase(run, place - len(run), words, cues))
            run = []
        if names:
            run.append(word)
    if run:
        found.append(_phrase(run, len(words) - len(run), words, cues))
    return _joined(found, words)


def _names(place: int, words: Sequence[Word], cues: Cues) -> bool:
    word = words[place]
    inner = place > 0 and word.is_name
    if word.plain in cues.grammar:  # but those of `IT`, `WHO` and `Doctor Who` are
        if not inner or not word.text[0].isupper():
            return False
        return (len(word.text) > 1 and word.text.isupper()) or (place > 1 and words[place - 1].text[0].isupper())
    return inner or word.plain not in cues.sides


def _turns(first: int, before: Word, word: Word) -> bool:
    """Whether a name ends or begins here: `Tesla | die`, `sea | Genghis Khan's empire`; not after a possessive."""
    named = before.is_name and (first > 0 or not before.text.istitle())
    if named and not word.is_name:
        return not before.plain.endswith(("'s", "s'"))
    return word.is_name and not named and before.plain != "" and not word.is_number


def _apart(text: str, before: Word, word: Word) -> bool:
    return bool(text[before.end : word.start].strip("\"'()“”‘’` "))


def _phrase(run: Sequence[Word], first: int, words: Sequence[Word], cues: Cues) -> Phrase:
    before = words[first - 1].plain if first else ""
    if before in cues.grammar and before not in cues.prepositions and first > 1:  # `in the city`: the article is stepped over
        before = words[first - 2].plain
    if all(word.is_number for word in run):
        sort: Sort = "number"
    elif any(word.is_name for word in run[0 if first else 1 :]):
        sort = "named"
    else:
        sort = "common"
    return Phrase(tuple(run), sort, first, before if before in cues.prepositions else "")


def _joined(phrases: Sequence[Phrase], words: Sequence[Word]) -> tuple[Phrase, ...]:
    """`University` of `Chicago` is one name."""
    found: list[Phrase] = []
    for phrase in phrases:
        last = found[-1] if found else None
        if last is not None and last.sort == phrase.sort == "named" and last.words[-1].is_name:
            between = words[last.place + len(last.words) : phrase.place]
            if len(between) in (1, 2) and between[0].plain in _OF:
                found[-1] = Phrase((*last.words, *between, *phrase.words), "named", last.place, last.after)
                continue
        found.append(phrase)
    return tuple(found)
