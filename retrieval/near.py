"""Whether a passage says nothing beyond a better one of a near-duplicate document: then it need not take another place.

The documents must be near-duplicates by their signatures, and the passage's words all but contained in the other's. What is told
by a number, a code, a name, a sign or a negation must stand there word for word: a rule with 30 days and its copy with 90 are
two, and so are two rules whose numbers changed places.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.ids import ChunkId, VersionId
from catalog.text import StoredChunk
from index.sketch import NEAR, SHINGLE_WORDS, Shingles, containment, estimates, shingles

CONTAINED = 0.9
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[%‰<>≤≥=±€$£¥§°]")
NEGATIONS = frozenset(
    (
        *("no", "not", "never", "none", "nor", "neither", "without", "cannot", "except", "unless"),
        *("nicht", "kein", "keine", "keinen", "keinem", "keiner", "nie", "niemals", "ohne", "außer"),
        *("ne", "pas", "jamais", "sans", "aucun", "aucune", "sauf", "non", "nunca", "jamás", "sin", "ningún", "ninguna"),
        *("niet", "geen", "nooit", "zonder", "mai", "senza", "nessun", "nessuna", "não", "sem"),
    )
)


Triple = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    shingles: Shingles
    triples: frozenset[Triple]
    telling: frozenset[Triple]  # those that hold a digit, a capital, a sign or a negation
    negations: frozenset[str]


class Nearness:
    """Compares the passages of one answer. `signatures` are those of their versions; one that is missing is near to none."""

    def __init__(self, signatures: Mapping[VersionId, bytes]) -> None:
        self._signatures = signatures
        self._versions = tuple(signatures)
        self._said: dict[ChunkId, _Said] = {}
        self._near: dict[VersionId, frozenset[VersionId]] = {}

    def adds_nothing(self, chunk: StoredChunk, better: StoredChunk) -> bool:
        """Whether `chunk` may fold into `better`, of another document."""
        if chunk.key == better.key or not self._documents_near(better.version_id, chunk.version_id):
            return False
        mine, theirs = self._of(chunk), self._of(better)
        return (
            mine.negations == theirs.negations
            and mine.telling <= theirs.triples
            and containment(mine.shingles, theirs.shingles) >= CONTAINED
        )

    def _documents_near(self, one: VersionId, other: VersionId) -> bool:
        """Told either way round. `one` is held against all at once: let it be a place's (they are few), not a candidate's."""
        if one not in self._signatures:
            return False
        if one not in self._near:
            alike = estimates(self._signatures[one], tuple(self._signatures.values())) >= NEAR
            self._near[one] = frozenset(v for v, is_near in zip(self._versions, alike.tolist(), strict=True) if is_near)
        return other in self._near[one]

    def _of(self, chunk: StoredChunk) -> _Said:
        if chunk.chunk_id not in self._said:
            self._said[chunk.chunk_id] = _said(chunk.text)
        return self._said[chunk.chunk_id]


def _said(text: str) -> _Said:
    tokens = _TOKEN.findall(text)
    plain = [token.casefold() for token in tokens]
    marked = [_is_marked(token) for token in tokens]
    last = max(1, len(plain) - SHINGLE_WORDS + 1)
    triples = [tuple(plain[n : n + SHINGLE_WORDS]) for n in range(last)]
    telling = (triple for n, triple in enumerate(triples) if any(marked[n : n + SHINGLE_WORDS]))
    return _Said(shingles(text), frozenset(triples), frozenset(telling), frozenset(map(_negation, plain)) - {""})


def _is_marked(token: str) -> bool:
    return (
        not token[0].isalpha() or token[0].isupper() or any(sign.isdigit() for sign in token) or bool(_negation(token.casefold()))
    )


def _negation(token: str) -> str:
    """The negation that a word is or ends in; empty where there is none."""
    return token if token in NEGATIONS else "not" if token.endswith(("n't", "n’t")) else ""
