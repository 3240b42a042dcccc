"""The words that name nobody: English words in use, less what is a name somewhere. For `privacy/names/windows.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evals.names_corpus import Example
from evals.names_people import KINDS, LOCALES

WORDS = 40_000
FUNCTION_WORD = 5.6
"""Zipf frequency (wordfreq) from which a word is a word though somebody bears it: `an`, `may`, `will`."""
DRAWS = 4_000


def ordinary_words(examples: Iterable[Example]) -> list[str]:
    """One a line, sorted; a star behind those that no place, firm or family has either, so that a capital means nothing."""
    from wordfreq import top_n_list, zipf_frequency

    given, english, others = _names()
    labelled: set[str] = set()
    unlike: set[str] = {word.casefold() for word in KINDS}
    for text, labels in examples:
        for start, end, label in labels:
            words = text[start:end].replace("-", " ").replace("'", " ").split()
            labelled.update(map(str.casefold, words))
            if label == "PERSON":
                unlike.update(filter(str.islower, words))
    borne = given | others | labelled
    found = []
    for word in sorted(w for w in top_n_list("en", WORDS) if w.isalpha() and w.isascii()):
        common = zipf_frequency(word, "en") >= FUNCTION_WORD
        if word in given and not common:
            continue
        strict = word not in (english if common else borne)
        if strict or word not in unlike or common:
            found.append(word + "*" * strict)
    return found


def _names() -> tuple[set[str], set[str], set[str]]:
    """First names, those of Britain and America, and last names with the words of towns, of all that Faker is asked for."""
    from faker import Faker

    given: set[str] = set()
    english: set[str] = set()
    others: set[str] = set()
    for n, locale in enumerate(sorted(set(LOCALES))):
        fake: Any = Faker(locale, use_weighting=False)
        fake.seed_instance(n)
        for _ in range(DRAWS):
            first = str(fake.first_name()).casefold().split()
            given.update(first)
            if locale in ("en_US", "en_GB"):
                english.update(first)
            others.update(str(fake.last_name()).casefold().replace("-", " ").split())
            others.update(str(fake.city()).casefold().split())
    return given, english, others
