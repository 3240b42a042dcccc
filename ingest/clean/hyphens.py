"""Words that were broken over two lines are joined when what results is a word, of the language or of the text."""

from __future__ import annotations

import re

from ingest.clean.vocabulary import Vocabulary

_BROKEN = re.compile(r"([^\W\d_]+)[-\u2010]\n[ \t]*([^\W\d_]+)")
RARE = 2.0  # zipf: below, half a word may be in the lexicon by accident


def broken_words(text: str, words: Vocabulary, *, typeset: bool = False) -> tuple[str, int]:
    """`typeset`: the lines come from a page, where most hyphens at line ends are breaks.

    Elsewhere an author may have ended a line after his own hyphen, so two halves that are words by themselves stay as they are.
    """
    if "-\n" not in text and "\u2010\n" not in text:
        return text, 0
    found = 0

    def join(match: re.Match[str]) -> str:
        nonlocal found
        first, second = match.groups()
        end = match.end()
        if _inside_compound(text, match.start(), end):
            return match.group() if not typeset else f"{first}-{second}"
        if _is_one_word(first, second, words, typeset):
            found += 1
            return first + second
        return f"{first}-{second}" if typeset else match.group()

    return _BROKEN.sub(join, text), found


def _inside_compound(text: str, start: int, end: int) -> bool:
    """`state-of-\\nthe-art`: one hyphen more on either side."""
    return text[end : end + 1] == "-" or (start > 0 and text[start - 1] == "-")


def _is_one_word(first: str, second: str, words: Vocabulary, typeset: bool) -> bool:
    whole = (first + second).casefold()
    if not second[0].islower() or not (first[1:].islower() or len(first) == 1):
        return False  # Anglo-American, HTTP-Server
    if f"{first}-{second}".casefold() in words.hyphenated:
        return False
    if words.own[whole]:
        return True
    joined, halves = words.zipf(whole), sorted((words.zipf(first), words.zipf(second)))
    if not joined:
        return False
    if halves[0] < RARE:
        return joined > halves[0]
    return typeset and joined >= halves[0] - 1.5
