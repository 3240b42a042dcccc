"""Letters that were spread for emphasis, S E C T I O N, are a word again when they spell one."""

from __future__ import annotations

import re

from ingest.clean.vocabulary import Vocabulary

_SPREAD = re.compile(r"(?<![^\s(\[\"'\u201c])[^\W\d_](?: [^\W\d_]){3,}(?![^\s.,:;!?)\]\"'\u201d])")
_WIDE = re.compile(
    r"(?<![^\s(\[\"'\u201c])[^\W\d_](?: [^\W\d_])*(?:[ \u00a0]{2,3}[^\W\d_](?: [^\W\d_])*)+(?![^\s.,:;!?)\]\"'\u201d])"
)
COMMON = 3.0  # zipf; rarer words are spelled by accident
LONGEST = 24


def spaced_letters(text: str, words: Vocabulary) -> tuple[str, int]:
    """Four single letters or more. Wide gaps part words; without them the letters must spell one word, or two common ones."""
    found = 0

    def join(match: re.Match[str]) -> str:
        nonlocal found
        spelled = [_spell(part.replace(" ", ""), words) for part in re.split("[ \u00a0]{2,3}", match.group())]
        if not all(spelled) or sum(map(len, spelled)) < 4:
            return match.group()
        found += 1
        return " ".join(spelled)

    if not _SPREAD.search(text):
        return text, 0
    text = _WIDE.sub(join, text)
    return _SPREAD.sub(join, text), found


def _spell(letters: str, words: Vocabulary) -> str:
    """The letters as a word or as two; nothing when they spell none."""
    if not (letters.isupper() or letters.islower() or letters.istitle()):
        return ""
    if (len(letters) >= 4 and words.own[letters.casefold()]) or words.zipf(letters) >= COMMON:
        return letters
    cuts = range(2, len(letters) - 1) if len(letters) <= LONGEST else ()
    pairs = [(min(words.zipf(letters[:i]), words.zipf(letters[i:])), i) for i in cuts]
    best, cut = max(pairs, default=(0.0, 0))
    return f"{letters[:cut]} {letters[cut:]}" if best >= COMMON + 1 else ""
