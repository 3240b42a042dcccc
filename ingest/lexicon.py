"""How common a word is in its language. Loaded from an installed package when first asked for, never downloaded.

Unknown languages have no lexicon: rules that need one stay off. Sources and figures: docs/decisions/0007-lexicon.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import log10

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
COMMON_WORDS = 100
ENOUGH_WORDS = 100
"""A text of fewer words may not show its language."""
DIFFERENT_WORDS = 8  # of the common ones; a short one may be a word elsewhere too
SHARE_OF_COMMON_WORDS = 0.12  # running text has about .45, damaged text .25, another language below .1


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language, lower case. `common` are its most frequent, of two letters or more: of, the, and."""

    language: str
    frequencies: Mapping[str, float] = field(repr=False)
    common: frozenset[str] = field(repr=False)

    def zipf(self, word: str) -> float:
        """log10 of occurrences in a thousand million words: `the` 7.7, `house` 5.7, a word that few know 1; 0 for no word."""
        frequency = self.frequencies.get(word) or self.frequencies.get(word.casefold().replace("\u2019", "'"), 0.0)
        return log10(frequency) + 9 if frequency else 0.0


@cache
def lexicon(language: str) -> Lexicon | None:
    """None for a language that is not in `LANGUAGES`. The first call takes about 0.2 s."""
    if language not in LANGUAGES:
        return None
    import wordfreq

    return Lexicon(language, wordfreq.get_frequency_dict(language, wordlist="large"), _most_common(language))


@cache
def everyday(language: str) -> frozenset[str]:
    """About the 30,000 most common words of a language, in lower case."""
    import wordfreq

    return frozenset(wordfreq.get_frequency_dict(language, wordlist="small"))


@cache
def _most_common(language: str) -> frozenset[str]:
    import wordfreq

    listed = wordfreq.top_n_list(language, COMMON_WORDS, wordlist="small")
    return frozenset(word for word in listed if word.isalpha() and len(word) > 1)


def language_of(counts: Mapping[str, int]) -> str | None:
    """The language whose most common words a text holds most of; None when in doubt, but English when there is little to tell by.

    `counts`: the text's words in lower case, and how often each stands there.
    """
    total = sum(counts.values())
    if not total:
        return None
    found = {name: counts.keys() & _most_common(name) for name in LANGUAGES}
    shares = sorted(((sum(counts[word] for word in found[name]) / total, name) for name in LANGUAGES), reverse=True)
    (best, language), (second, _) = shares[0], shares[1]
    different = len(found[language]) >= min(DIFFERENT_WORDS, total / 5)
    if best >= SHARE_OF_COMMON_WORDS and best > 1.1 * second and different:
        return language
    return "en" if total < ENOUGH_WORDS and _LATIN.match(next(iter(counts))) else None
