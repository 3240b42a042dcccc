"""Which documents say the same as others, or nearly. Each keeps its own identity, access list and citation (law 9).

Equal is the same words. Near is a resemblance of at least `NEAR`: pairs are proposed by signatures that agree on a band (locality
sensitive hashing) and verified on the texts. Each document is compared with a few of those before it, so a thousand copies of one
text cost a thousand comparisons and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from catalog.duplicates import Signed
from catalog.ids import DocumentId
from index.sketch import NEAR, Shingles, bands, estimate, resemblance

COMPARED = 8
"""Of a band's documents each is compared with so many at most: different groups may share a band by chance."""
DOUBT = 0.15
"""A pair whose signatures tell less than `NEAR` by this much is not verified: three standard errors."""


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that say nearly the same. `resemblance` is to the first of them, which came first; equal texts have 1."""

    members: tuple[Signed, ...]
    resemblance: tuple[float, ...]


def is_duplicate(document: DocumentId, holders: Sequence[DocumentId], together: Collection[DocumentId]) -> bool:
    """Whether another of the `holders` of the same text was there first.

    `together` arrived in the same batch; among those the lowest number counts as first, so that one of them is no duplicate.
    """
    return any(other != document and (other not in together or other < document) for other in holders)


def near_duplicates(documents: Iterable[Signed], shingles_of: Callable[[Signed], Shingles], least: float = NEAR) -> list[Group]:
    """The groups of two and more among `documents`, in the order in which their first one came.

    Who resembles a member of a group belongs to it. `shingles_of` is asked for what must be verified, several times for some.
    """
    leaders: dict[str, Signed] = {}  # the first document of each text
    copies: dict[str, list[Signed]] = {}
    for one in documents:
        leaders.setdefault(one.text_hash, one)
        copies.setdefault(one.text_hash, []).append(one)
    parent = {text: text for text in leaders}

    def root(text: str) -> str:
        while parent[text] != text:
            parent[text] = parent[parent[text]]
            text = parent[text]
        return text

    def came(text: str) -> int:
        return leaders[text].document_id

    buckets: dict[tuple[int, bytes], list[Signed]] = {}
    for text, one in leaders.items():
        compared: set[str] = set()
        for band in bands(one.signature):
            bucket = buckets.setdefault(band, [])
            for other in bucket:
                theirs = root(other.text_hash)
                if theirs == root(text) or other.text_hash in compared:
                    continue
                compared.add(other.text_hash)
                if estimate(one.signature, other.signature) < least - DOUBT:
                    continue
                if resemblance(shingles_of(one), shingles_of(other)) >= least:
                    parent[max(root(text), theirs, key=came)] = min(root(text), theirs, key=came)
            if len(bucket) < COMPARED:
                bucket.append(one)
    groups: dict[str, list[Signed]] = {}
    for text in leaders:
        groups.setdefault(root(text), []).extend(copies[text])
    return [_group(members, shingles_of) for members in groups.values() if len(members) > 1]


def _group(members: list[Signed], shingles_of: Callable[[Signed], Shingles]) -> Group:
    members.sort(key=lambda one: one.document_id)
    first = shingles_of(members[0])
    alike = (1.0 if m.text_hash == members[0].text_hash else resemblance(first, shingles_of(m)) for m in members)
    return Group(tuple(members), tuple(alike))
