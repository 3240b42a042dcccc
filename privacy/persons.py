"""Names of people as values: one spelling for one name, whose short forms they are, and where else they stand. Pure.

What is certain of a name alone holds in every document: case, accents, order around a comma, titles and a possessive change
nothing. What a document adds holds in that document: `Silva` is Ana Silva where only one person there bears it. Two people of
one name share a pseudonym, as they share the name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir madam dame lord lady herr frau mme mlle monsieur madame señor señora senor "
    "senora sr sra don doña signor signora dott ing mag rev reverend fr father pastor rabbi judge justice hon senator "
    "captain capt colonel col".split()
)
SUFFIXES = frozenset("jr sr ii iii iv md phd esq".split())
ARTICLES = frozenset("a an the this that these those each every no any our your their its der die das le la el il een".split())
SHORTEST = 3
"""Letters of one of a person's names that is looked for by itself."""
Place = tuple[int, int]
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’ʼ]s?$", re.IGNORECASE)
_GAP = re.compile(r"[\s.,-]{1,4}")


def normal_person(value: str) -> str:
    """`Dr. SILVA,  Ána's` and `Ana Silva` are `ana silva`. Idempotent; a name that is nothing but a title stays."""
    text = _POSSESSIVE.sub("", " ".join(_folded(value).split()))
    before, comma, after = text.partition(",")
    tail = [word for word in _words(after) if word not in SUFFIXES]
    if comma and "," not in after and tail and _words(before):
        text = f"{after} {before}"
    words = _words(text)
    bare = [word for word in words if word not in TITLES and word not in SUFFIXES]
    return " ".join(bare or words) or " ".join(text.split())


def family_name(normal: str) -> str | None:
    """The last word of a normal name of several, which its bearer is called by alone; None where there is none."""
    words = normal.split()
    return words[-1] if len(words) > 1 and len(words[-1]) > 1 else None


def full_names(values: Iterable[str]) -> dict[str, str]:
    """For each form among the normal `values` that stands for one full name among them, that name; the uncertain are left out.

    The full name is the one without a middle, where that is there too: it is what people ask for.
    """
    every = set(values)
    fulls = {value for value in every if sum(len(word) > 1 for word in value.split()) > 1}
    certain: dict[str, str] = {}
    for ends, group in _by_ends(fulls).items():
        if len(group) == 2 and ends in group:
            certain[max(group, key=len)] = ends
    bearers: dict[str, set[str]] = {}
    for name in fulls - certain.keys():
        for short in _shorts(name.split()):
            bearers.setdefault(short, set()).add(name)
    for value in every - fulls:
        if len(names := bearers.get(value, set())) == 1:
            certain[value] = next(iter(names))
    return certain


def _by_ends(fulls: Iterable[str]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for name in fulls:
        first, *_, last = name.split()
        groups.setdefault(f"{first} {last}", set()).add(name)
    return groups


Known = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
"""Every form of the names that are looked for, with its name, by its first word; the longest first."""


def known_forms(values: Iterable[str]) -> Known:
    """The forms of the names `values` (normal) that nobody would doubt."""
    forms: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for value in sorted(set(values)):
        for form in _forms(value):
            forms.setdefault(form[0], []).append((form, value))
    for known in forms.values():
        known.sort(key=lambda pair: -len(pair[0]))
    return forms


def mentions_of(known: Known, text: str, ordinary: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Where `text` has a known form: half-open, with the name it is.

    A single name counts with a capital alone. When it is an `ordinary` word, it must be a family name inside a sentence in which
    nothing else would have given it the capital: `This month Player returns`.
    """
    if not known:
        return
    words = [(m.start(), m.end()) for m in _WORD.finditer(text)]
    n = 0
    folded = [_folded(_POSSESSIVE.sub("", text[a:b])) for a, b in words]
    while n < len(words):
        step = 1
        for form, value in known.get(folded[n], ()):
            if tuple(folded[n : n + len(form)]) == form and _is_name(text, words, n, form, value, ordinary):
                start, end = words[n][0], words[n + len(form) - 1][1]
                yield start, start + len(_POSSESSIVE.sub("", text[start:end])), value
                step = len(form)
                break
        n += step


def _forms(value: str) -> set[tuple[str, ...]]:
    words = tuple(value.split())
    forms = set() if len(words) == 1 else {words, (words[-1], *words[:-1])}
    if len(words) > 1 and all(len(w) > 1 for w in (words[0], words[-1])):
        forms |= {(words[0][0], words[-1]), (words[0], words[-1]), (words[-1], words[0])}
    forms |= {words} if len(words) == 1 else {(word,) for word in (words[0], words[-1]) if len(word) >= SHORTEST}
    return {form for form in forms if any(len(word) > 1 for word in form)}


def _is_name(text: str, words: list[Place], n: int, form: tuple[str, ...], value: str, ordinary: Collection[str]) -> bool:
    """Whether the words from n on, which are those of `form`, are one name and not words that happen to stand there."""
    here = words[n : n + len(form)]
    if any(_GAP.fullmatch(text, a, b) is None for (_, a), (b, _) in pairwise(here)):
        return False
    if len(form) > 1 and all(len(word) > 1 for word in form):
        return True
    if any(text[start].islower() for start, _ in here):
        return False
    return len(form) > 1 or form[0] not in ordinary or (" " in value and value.endswith(form[0]) and _in_sentence(text, words, n))


def _in_sentence(text: str, words: list[Place], n: int) -> bool:
    """Whether word n has a capital that only a name has: between words without one, and behind no article."""
    if n == 0 or text[words[n - 1][1] : words[n][0]] not in (" ", "\n"):
        return False
    before = text[slice(*words[n - 1])]
    follows = n + 1 < len(words) and text[words[n][1] : words[n + 1][0]] in (" ", "\n") and not text[words[n + 1][0]].islower()
    return before.islower() and before not in ARTICLES and not follows and not text[slice(*words[n])].isupper()


def _shorts(words: list[str]) -> Iterator[str]:
    """What a person is called where the full name was said: by one of its ends, or with initials."""
    first, last = words[0], words[-1]
    yield from (first, last, f"{first[0]} {last}", f"{last} {first[0]}")
    if len(words) > 2:
        middle = " ".join(word[0] for word in words[1:-1])
        yield from (f"{first[0]} {middle} {last}", f"{last} {first[0]} {middle}")


def _folded(value: str) -> str:
    """Without case and accents."""
    if value.isascii():
        return value.casefold()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", value).casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in text if not unicodedata.combining(c)))


def _words(text: str) -> list[str]:
    return [found for found in re.split(r"[\s.,;]+", text) if found.strip("-'’ʼ")]
