"""What counts as a word: the words of the text's language and those that the text itself uses. Nothing is loaded until asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from ingest.lexicon import LANGUAGES, WORD, Lexicon, everyday, language_of, lexicon

OWN = 3
"""A word that the text uses so often is the text's own, whether a lexicon has it or not."""


class Vocabulary:
    """The words of `texts`. Reads them once, and only when a rule asks."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts

    @cached_property
    def own(self) -> Counter[str]:
        """How often the text uses each word, in lower case."""
        counts: Counter[str] = Counter()
        for text in self._texts:
            counts.update(WORD.findall(text.casefold()))
        return counts

    @cached_property
    def hyphenated(self) -> frozenset[str]:
        """The compounds that the text writes with a hyphen inside a line, in lower case."""
        return frozenset(word for text in self._texts for word in text.casefold().split() if "-" in word.strip("-"))

    @cached_property
    def lexicon(self) -> Lexicon | None:
        language = language_of(self.own)
        return lexicon(language) if language else None

    def zipf(self, word: str) -> float:
        """0 for what the language does not know, and for every word of an unknown language."""
        return self.lexicon.zipf(word) if self.lexicon else 0.0

    def knows(self, word: str) -> bool:
        return self.zipf(word) > 0 or self.own[word.casefold()] >= OWN

    def is_foreign(self, word: str) -> bool:
        """Whether another language has it among its everyday words: a quotation, a name, not a misreading."""
        here = self.lexicon.language if self.lexicon else None
        return any(word in everyday(language) for language in LANGUAGES if language != here)
