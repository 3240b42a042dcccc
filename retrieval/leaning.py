"""Which passages of earlier answers a question of a session leans on: those whose words it took over. Pure.

It errs on the side of too many. What was erased, or may not be read any more, must not stand in a question that is kept.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from retrieval.rewrite import Quoted

WORD = re.compile(r"\w+")

Id = TypeVar("Id", bound=Hashable)


def leaning(searched: str, own: Iterable[str], quoted: Mapping[Id, Quoted]) -> tuple[Id, ...]:
    """Those of `quoted` that hold a word of `searched` which stands in none of the person's `own` questions.

    All of them where a word stands in neither: a model may have bent it.
    """
    foreign = _words([searched]) - _words(own)
    if not foreign:
        return ()
    texts = {id_: "\n".join((one.title, *one.headings, one.text)).casefold() for id_, one in quoted.items()}
    held = {id_ for id_, text in texts.items() if any(word in text for word in foreign)}
    found = {word for word in foreign if any(word in texts[id_] for id_ in held)}
    return tuple(quoted) if foreign - found else tuple(id_ for id_ in quoted if id_ in held)


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in WORD.findall(text.casefold()))
