"""Every error as a problem (RFC 9457), by one table. What a caller sent is never sent back, nor is what we know of ourselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from acl.errors import UnknownPerson
from catalog.errors import CatalogError, CatalogUnavailable, PortcullisError, SchemaMismatch, UnknownTenant
from index.errors import EmbedderFault, IndexFault, IndexUnavailable
from privacy.errors import PrivacyError, VaultFault
from retrieval.errors import (
    AmbiguousPerson,
    BadToken,
    DeadlineExceeded,
    InsufficientScope,
    IssuerUnavailable,
    MissingScope,
    NoPerson,
    NoSuchDocument,
    NotAuthenticated,
    NotKept,
    NotReady,
    Overloaded,
    RateLimited,
    RequestError,
    RequestTooLarge,
    RetrievalError,
    TooManyNames,
    UnknownRequest,
    UserTokenUnsupported,
)

MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="portcullis"'
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
OURS = "The service could not do its work. An operator finds the reason in its log under this request id."


@dataclass(frozen=True, slots=True)
class Row:
    """`detail` None sends the error's own message: only for errors whose message is written for callers."""

    error: type[Exception]
    status: int
    title: str
    detail: str | None = None


TABLE: tuple[Row, ...] = (
    # the first row whose type fits decides: special types stand above general ones
    Row(NotAuthenticated, 401, "Who are you?"),
    Row(BadToken, 401, "The token is not taken"),
    Row(InsufficientScope, 403, "This token may not do that"),
    Row(MissingScope, 403, "This key may not do that"),
    Row(NoPerson, 403, "Nobody asks"),
    Row(UnknownPerson, 403, "Unknown person", "There is no active person by that name here. An administrator syncs people."),
    Row(NoSuchDocument, 404, "No such document"),
    Row(UnknownRequest, 404, "No such request"),
    Row(UnknownTenant, 404, "No such tenant"),
    Row(TooManyNames, 429, "Too many questions by name"),
    Row(RateLimited, 429, "Too much was asked for"),
    Row(NotKept, 409, "Originals are not kept"),
    Row(UserTokenUnsupported, 400, "Not supported"),
    Row(AmbiguousPerson, 400, "Who asks?"),
    Row(RequestTooLarge, 413, "The request is too large"),
    Row(RequestError, 422, "The request cannot be served"),
    Row(NotReady, 503, "Not ready"),
    Row(Overloaded, 503, "Too much at once"),
    Row(DeadlineExceeded, 504, "It took too long"),
    Row(IssuerUnavailable, 503, "The identity provider does not answer", OURS),
    Row(CatalogUnavailable, 503, "The catalog does not answer", OURS),
    Row(SchemaMismatch, 503, "The catalog is of another version", OURS),
    Row(IndexUnavailable, 503, "The index does not answer", OURS),
    Row(EmbedderFault, 503, "The embedding model does not fit", OURS),
    Row(IndexFault, 503, "The index cannot be searched", OURS),
    Row(VaultFault, 503, "The vault cannot be opened, so nothing is revealed", OURS),
    Row(PrivacyError, 503, "Questions cannot be redacted, so none is answered", OURS),
    Row(CatalogError, 500, "The catalog failed", OURS),
    Row(RetrievalError, 500, "Retrieval failed", OURS),
)

STATUSES: Mapping[int, tuple[str, str, str]] = {
    # what the framework itself finds wrong: status to code, title, detail
    400: ("bad_json", "The body is not JSON", "Send one JSON object in UTF-8."),
    404: ("not_found", "No such path", "There is nothing at this path. /openapi.json lists the paths."),
    405: ("method_not_allowed", "No such method", "This path does not answer this method. The header Allow lists those it does."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A response without its transport."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(error: Exception, request_id: UUID) -> Problem:
    """The problem that tells a caller about `error`. One that is not in the table is ours, and says nothing."""
    row = next((row for row in TABLE if isinstance(error, row.error)), None)
    if row is None or not isinstance(error, PortcullisError):
        return _make(500, "internal_error", "Something broke", OURS, request_id)
    headers = {}
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = f'{CHALLENGE}, error="invalid_token"' if error.presented else CHALLENGE
    if isinstance(error, BadToken):
        headers["WWW-Authenticate"] = f'{CHALLENGE}, error="invalid_token"'
    if isinstance(error, InsufficientScope):
        headers["WWW-Authenticate"] = f'{CHALLENGE}, error="insufficient_scope"'
    if error.retryable:
        headers["Retry-After"] = str(error.after_seconds) if isinstance(error, RateLimited) else "2"
    detail = row.detail or str(error)
    return _make(row.status, error.code, row.title, detail, request_id, retryable=error.retryable, headers=headers)


def problem_of_status(status: int, request_id: UUID, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem for what the router refuses."""
    code, title, detail = STATUSES.get(status, ("http_error", "The request was refused", "See the status."))
    return _make(status, code, title, detail, request_id, headers=headers)


def problem_of_fields(errors: Sequence[Mapping[str, Any]], request_id: UUID) -> Problem:
    """The problem for a body that does not fit the request model: where and why, never what was there.

    `errors` is pydantic's list. Its `input` is dropped, and an unknown field is named only if it looks like a field.
    """
    if any(error["type"] == "json_invalid" for error in errors):
        return problem_of_status(400, request_id)
    listed = [{"field": _place(error["loc"]), "message": _message(error)} for error in errors[:50]]
    detail = f"{listed[0]['field']}: {listed[0]['message']}"
    return _make(422, "invalid_request", "The request is not well formed", detail, request_id, errors=listed)


def _make(
    status: int,
    code: str,
    title: str,
    detail: str,
    request_id: UUID,
    *,
    retryable: bool = False,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Problem:
    body: dict[str, Any] = {
        "type": f"urn:portcullis:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": str(request_id),
        "retryable": retryable,
    }
    if errors is not None:
        body["errors"] = errors
    return Problem(status, body, dict(headers or {}))


def _place(location: Sequence[Any]) -> str:
    parts = [str(part) if isinstance(part, int) or PLAIN_NAME.fullmatch(str(part)) else "?" for part in location]
    return ".".join(parts[1:] if len(parts) > 1 else parts)


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "no such field"
    if error["type"] in ("model_attributes_type", "model_type", "missing") and len(error["loc"]) == 1:
        return "send a JSON object, with the header Content-Type: application/json"
    return str(error["msg"])
