"""Text that OCR read, token by token. Codes, numbers, identifiers, addresses, file names and names are never touched."""

from __future__ import annotations

import re
from collections import Counter

from ingest.clean.correct import correct_digits, correct_word, join_words, likely, split_word
from ingest.clean.vocabulary import Vocabulary

_TOKEN = re.compile(r"\S+")
_CORE = re.compile(r"^([\"'(\[\u2018\u201c\u00ab\u201e]*)(.*?)([\"')\]\u2019\u201d\u00bb.,;:?!\u2026\u2014-]*)$", re.S)
_LOWER = re.compile(r"[^\W\d_]+")
_WITH_DIGIT = re.compile(r"[a-z]*[01568|!\u20ac\u00a2][a-z]+|[a-z]+[01568|!\u20ac\u00a2][a-z]+")
_POSSESSIVE = re.compile(r"(.+?)(['\u2019](?:s|t|re|ve|ll|d|m))?", re.S)
_PARTS = re.compile(r"([-\u2010\u2014])")
_ENDS_SENTENCE = re.compile(r"[.?!:][\"')\]\u2019\u201d]*$")
_AFTER_I = frozenset(
    ["am", "was", "have", "had", "will", "would", "can", "could", "do", "did", "think", "know", "shall", "should", "may", "must"]
)
_CAPITAL_I = {"lt": "It", "lf": "If", "lts": "Its", "1t": "It", "1f": "If", "ln": "In"}


def confusions(text: str, words: Vocabulary) -> tuple[str, Counter[str]]:
    """`text` corrected, white space as it was but inside words. Counted by rule: confusion, glued, broken."""
    counts: Counter[str] = Counter()
    if words.lexicon is None:
        return text, counts
    english = words.lexicon.language == "en"
    known: dict[str, str] = {}
    pieces: list[str] = []
    tokens = list(_TOKEN.finditer(text))
    index = end = 0
    while index < len(tokens):
        token, here = tokens[index].group(), tokens[index]
        follower = tokens[index + 1] if index + 1 < len(tokens) else None
        pieces.append(text[end : here.start()])
        end = here.end()
        gap = text[end : follower.start()] if follower else ""
        joined = _join(token, follower.group(), words) if follower and gap == " " else ""
        if joined and follower:
            counts["broken"] += 1
            pieces.append(joined)
            end, index = follower.end(), index + 2
            continue
        first = (
            index == 0
            or bool(_ENDS_SENTENCE.search(tokens[index - 1].group()))
            or "\n\n" in text[tokens[index - 1].end() : here.start()]
        )
        mended = _capital_i(token, follower.group() if follower else "", first) if english else token
        if mended == token:
            mended = known.get(token) or known.setdefault(token, correct_token(token, words))
        if mended == token and first and token[:1].isupper():
            mended = _first_word(token, words)
        if mended != token:
            counts["glued" if " " in mended else "confusion"] += 1
        pieces.append(mended)
        index += 1
    pieces.append(text[end:])
    return "".join(pieces), counts


def correct_token(token: str, words: Vocabulary) -> str:
    """A run without white space. Only plain lower-case words, their compounds, and words with one digit inside are judged."""
    before, core, after = _split(token)
    if not core:
        return token
    if _PARTS.search(core):
        parts = _PARTS.split(core)
        if all(_LOWER.fullmatch(part) and part.islower() for part in parts[::2]):
            return before + "".join(correct_word(p, words) if i % 2 == 0 else p for i, p in enumerate(parts)) + after
        return token
    match = _POSSESSIVE.fullmatch(core)
    if match is None:
        return token
    stem, tail = match.group(1), match.group(2) or ""
    if _LOWER.fullmatch(stem) and stem.islower():
        return before + _lower_word(stem, words) + tail + after
    if _WITH_DIGIT.fullmatch(stem):
        return before + correct_digits(stem, words) + tail + after
    return token


def _split(token: str) -> tuple[str, str, str]:
    match = _CORE.match(token)
    return match.groups() if match else ("", token, "")  # type: ignore[return-value]


def _lower_word(stem: str, words: Vocabulary) -> str:
    parted = split_word(stem, words)
    return parted if parted != stem else correct_word(stem, words)


def _first_word(token: str, words: Vocabulary) -> str:
    """A capital begins a sentence, or a name: only the language's most common words are set right there."""
    before, core, after = _split(token)
    lower = core.lower()
    if words.lexicon is None or not core.isalpha() or not core[1:].islower() or words.own[lower] > 2:
        return token
    fixed = correct_word(lower, words)
    return f"{before}{fixed.capitalize()}{after}" if fixed != lower and fixed in words.lexicon.common else token


def _capital_i(token: str, follower: str, first: bool) -> str:
    """English alone has a word that is one capital I, and OCR reads l, | or 1 for it."""
    if token in ("l", "|") and follower in _AFTER_I:
        return "I"
    if re.fullmatch(r"[l|]['\u2019](?:m|ve|ll|d)", token):
        return "I" + token[1:]
    return _CAPITAL_I.get(token, token) if first and follower.islower() else token


def _join(first: str, second: str, words: Vocabulary) -> str:
    before, one, rest = _split(first)
    start, two, after = _split(second)
    if rest or start or not (_LOWER.fullmatch(one) and _LOWER.fullmatch(two) and one.islower() and two.islower()):
        return ""
    whole = join_words(one, two, words)
    return f"{before}{whole}{after}" if whole else ""


def looks_recognised(text: str, words: Vocabulary) -> bool:
    """Whether a text of unknown origin bears the marks of OCR: misread words in a share that nobody's own writing reaches.

    A word counts as misread when one clear likeness turns what is no word into a common one.
    """
    if words.lexicon is None:
        return False
    total = sum(words.own.values())
    known = words.lexicon.frequencies
    suspects = {word: n for word, n in words.own.items() if word not in known and len(word) > 3 and word.isalpha()}
    digits = Counter(_MISREAD_DIGIT.findall(text))
    if sum(suspects.values()) + sum(digits.values()) < SHARE_MISREAD * total:
        return False
    misread = {word: n for word, n in suspects.items() if words.zipf(likely(word, words)) >= PLAIN and not words.is_foreign(word)}
    misread |= {word: n for word, n in digits.items() if correct_digits(word, words) != word}
    share = sum(misread.values()) / max(total, 1)
    return (len(misread) >= 3 and share >= SHARE_MISREAD) or (len(misread) == 2 and share >= SHARE_IN_A_LINE)


_MISREAD_DIGIT = re.compile(r"(?<![^\s(\"'])[a-z]+[01|][a-z]+(?![^\s.,;:!?)\"'])")
SHARE_MISREAD = 0.005  # clean texts stay below .0015 (evals/cleaning.py)
SHARE_IN_A_LINE = 0.08
PLAIN = 4.0  # zipf of a common word
