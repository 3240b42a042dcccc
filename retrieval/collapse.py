"""When a passage says nothing beyond another one. In doubt it does: a second result costs a few lines, a hidden value is a wrong answer.

Two copies of a policy that differ in a number, a code, a negation or a name stay two results, however alike the rest of them is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import chain

from catalog.likeness import SHINGLE
from catalog.text import StoredChunk

CONTAINED = 0.9
"""The share of a passage's shingles that must stand in the other one."""

_TOKEN = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"  # no spaces between words
    r"|[^\W_]+(?:'[^\W_]+)*"
    r"|(?<![^\W_])[-+\u2212](?=[.,]?\d)"  # a sign
    r"|[%‰°<>≤≥≠±~$€£¥₹]"
)
_APOSTROPHES = str.maketrans("\u2019\u02bc\uff07", "'''")
_INVERTING = frozenset(
    """
    no not never none nothing nobody neither nor without cannot except excepting excluding unless only hardly
    nicht nichts nie niemals niemand kein keine keinen keinem keiner keines ohne weder außer ausser nur
    ne pas jamais aucun aucune sans ni rien sauf seulement
    non mai senza né nessun nessuno nessuna niente tranne solo soltanto
    nunca jamás sin ningún ninguno ninguna nada excepto salvo sino solamente
    não nem sem nenhum nenhuma exceto somente apenas
    niet niets geen nooit zonder noch behalve alleen
    nie bez ikke ingen aldrig inte aldrig utan uden ei ikkje
    не ни без нет никогда кроме только
    不 没 沒 無 无 非 未 勿 別 别 莫 否
    """.split()
)
"""Words that turn a sentence around when they are put in or left out, in the languages that documents come in most."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a passage says, as comparing needs it. `around` is what its headings and title say."""

    tokens: tuple[str, ...]
    shingles: frozenset[tuple[str, ...]]
    inverting: Counter[str]
    headings: frozenset[str]
    around: frozenset[str]


def said(chunk: StoredChunk) -> Said:
    """The passage's own text in tokens: words, numbers, signs and units, without case and typography."""
    tokens = _tokens(chunk.text)
    headings = frozenset(_tokens("\n".join(chunk.headings)))
    return Said(
        tokens=tokens,
        shingles=_shingles(tokens),
        inverting=Counter(token for token in tokens if _inverts(token)),
        headings=headings,
        around=frozenset(chain(tokens, headings, _tokens(chunk.title))),
    )


def adds_nothing(one: Said, to: Said) -> bool:
    """Whether whoever reads `to` has read all that `one` says.

    The words of `one` must stand in `to` in the same order, at most a tenth of its shingles torn apart by what `to` says besides;
    none of those may hold a number, a code or a unit, and nothing that inverts may have come in between. Its headings' words
    must stand around `to`.
    """
    if not one.tokens or not one.headings <= to.around:
        return False
    torn = one.shingles - to.shingles
    if len(torn) > (1 - CONTAINED) * len(one.shingles) or any(_exact(token) for shingle in torn for token in shingle):
        return False
    if torn and one.inverting != to.inverting:
        return False
    rest = iter(to.tokens)
    return all(token in rest for token in one.tokens)  # each search goes on where the last one ended: order counts


def _tokens(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    return tuple("-" if token == "\u2212" else token for token in _TOKEN.findall(plain))


def _shingles(tokens: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    width = min(SHINGLE, len(tokens))
    return frozenset(tokens[n : n + width] for n in range(len(tokens) - width + 1)) if tokens else frozenset()


def _exact(token: str) -> bool:
    """A number, a code, a sign or a unit: what must not be lost in the crowd; and whatever inverts."""
    return not token[0].isalpha() or any(c.isdigit() for c in token) or _inverts(token)


def _inverts(token: str) -> bool:
    return token in _INVERTING or token.endswith("n't")
