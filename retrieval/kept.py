"""What the cache keeps of an answer: which points, in which order, by which scores. No text, no name, no word about access.

A text is fetched anew each time, by the recheck, for whoever may read it then. An entry is bytes, equally long for equal numbers
of hits; what is not one raises `ValueError`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np

from catalog.ids import ChunkId, DocumentId, Label
from index.point import Hit, Vector
from retrieval.query import Confirmed, Passage

FORMAT = 1
"""Raise it whenever the same hits would make another answer: entries of other formats are none."""
MOST_HITS = 256
"""An answer that folds more duplicates than that is not kept."""
GUARD_BYTES = 16

_HEAD = struct.Struct(">BdHH")
_HIT = struct.Struct(">16sqdddB")
_ANY = Label(0)


@dataclass(frozen=True, slots=True)
class Kept:
    """The hits that an answer is made of: its passages, what was folded into them, and the best that screening left out.

    `near`: those that the index found by the whole question; the others only by a code or a phrase in it. `took_ms`: what the
    search took. `guard` and `vector` tell to which other questions the answer may be given; None where to none.
    """

    hits: tuple[Hit, ...]
    near: frozenset[ChunkId]
    took_ms: float
    guard: bytes | None = None
    vector: Vector | None = field(default=None, compare=False)

    def encoded(self) -> bytes:
        """The entry. A vector loses what float16 cannot hold: cosines move by less than a thousandth."""
        alike = b"" if self.guard is None or self.vector is None else self.guard + self.vector.astype(">f2").tobytes()
        parts = [_HEAD.pack(FORMAT, self.took_ms, len(self.hits), len(alike))]
        for hit in self.hits:
            known = [math.nan if value is None else value for value in (hit.dense, hit.lexical)]
            parts.append(_HIT.pack(hit.chunk_id.bytes, hit.document_id, hit.score, *known, hit.chunk_id in self.near))
        return b"".join((*parts, alike))


def decoded(entry: bytes) -> Kept:
    """What was encoded. Raises `ValueError`: it is no entry, or one of another format."""
    try:
        version, took_ms, count, rest = _HEAD.unpack_from(entry)
        if version != FORMAT or len(entry) != _HEAD.size + count * _HIT.size + rest:
            raise ValueError("no entry of this format")
        rows = list(_HIT.iter_unpack(entry[_HEAD.size : len(entry) - rest]))
    except struct.error as error:
        raise ValueError("no entry") from error
    ids = [ChunkId(UUID(bytes=row[0])) for row in rows]
    hits = tuple(
        Hit(id_, DocumentId(document), _ANY, score, _known(dense), _known(lexical))
        for id_, (_, document, score, dense, lexical, _) in zip(ids, rows, strict=True)
    )
    near = frozenset(id_ for id_, row in zip(ids, rows, strict=True) if row[-1])
    if not rest:
        return Kept(hits, near, took_ms)
    alike = entry[len(entry) - rest :]
    vector = np.frombuffer(alike[GUARD_BYTES:], ">f2").astype(np.float32)
    return Kept(hits, near, took_ms, alike[:GUARD_BYTES], vector)


def kept_hits(
    groups: Sequence[Sequence[Confirmed]],
    passages: Sequence[Passage],
    confirmed: Sequence[Confirmed],
    screened_out: Collection[ChunkId],
) -> tuple[Hit, ...]:
    """The hits from which ranking makes the same passages again.

    `groups` are the places of the answer with all that was folded into each: what has no place in any of them changes none.
    `confirmed` still have the index's scores. Of what was `screened_out` the best is kept: only its score is ever asked for.
    """
    cosines = {passage.chunk.chunk_id: passage.dense for passage in passages}
    members = {one.chunk.chunk_id: one.dense for group in groups for one in group} | cosines
    best = max((one for one in confirmed if one.chunk.chunk_id in screened_out), key=_score, default=None)
    return tuple(
        Hit(
            one.chunk.chunk_id,
            one.chunk.key.document_id,
            _ANY,
            one.score,
            members.get(one.chunk.chunk_id, one.dense),
            one.lexical,
        )
        for one in confirmed
        if one.chunk.chunk_id in members or one is best
    )


def best_alike(entries: Mapping[str, Kept], guard: bytes, vector: Vector, least: float) -> tuple[str, Kept] | None:
    """The entry of an equal guard whose question is nearest to `vector`, if its cosine is `least` or more; and its name."""
    alike = [(name, one) for name, one in entries.items() if one.guard == guard and one.vector is not None]
    near = [(_cosine(vector, one.vector), name, one) for name, one in alike if one.vector is not None]
    cosine, name, kept = max(near, key=lambda one: one[0], default=(-1.0, "", None))
    return (name, kept) if kept is not None and cosine >= least else None


def _cosine(one: Vector, other: Vector) -> float:
    if one.shape != other.shape:
        return -1.0
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.dot(one, other)) / length if length and math.isfinite(length) else -1.0


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _score(one: Confirmed) -> float:
    return one.score
