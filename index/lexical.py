"""Text as a sparse vector whose dot product with a question's vector is BM25, once the engine multiplies in the IDF.

BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, eq. 3.15) of a document d and a
question q sums over the terms t of q:  idf(t) * count(t, q) * tf * (K1 + 1) / (tf + K1 * (1 - B + B * |d| / AVERAGE_TERMS)).
`document_vector` holds the fraction, `query_vector` the count; Qdrant's IDF modifier gives ln(1 + (N - n + .5) / (n + .5)) over
the tenant's corpus at question time. |d| counts terms after stop words are dropped. The average length is a constant, so that
a point never changes because of its neighbours: a 256-token chunk of English prose leaves about a hundred terms.

A change of anything here changes `VERSION`, and with it the fingerprint of every collection (`index/language.py`): documents and
questions must be cut alike.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from itertools import chain, pairwise

from index.point import Lexical

VERSION = "1"
ENGLISH = "english"
NONE = "none"
LANGUAGES = (
    *(
        ENGLISH,
        "arabic",
        "armenian",
        "basque",
        "catalan",
        "czech",
        "danish",
        "dutch",
        "esperanto",
        "estonian",
        "finnish",
        "french",
    ),
    *("german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian", "lithuanian", "nepali", "norwegian", "persian"),
    *("polish", "portuguese", "romanian", "russian", "serbian", "spanish", "swedish", "tamil", "turkish", "yiddish", NONE),
)
"""Those whose endings Snowball cuts, and `none`: words stay as they are."""
K1 = 1.2
B = 0.75
AVERAGE_TERMS = 100.0
CACHED_WORDS = 300_000
CACHED_LENGTH = 64

_WORD = re.compile(r"[^\W_]+(?:(?:_+|[-./'])[^\W_]+)*")
_JOINT = re.compile(r"_+|[-./]")
_APOSTROPHE = re.compile(r"'")
_CODE = re.compile(r"[\d_.]")
_UNSPACED = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿]")

# Words of grammar alone. "it", "us", "who", "can" and the like stay: they also name things, and IDF discounts them well enough.
_ENGLISH_STOP_WORDS = """
a an the and or but nor so if then than as at by for from in into of off on onto out over to up upon with within
be am is are was were been being do does did has have had having this that these those there here
its their his her our your my such not no
"""
_STOP_WORDS = {ENGLISH: frozenset(_ENGLISH_STOP_WORDS.split())}

_stemmers = threading.local()


def document_vector(text: str, language: str = ENGLISH) -> Lexical:
    """The weights of the distinct terms of a chunk. A text without a word gives an empty vector."""
    counts = Counter(_numbers(text, language))
    saturation = K1 * (1 - B + B * counts.total() / AVERAGE_TERMS)
    return Lexical(tuple(counts), tuple(tf * (K1 + 1) / (tf + saturation) for tf in counts.values()))


def query_vector(text: str, language: str = ENGLISH) -> Lexical:
    """The distinct terms of a question, each weighing as often as it was asked for."""
    counts = Counter(_numbers(text, language))
    return Lexical(tuple(counts), tuple(map(float, counts.values())))


def terms(word: str, language: str = ENGLISH) -> tuple[str, ...]:
    """The terms of one word as `document_vector` counts them: its stemmed parts and, for codes (`ab-1234`, `v1.2`), the whole."""
    parts = [part for part in _JOINT.split(word) if part]
    whole = [word] if len(parts) > 1 and _CODE.search(word) else []
    if language != ENGLISH:  # an English apostrophe ends in the stemmer; elsewhere it joins two words (l'eau)
        parts = [piece for part in parts for piece in _APOSTROPHE.split(part) if piece]
    stop_words = _STOP_WORDS.get(language, frozenset())
    return (*whole, *chain.from_iterable(_stems(part, language) for part in parts if part not in stop_words))


class _Numbers(dict[str, tuple[int, ...]]):
    """A memory of words already cut. It only grows to a bound; losing it costs time, nothing else."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __missing__(self, word: str) -> tuple[int, ...]:
        numbers = tuple(_number(term) for term in terms(word, self.language))
        if len(word) <= CACHED_LENGTH:
            if len(self) >= CACHED_WORDS:
                self.clear()
            self[word] = numbers
        return numbers


def _numbers(text: str, language: str) -> Iterable[int]:
    folded = text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return chain.from_iterable(map(_memory(language).__getitem__, _WORD.findall(folded)))


@cache
def _memory(language: str) -> _Numbers:
    return _Numbers(language)


def _stems(part: str, language: str) -> tuple[str, ...]:
    if _UNSPACED.search(part):  # Chinese and Japanese do not space their words: overlapping pairs of characters stand for them
        return tuple(map("".join, pairwise(part))) or (part,)
    stemmer = _stemmer(language)
    return (part if stemmer is None else stemmer.stemWord(part),)  # type: ignore[attr-defined]


def _stemmer(language: str) -> object | None:
    """Snowball's for the language, one for each thread (they are not reentrant); None for a language that it does not know."""
    known: dict[str, object | None] = _stemmers.__dict__
    if language not in known:
        import Stemmer

        known[language] = Stemmer.Stemmer(language) if language in Stemmer.algorithms() else None
    return known[language]


def _number(term: str) -> int:
    """32 bits of BLAKE2b: the same in every process and release. At a million distinct terms about 120 pairs collide."""
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")
