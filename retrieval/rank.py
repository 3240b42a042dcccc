"""Best first, and each text once. Duplicates collapse only among what the asker may read (law 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.ids import VersionId
from catalog.likeness import THRESHOLD, likenesses
from retrieval.collapse import Said, adds_nothing, said
from retrieval.query import Confirmed, Dedup, Passage


def rank(
    confirmed: Iterable[Confirmed],
    top_k: int,
    dedup: Dedup = "exact",
    signatures: Mapping[VersionId, bytes] | None = None,
) -> tuple[Passage, ...]:
    """The best `top_k` distinct texts, numbered from 1. Equal scores go by document name, then by position: never by chance.

    `exact`: equal texts are one result. `near`: also what says nothing beyond a better result of a near-duplicate document, by
    the `signatures` of the hits' versions. `off`: every hit is a result.
    """
    ordered = sorted(confirmed, key=lambda c: (-c.score, c.chunk.document_name, c.chunk.position))
    if dedup == "off":
        return tuple(_passage(ref, [one]) for ref, one in enumerate(ordered[:top_k], start=1))
    same: dict[str, list[Confirmed]] = {}
    for one in ordered:
        same.setdefault(one.chunk.text_hash, []).append(one)
    groups = list(same.values())
    if dedup == "near" and signatures:
        groups = _folded(groups, top_k, _Near(signatures))
    return tuple(_passage(ref, group) for ref, group in enumerate(groups[:top_k], start=1))


def _folded(groups: Sequence[list[Confirmed]], top_k: int, near: _Near) -> list[list[Confirmed]]:
    """A group goes into the best one before it that leaves nothing of it unsaid. Only `top_k` are kept to go into."""
    kept: list[list[Confirmed]] = []
    for group in groups:
        home = next((k for k in kept if near.fits(group, k[0])), None)
        if home is not None:
            home.extend(group)
        elif len(kept) < top_k:
            kept.append(list(group))
    return kept


@dataclass(slots=True)
class _Near:
    """Which versions are near-duplicates, by their signatures, and what passages say: each worked out when first asked."""

    signatures: Mapping[VersionId, bytes]
    _near: dict[VersionId, frozenset[VersionId]] = field(default_factory=dict)
    _said: dict[str, Said] = field(default_factory=dict)

    def fits(self, group: Sequence[Confirmed], best: Confirmed) -> bool:
        """Whether all of a group are of other documents, each a near-duplicate of `best`'s, and say nothing beyond `best`."""
        alike = self._like(best.chunk.version_id)
        for one in group:
            if one.chunk.key == best.chunk.key or one.chunk.version_id not in alike:
                return False
        return adds_nothing(self._of(group[0]), to=self._of(best))

    def _like(self, version: VersionId) -> frozenset[VersionId]:
        if version not in self._near:
            others = list(self.signatures)
            alike = likenesses(self.signatures.get(version, b""), list(self.signatures.values())) >= THRESHOLD
            self._near[version] = frozenset(other for other, near in zip(others, alike, strict=True) if near)
        return self._near[version]

    def _of(self, one: Confirmed) -> Said:
        key = one.chunk.text_hash
        if key not in self._said:
            self._said[key] = said(one.chunk)
        return self._said[key]


def _passage(ref: int, group: Sequence[Confirmed]) -> Passage:
    best = group[0]
    others = {c.chunk.document_name for c in group} - {best.chunk.document_name}
    return Passage(ref=ref, chunk=best.chunk, score=best.score, duplicates=tuple(sorted(others)))
