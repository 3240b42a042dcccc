"""A result as the flat metadata that frameworks carry beside a text: nothing of it is lost, and all of it is plain JSON."""

from __future__ import annotations

from typing import Any

from retrieval.answered import Answer, Result

FOR_MODELS = ("title", "headings", "document_id", "pages")
"""What a model should see beside the text; the rest is for whoever traces an answer back."""
FIXED = frozenset({"query", "include"})
"""Fields of the request that an adapter sets itself."""


def options_of(options: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request that asks for passages alone. Raises `ValueError` where one is given that the adapter sets."""
    if wrong := sorted(FIXED & options.keys()):
        raise ValueError(f"{', '.join(wrong)}: the retriever sets this itself. Leave it out.")
    return {**options, "include": ["text", "metadata"]}


def described(answer: Answer, result: Result) -> dict[str, Any]:
    """`chars` are offsets into the version's text; `score` can be compared within one answer only."""
    raw = next(one for one in answer.body["results"] if one["ref"] == result.ref)
    return {
        "document_id": result.document_id,
        "title": result.title,
        "headings": list(result.location.headings),
        "pages": list(result.location.pages),
        "chars": list(result.location.chars),
        "source": result.source,
        "ref": result.ref,
        "score": result.score,
        "chunk_id": str(result.chunk_id),
        "version_id": str(result.version.id),
        "version": result.version.label,
        "current": result.version.current,
        "modified_at": result.version.modified_at.isoformat(),
        "tokens": result.tokens,
        "redactions": dict(result.redactions),
        "duplicates": list(result.duplicates),
        "flags": list(raw.get("flags", ())),
        "metadata": dict(result.metadata or {}),
        "request_id": str(answer.request_id),
        "permissions_as_of": answer.permissions_as_of.isoformat(),
        "complete": answer.complete,
        "warnings": [warned.code for warned in answer.warnings],
    }
