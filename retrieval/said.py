"""Whether a model's rewriting may be taken: what it says must have been said in the conversation. A model is a stranger too."""

from __future__ import annotations

from collections.abc import Iterable

from retrieval.cues import LANGUAGES
from retrieval.phrases import words_of

MORE_CHARACTERS = 300
"""By so much a rewriting may be longer than its question."""
NEW_WORDS = 2
"""So many plain words may be new: `and in Germany?` may become `How is it done in Germany?`."""
STEM = 5
"""Words that begin alike so far are one word in two forms."""
_GRAMMAR = frozenset().union(*(cues.grammar | cues.sides for cues in LANGUAGES))


def acceptable(rewriting: str, question: str, said: Iterable[str]) -> bool:
    """No name, number or code that stands nowhere in `said` (the question is part of it), few new words, one line, no address."""
    text = rewriting.strip()
    if not text or "\n" in text or "://" in text or len(text) > len(question) + MORE_CHARACTERS:
        return False
    known = {word.plain for one in (question, *said) for word in words_of(one)}
    parts = {part for word in known for part in word.split("-")} | known
    stems = {word[:STEM] for word in parts if len(word) >= STEM}
    new = 0
    for place, word in enumerate(words_of(text)):
        if word.plain in known or word.plain in _GRAMMAR or _base(word.plain) in known:
            continue
        if word.text[0] == "[" or any(sign.isdigit() for sign in word.text) or (place and word.is_name):
            return False
        if word.plain[:STEM] not in stems:
            new += 1
    return new <= NEW_WORDS


def _base(plain: str) -> str:
    return plain.removesuffix("'s").removesuffix("'")
