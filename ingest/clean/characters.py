"""Characters that stand for others or for none. Each rule gives the text and how often it mended."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

Rule = Callable[[str], tuple[str, int]]

_LIGATURES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st"}
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_ARABIC_FORM = re.compile("[\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdc7\ufe70-\ufefc]+")
_LINE_END = re.compile("\r\n?|\x85")
_SOFT_HYPHEN = re.compile("\u00ad")
_INVISIBLE = "\u200b\u2060-\u2064\ufeff\u180e\U000e0000-\U000e007f"
_HIDDEN = re.compile(f"(?<=[\\w@.+-])[{_INVISIBLE}]+(?=[\\w@.+-])|\\A\ufeff+")
_ANY_INVISIBLE = re.compile(f"[{_INVISIBLE}]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_JOINERS = re.compile("[\u200c\u200d]+")
_SPACES = re.compile("[^\\S\n ]")
_BLANK_LINES = re.compile("\n{3,}")


def surrogates(text: str) -> tuple[str, int]:
    """Half of a character that no file can hold: it becomes U+FFFD."""
    return _SURROGATE.subn("\ufffd", text)


def line_ends(text: str) -> tuple[str, int]:
    """Every line ends with a newline, whatever system wrote it."""
    return _LINE_END.subn("\n", text)


def soft_hyphens(text: str) -> tuple[str, int]:
    """They mark where a word may break; the word has none."""
    return _SOFT_HYPHEN.subn("", text)


def invisible(text: str) -> tuple[str, int]:
    """Characters without width inside a word hide it from search and from redaction. Beside white space they harm nobody."""
    return _HIDDEN.subn("", text)


def bidi(text: str) -> tuple[str, int]:
    """Marks of writing direction make a text look other than it is."""
    return _BIDI.subn("", text)


def controls(text: str) -> tuple[str, int]:
    """Commands to a printer or a terminal, form feeds too: no text. Tabs and newlines stay."""
    return _CONTROL.subn("", text)


def ligatures(text: str) -> tuple[str, int]:
    """Latin letters that type sets as one sign: nobody searches for the sign."""
    return _LIGATURE.subn(lambda m: _LIGATURES[m.group()], text)


def arabic_forms(text: str) -> tuple[str, int]:
    """The shape of an Arabic letter at its place in a word, as PDF files store it: the letter itself. Whole phrases stay."""
    return _ARABIC_FORM.subn(lambda m: unicodedata.normalize("NFKC", m.group()), text)


def composed(text: str) -> tuple[str, int]:
    """A letter and its accent are one character (NFC, not NFKC: superscripts, fractions and wide letters mean something)."""
    return (text, 0) if unicodedata.is_normalized("NFC", text) else (unicodedata.normalize("NFC", text), 1)


def joiners(text: str) -> tuple[str, int]:
    """Joiners shape Persian, Indic scripts and emoji, where one stays; beside Latin letters and spaces they hide words."""
    kept = 0

    def one(match: re.Match[str]) -> str:
        nonlocal kept
        before, after = text[match.start() - 1 : match.start()] if match.start() else "", text[match.end() : match.end() + 1]
        if not before or not after or before.isascii() or after.isascii():
            return ""
        kept += len(match.group()) == 1
        return match.group()[0]

    mended, found = _JOINERS.subn(one, text)
    return mended, found - kept


RULES: tuple[tuple[str, Rule], ...] = (
    ("surrogate", surrogates),
    ("line_end", line_ends),
    ("soft_hyphen", soft_hyphens),
    ("bidi", bidi),
    ("control", controls),
    ("invisible", invisible),
    ("ligature", ligatures),
    ("arabic_form", arabic_forms),
    ("composed", composed),
    ("joiner", joiners),
)
"""In working order, by the name under which `repairs` counts them."""
ASCII_RULES = tuple((name, rule) for name, rule in RULES if name in ("line_end", "control"))
"""Those that plain ASCII can need."""


def flow(text: str, *, lines: bool) -> str:
    """A block's text without its layout: white space becomes one space, or with `lines` only loses what nobody sees."""
    if not (text.isascii() and text.isprintable()):
        text = _ANY_INVISIBLE.sub("", text)
    if not lines:
        return " ".join(text.split())
    text = _SPACES.sub(lambda m: "    " if m.group() == "\t" else " ", text)
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n")).strip("\n"))
