"""What the service answered, as values: the client's face of `wire.py`, without pydantic. Fields of later versions are not lost.

Each is made from the JSON of a body. What a body lacks and must have raises `KeyError`, what is of another kind `TypeError` or
`ValueError`: the client makes one problem of them. What this version does not know is in `Answer.body`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a document. `id` is opaque, equal for the same version of the same document; `label` may be empty."""

    id: UUID
    label: str
    current: bool
    modified_at: datetime

    @classmethod
    def of(cls, body: Json) -> Version:
        return cls(UUID(body["id"]), body["label"], body["current"], datetime.fromisoformat(body["modified_at"]))


@dataclass(frozen=True, slots=True)
class Location:
    """Where a passage stands: pages from 1, headings outermost first, half-open code-point offsets into the version's text."""

    pages: tuple[int, ...]
    headings: tuple[str, ...]
    chars: tuple[int, int]

    @classmethod
    def of(cls, body: Json) -> Location:
        start, end = body["chars"]
        return cls(tuple(body["pages"]), tuple(body["headings"]), (start, end))


@dataclass(frozen=True, slots=True)
class Result:
    """A passage. `ref` is its `[n]` in the context; `text` and `metadata` are None where `include` left them out."""

    ref: int
    chunk_id: UUID
    document_id: str
    version: Version
    title: str
    source: str
    location: Location
    score: float
    scores: Json
    text: str | None
    redactions: Mapping[str, int]
    duplicates: tuple[str, ...]
    tokens: int
    in_context: bool
    metadata: Json | None

    @classmethod
    def of(cls, body: Json) -> Result:
        return cls(
            ref=body["ref"],
            chunk_id=UUID(body["chunk_id"]),
            document_id=body["document_id"],
            version=Version.of(body["version"]),
            title=body["title"],
            source=body["source"],
            location=Location.of(body["location"]),
            score=body["score"],
            scores=body.get("scores") or {},
            text=body["text"],
            redactions=body["redactions"],
            duplicates=tuple(body["duplicates"]),
            tokens=body["tokens"],
            in_context=body["in_context"],
            metadata=body["metadata"],
        )


@dataclass(frozen=True, slots=True)
class Context:
    """The passages as one text for a model, within its budget of tokens."""

    text: str
    tokens: int
    truncated_refs: tuple[int, ...]
    omitted_refs: tuple[int, ...]

    @classmethod
    def of(cls, body: Json) -> Context:
        return cls(body["text"], body["tokens"], tuple(body["truncated_refs"]), tuple(body["omitted_refs"]))


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about this answer that its reader should know. `code` is stable."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The passages that this person may read, best first. `complete` False: more may exist, ask again later.

    `context` is None where `include` left it out. `body` is the whole answer as it came.
    """

    request_id: UUID
    permissions_as_of: datetime
    index_version: str | None
    results: tuple[Result, ...]
    context: Context | None
    complete: bool
    warnings: tuple[Warned, ...]
    took_ms: float
    body: Json = field(repr=False, compare=False)

    @classmethod
    def of(cls, body: Json) -> Answer:
        return cls(
            request_id=UUID(body["request_id"]),
            permissions_as_of=datetime.fromisoformat(body["permissions_as_of"]),
            index_version=body["index_version"],
            results=tuple(map(Result.of, body["results"])),
            context=None if body["context"] is None else Context.of(body["context"]),
            complete=body["complete"],
            warnings=tuple(Warned(warning["code"], warning["detail"]) for warning in body["warnings"]),
            took_ms=body["usage"]["took_ms"],
            body=body,
        )


@dataclass(frozen=True, slots=True)
class DocumentPassage:
    """A passage of a whole document."""

    chunk_id: UUID
    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A version of a document as it is stored: redacted, in reading order."""

    request_id: UUID
    permissions_as_of: datetime
    document_id: str
    version: Version
    title: str
    source: str
    metadata: Json
    passages: tuple[DocumentPassage, ...]

    @classmethod
    def of(cls, body: Json) -> Document:
        passages = (DocumentPassage(UUID(p["chunk_id"]), Location.of(p["location"]), p["text"]) for p in body["passages"])
        return cls(
            request_id=UUID(body["request_id"]),
            permissions_as_of=datetime.fromisoformat(body["permissions_as_of"]),
            document_id=body["document_id"],
            version=Version.of(body["version"]),
            title=body["title"],
            source=body["source"],
            metadata=body["metadata"],
            passages=tuple(passages),
        )


@dataclass(frozen=True, slots=True)
class Revealed:
    """A text with the values that this person may have revealed; `withheld` mentions of pseudonyms stayed as they came."""

    request_id: UUID
    text: str = field(repr=False)
    revealed: Mapping[str, int]
    withheld: int

    @classmethod
    def of(cls, body: Json) -> Revealed:
        return cls(UUID(body["request_id"]), body["text"], body["revealed"], body["withheld"])


@dataclass(frozen=True, slots=True)
class Judged:
    """`judged` documents of the answer `of_request` have the grades that were given."""

    request_id: UUID
    of_request: UUID
    judged: int

    @classmethod
    def of(cls, body: Json) -> Judged:
        return cls(UUID(body["request_id"]), UUID(body["of_request"]), body["judged"])
