"""How much of a text came through, and in which order: counted in words, after one normalisation for both sides.

The normalisation, step by step: HTML comments go; of `[text](target)` and `![text](target)` the text stays; HTML tags go;
entities become characters; NFKC; casefold. A word is then a run of letters, combining marks and digits, so that punctuation,
white space and every mark of Markdown (`#`, `|`, `*`, `_`, backslash, list bullets, rules) only separates; each Chinese
character and each kana is a word of its own. Numbers of ordered lists are words, on both sides.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_HAN_OR_KANA = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = "".join(chr(code) for code in range(0x300, 0x2000) if unicodedata.category(chr(code))[0] == "M")
_WORD = re.compile(f"[{_HAN_OR_KANA}]|(?:(?![{_HAN_OR_KANA}])[^\\W_][{_MARKS}]*)+")
_FORMULA = re.compile(r"\$\$.+?\$\$|(?<![\w$])\$(?=[^\s$])[^$\n]*[\\^_=][^$\n]*\$(?!\d)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fidelity:
    """`precision`, `recall` and `f1` over the bags of words, each from 0 to 1.

    `order` is the longest common subsequence of the two texts over the words that they share: 1 when all that came through came
    in the gold's order, whatever was lost or added. 0 when nothing came through.
    """

    precision: float
    recall: float
    f1: float
    order: float


def words(text: str) -> list[str]:
    """The words of `text`, normalised as the head of this file says."""
    text = _COMMENT.sub(" ", text)
    before = ""
    while before != text:  # a picture inside a link: from the inside out
        before, text = text, _LINK.sub(r" \1 ", text)
    text = html.unescape(_TAG.sub(" ", text))
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def compare(gold: Sequence[str], read: Sequence[str]) -> Fidelity:
    """`read` against `gold`, both as `words` gives them. Two empty texts agree."""
    if not gold and not read:
        return Fidelity(1.0, 1.0, 1.0, 1.0)
    shared = (Counter(gold) & Counter(read)).total()
    if not shared:
        return Fidelity(0.0, 0.0, 0.0, 0.0)
    precision, recall = shared / len(read), shared / len(gold)
    return Fidelity(precision, recall, 2 * precision * recall / (precision + recall), in_order(gold, read) / shared)


def in_order(gold: Sequence[str], read: Sequence[str]) -> int:
    """The length of the longest common subsequence: how many words came through in the gold's order."""
    from rapidfuzz.distance import LCSseq

    numbers = {word: number for number, word in enumerate(dict.fromkeys((*gold, *read)))}
    return int(LCSseq.similarity([numbers[word] for word in gold], [numbers[word] for word in read]))


def formula_share(markdown: str) -> float:
    """Which part of the words stands in TeX formulas, from 0 to 1: what no reader of the file's own text can give back."""
    every = len(words(markdown))
    return 1 - len(words(_FORMULA.sub(" ", markdown))) / every if every else 0.0
