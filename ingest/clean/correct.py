"""The word that was printed, judged from the one that OCR read: likeness of shapes against how common the words are.

A noisy channel in log10: score = zipf of the candidate - cost of the confusion. In doubt the word stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ingest.clean.confusions import candidates, slips, twice
from ingest.clean.vocabulary import OWN, Vocabulary

RARE = 2.6  # zipf: below, the lexicon itself may hold a misreading (tbe 2.6, tlie 1.7)
RARER = 3.0  # how much more common a candidate must be than a rare word of the lexicon
COMMON = (9.9, 9.9, 5.5, 4.5, 4.0, 3.4, 3.0)  # zipf that a candidate needs, by letters; the last for all longer words
MARGIN = 0.4  # by which the best candidate must lead
LONG = 7  # letters from which a word shows itself in spite of any one wrong letter
_SHORT_WITH_DIGIT = frozenset(
    {"0f", "0r", "f0r", "n0t", "y0u", "0ur", "0ut", "0ne", "t0o", "tw0", "h0w", "n0w", "wh0", "0ld", "0wn"}
)
_INNER_DIGIT = re.compile(r"[a-z|!01]*[a-z][|!01568\u20ac\u00a2]?[a-z]+")


def correct_word(word: str, words: Vocabulary) -> str:
    """For lower-case letters, apostrophes cut off. The word itself when it is one, or when nothing better is sure."""
    if len(word) < 3 or words.lexicon is None:
        return word
    own, zipf = words.own[word], words.zipf(word)
    if zipf >= RARE:
        return word
    options = candidates(word)
    if zipf == 0:
        best = _best(options, words)
        if not best and len(word) >= LONG - 1:
            best = _best(twice(options), words)
        if not best and len(word) >= LONG and own < OWN:
            best = _best(slips(word), words)
        if best and words.is_foreign(word):
            return word
    else:
        clear = {other: cost for other, cost in options.items() if cost <= 0.5 and words.zipf(other) >= zipf + RARER}
        best = _best(clear, words)
    if own >= OWN and best and words.own[best] < 2 * own and words.zipf(best) < 5.5:
        return word  # the text's own word
    return best or word


def likely(word: str, words: Vocabulary) -> str:
    """The word of the language that one likeness away was printed; nothing when none is sure."""
    return _best(candidates(word), words)


def correct_digits(word: str, words: Vocabulary) -> str:
    """For a word of letters with one digit or stroke inside: w0rd, c|ear. Never at its end, where digits belong (sha1, ipv4)."""
    if words.lexicon is None or (word in words.own and words.own[word] >= OWN):
        return word
    strange = [c for c in word if not c.isalpha()]
    if len(strange) != 1 or word[-1] in strange or not word.isascii():
        return word
    if len(word) <= 3:
        return word.replace("0", "o") if word in _SHORT_WITH_DIGIT and words.lexicon.language == "en" else word
    fixed = {other: cost for other, cost in candidates(word).items() if other.isalpha()}
    return _best(fixed, words) or word


def split_word(word: str, words: Vocabulary) -> str:
    """Two words that lost the space between them, one of them among the language's most common: ofthe, inthis."""
    if len(word) < 5 or words.lexicon is None or words.own[word] >= OWN:
        return word
    zipf = words.zipf(word)
    if zipf >= 3.5 or word.startswith(("there", "here", "where")):
        return word
    common, best, pair = words.lexicon.common, 0.0, word
    for cut in range(2, len(word) - 1):
        first, second = word[:cut], word[cut:]
        if first in common or second in common:
            weaker = min(words.zipf(first), words.zipf(second))
            if weaker > best:
                best, pair = weaker, f"{first} {second}"
    if zipf:
        return pair if best >= 6.6 else word
    enough = 4.5 if min(map(len, pair.split())) > 2 else 5.5
    return pair if best >= enough else word


def join_words(first: str, second: str, words: Vocabulary) -> str:
    """The word that a space broke: infor mation. Nothing when both halves may stand by themselves."""
    if words.lexicon is None or min(len(first), len(second)) < 2 or len(first) + len(second) < 6:
        return ""
    weaker, other = sorted((first, second), key=words.zipf)
    if words.zipf(weaker) >= RARE or words.own[weaker] >= OWN or other in words.lexicon.common:
        return ""
    whole = first + second
    return whole if words.zipf(whole) >= max(3.0, words.zipf(weaker) + 1) else ""


def _best(options: Mapping[str, float], words: Vocabulary) -> str:
    """The option that leads clearly and is common enough; nothing when none does."""
    scored = []
    for other, cost in options.items():
        zipf = words.zipf(other)
        own = words.own[other]
        if zipf >= COMMON[min(len(other), len(COMMON) - 1)] or (zipf >= RARE and own):
            scored.append((zipf + min(own, 3) / 2 - 2 * cost, other))
    scored.sort(reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] - scored[1][0] < MARGIN):
        return ""
    return scored[0][1]
