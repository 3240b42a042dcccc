"""What is asked and what is found, as values. A question enters here redacted; a passage exists only after the recheck."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from catalog.ids import DocumentKey
from catalog.text import StoredChunk
from catalog.versions import NOW, When
from index.model import Tokens
from retrieval.fields import Sieve

Dedup = Literal["near", "exact", "off"]
Format = Literal["text", "markdown", "xml", "messages"]
Mode = Literal["hybrid", "dense", "lexical"]
Order = Literal["rank", "document"]
Expand = Literal["none", "neighbours", "section", "auto"]
CacheUse = Literal["off", "bypass", "miss", "exact", "semantic"]

FlagCode = Literal["instruction", "role_marker", "tool_call", "hidden_text", "lookalike", "encoded"]

NAMESPACE = UUID("6d0c7a34-3b0e-5f7e-9a53-0d6b1f0c2e77")


@dataclass(frozen=True, slots=True)
class Decay:
    """How much older versions lose: a score keeps `1 - weight`, and of the rest half for each `half_life_days`."""

    half_life_days: float
    weight: float


@dataclass(frozen=True, slots=True)
class Query:
    """A question with its personal data replaced as in the documents. `sources` None means every source.

    `asked`: the same with its names as they were asked, and `names`: those alone, where they became pseudonyms. A model finds
    names, and may see one in a question where it saw none in the documents: those are found by the word. Neither is stored.
    `sieve` tests what a version says of itself. `when` chooses versions; who may read is always decided by today's lists.
    `mode` other than hybrid is for evaluations. `min_score`: the least cosine of a passage. `scores`: whether each passage's
    cosine is wanted.
    """

    text: str
    top_k: int
    sources: tuple[str, ...] | None = None
    when: When = NOW
    dedup: Dedup = "near"
    asked: str | None = field(default=None, repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)
    sieve: Sieve | None = None
    mode: Mode = "hybrid"
    max_per_document: int | None = None
    min_score: float | None = None
    decay: Decay | None = None
    scores: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """A stretch of a text that seems to be meant for the model that reads it; half-open offsets of code points."""

    code: FlagCode
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A hit that the catalog itself lets the asking person read, with its score.

    `dense` and `lexical` are its cosine and its BM25 where the index told them. `exact`: what the question wants word for word
    and stands in the text.
    """

    chunk: StoredChunk
    score: float
    dense: float | None = None
    lexical: float | None = None
    exact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A result. `ref` is its number in the answer, from 1; `duplicates` names other readable documents that say the same."""

    ref: int
    chunk: StoredChunk
    score: float
    duplicates: tuple[str, ...]
    exact: tuple[str, ...] = ()
    dense: float | None = None
    lexical: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a query, best passage first.

    `complete` is False only when fewer than `top_k` are here although the search was given up before the index was exhausted.
    `stages` holds milliseconds. `collection` is None when nothing was ever indexed. `tokens` are those of its model.
    `policy_epoch` and `corpus_epoch`: of the permissions and the documents that the passages were confirmed under. `lost`: what
    the search had to do without. `cache`: whether the answer was kept, and for which question; `saved_ms`: what the search took
    longer.
    """

    passages: tuple[Passage, ...]
    complete: bool
    permissions_as_of: datetime
    collection: str | None
    stages: dict[str, float]
    tokens: Tokens
    policy_epoch: int
    lost: tuple[str, ...] = ()
    corpus_epoch: int = 0
    cache: CacheUse = "off"
    saved_ms: float = 0.0


def version_ref(key: DocumentKey, arrival: int) -> UUID:
    """A version's public id, the same by whatever pipeline. The internal number would tell how much others publish (law 9)."""
    return uuid5(NAMESPACE, f"{key.tenant_id}/{key.document_id}/{arrival}")
