"""Where a question points back: pronouns, `this parliament`, `the second one`, and openers such as `and what about`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.cues import Cues
from retrieval.phrases import Phrase, Word

REPLACED = frozenset("he him his she her hers it its they them their theirs".split())
"""Pronouns in whose place what they mean can stand."""
ARTICLES = frozenset("the a an der die das den dem ein eine le la les un une el los las una".split())
_WHICH = frozenset("of that which who where whose in for".split())
"""Begins what says which one is meant: `the city of Bern`."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """`span` is where it stands, `replaced` the part that what it means can take the place of; `nth` is an ordinal's place."""

    span: tuple[int, int]
    replaced: tuple[int, int] | None = None
    nth: int = 0
    among_named: bool = False


def opened_by(question: str, openers: Sequence[str]) -> str | None:
    """What follows the longest of the openers that the question begins with; None where it begins with none, or has no more."""
    start = len(question) - len(question.lstrip())
    plain = question.replace("’", "'").lower()[start:]
    if len(plain) != len(question) - start:  # a letter whose small form is longer: no opener of ours holds one
        return None
    for opener in sorted(openers, key=len, reverse=True):
        if plain.startswith(opener) and not plain[len(opener) : len(opener) + 1].isalnum():
            rest = question[start + len(opener) :].lstrip(" ,:-–—")
            return rest if any(sign.isalnum() for sign in rest) else None
    return None


def ordinal(question: str, words: Sequence[Word], cues: Cues) -> Pointer | None:
    """`the second one`, `the third result`, `the latter`: the place it means, from 1 (-1: the last)."""
    places = dict(cues.ordinals)
    for at, word in enumerate(words):
        if word.plain in cues.former or word.plain in cues.latter:
            nth = 1 if word.plain in cues.former else 2
            return Pointer((_article(words, at, cues), _one(words, at + 1, cues)), nth=nth, among_named=True)
        if word.plain not in places or at == 0 or words[at - 1].plain not in cues.grammar:
            continue
        following = words[at + 1] if at + 1 < len(words) else None
        if (
            following is None
            or following.plain in cues.ones
            or question[word.end : following.start].strip()
            or _of_them(words, at)
        ):
            return Pointer((_article(words, at, cues), _one(words, at + 1, cues)), nth=places[word.plain])
    return None


def _of_them(words: Sequence[Word], at: int) -> bool:
    return [word.plain for word in words[at + 1 : at + 3]] in (["of", "them"], ["of", "these"], ["of", "those"])


def _article(words: Sequence[Word], at: int, cues: Cues) -> int:
    return words[at - 1].start if at and words[at - 1].plain in ARTICLES else words[at].start


def _one(words: Sequence[Word], at: int, cues: Cues) -> int:
    if at < len(words) and words[at].plain in cues.ones:
        return words[at].end
    return words[at + 1].end if _of_them(words, at - 1) else words[at - 1].end


def points_back(question: str, words: Sequence[Word], phrases: Sequence[Phrase], cues: Cues) -> Pointer | None:
    """The first word that means something said before this question; None where each finds its meaning in it."""
    for at, word in enumerate(words):
        if word.is_name and at and len(word.text) > 1 and word.text.isupper():
            continue
        if word.plain in cues.pronouns and not _bound(words, at, phrases, cues) and not _empty(words, at, cues):
            span = (word.start, word.end)
            return Pointer(span, span if word.plain in REPLACED else None)
        if word.plain in cues.pointing and _points(question, words, at, cues):
            return Pointer((word.start, word.end))
        if word.plain == "there" and _is_place(words, at):
            return Pointer((word.start, word.end))
        if word.plain in cues.articles and _general(question, words, at, cues):
            return Pointer((word.start, word.end))
        if word.plain in ("one", "ones") and at and words[at - 1].plain in ("which", "that", "this", "other", "mark", "write"):
            return Pointer((word.start, word.end))
    return None


def _bound(words: Sequence[Word], at: int, phrases: Sequence[Phrase], cues: Cues) -> bool:
    """Whether the pronoun's meaning stands in its own question.

    `How old was Peyton Manning when he played?`: a name, a word that begins a clause, the pronoun. `Did ABC finish its change?`:
    a name, a verb, the possessive; but not `Which Microsoft CEO is one of its alumni?`, which has no verb between them.
    """
    begins = [n for n in range(1, at) if words[n].plain in cues.binding]
    if begins and any(
        phrase.place + len(phrase.words) <= begins[-1] and (phrase.sort == "named" or _indefinite(words, phrase))
        for phrase in phrases
    ):
        return True
    if words[at].plain not in ("its", "their"):
        return False
    names = [phrase.place + len(phrase.words) for phrase in phrases if phrase.sort == "named" and phrase.place < at]
    return bool(names) and any(word.plain not in cues.grammar for word in words[names[0] : at])


def _indefinite(words: Sequence[Word], phrase: Phrase) -> bool:
    return phrase.place > 0 and words[phrase.place - 1].plain in ("a", "an", "any", "every", "each")


def _empty(words: Sequence[Word], at: int, cues: Cues) -> bool:
    """`Is it true that ...`, `How long does it take to ...`: this `it` means nothing."""
    if words[at].plain not in ("it", "es", "il"):
        return False
    then = at + 1
    while then < len(words) and words[then].plain in cues.adverbs:
        then += 1
    following = words[then].plain if then < len(words) else ""
    if following not in cues.expletive:
        return False
    later = {word.plain for word in words[then + 1 : then + 5]}
    return bool(later & {"that", "to", "if", "for", "dass", "que", "de", "zu"}) or following in ("rain", "rains")


def _points(question: str, words: Sequence[Word], at: int, cues: Cues) -> bool:
    """Whether `that` and the like stand for something, and do not just begin a clause."""
    word = words[at]
    if word.plain == "such":
        return at + 1 < len(words) and words[at + 1].plain not in ("as", "a", "an")
    if word.plain not in ("that", "this", "these", "those"):
        return True
    following = words[at + 1] if at + 1 < len(words) else None
    if following is None or question[word.end : following.start].strip():
        return True
    if word.plain in ("this", "these"):
        return True
    before = words[at - 1].plain if at else ""
    if word.plain == "those" and following.plain in ("who", "that", "which", "of"):
        return False
    if following.plain in cues.grammar:  # `so that it`, `the one that is`; but `of that in`, `after that is`
        return before in cues.prepositions or (at <= 2 and before in ("is", "was", "are", "were", "does", "did"))
    return before in cues.prepositions or (at <= 2 and before in ("does", "did", "do", "is", "was", ""))


def _is_place(words: Sequence[Word], at: int) -> bool:
    """Not the `there` of `is there` and `there are`."""
    around = {word.plain for word in (*words[max(0, at - 1) : at], *words[at + 1 : at + 2])}
    return not around & {"is", "are", "was", "were", "be", "been", "exist", "exists"} and at > 0


def _general(question: str, words: Sequence[Word], at: int, cues: Cues) -> bool:
    """`the city`: a general noun with nothing that says which."""
    if at + 1 >= len(words) or words[at + 1].plain not in cues.kinds:
        return False
    if at + 2 == len(words):
        return True
    following = words[at + 2]
    if question[words[at + 1].end : following.start].strip():
        return True
    if following.plain in _WHICH:
        return False
    return following.plain in cues.grammar or following.plain in cues.sides or following.plain.endswith("ed")
