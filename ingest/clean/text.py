"""A text without the damage of its journey. Clean text passes character for character; cleaning twice is cleaning once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ingest.clean.characters import ASCII_RULES, RULES
from ingest.clean.hyphens import broken_words
from ingest.clean.mojibake import mojibake
from ingest.clean.recognised import confusions, looks_recognised
from ingest.clean.spaced import spaced_letters
from ingest.clean.vocabulary import Vocabulary

ROUNDS = 8
"""One repair may uncover another. Real text needs two; a text that is made to need more is left as it then is."""


def clean_text(
    text: str,
    *,
    ocr: bool | None = None,
    typeset: bool = False,
    words: Vocabulary | None = None,
    repairs: Counter[str] | None = None,
) -> str:
    """`text` repaired; `repairs` counts by rule what was mended.

    `ocr` says whether OCR read it: only then words are corrected. None judges by the text itself. `typeset`: its lines are
    those of a page. `words`: the vocabulary of the whole that it is a part of.
    """
    counts: Counter[str] = Counter() if repairs is None else repairs
    for _ in range(ROUNDS):
        before, text = text, _once(text, ocr, typeset, words, counts)
        if text == before:
            break
    return text


def _once(text: str, ocr: bool | None, typeset: bool, words: Vocabulary | None, counts: Counter[str]) -> str:
    plain = text.isascii()
    if not plain:
        text = _counted(mojibake, text, "mojibake", counts)
    for name, rule in ASCII_RULES if plain else RULES:
        text = _counted(rule, text, name, counts)
    vocabulary = words or Vocabulary((text,))
    text = _counted(lambda t: spaced_letters(t, vocabulary), text, "spaced_letters", counts)
    text = _counted(lambda t: broken_words(t, vocabulary, typeset=typeset or bool(ocr)), text, "hyphen", counts)
    if ocr or (ocr is None and looks_recognised(text, vocabulary)):
        text, found = confusions(text, vocabulary)
        counts.update(found)
    return text


def _counted(rule: Callable[[str], tuple[str, int]], text: str, name: str, counts: Counter[str]) -> str:
    text, found = rule(text)
    if found:
        counts[name] += found
    return text
