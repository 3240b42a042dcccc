"""What the request log keeps of a question, sealed: all that asking it again takes, and what it was answered by. Pure.

No text of a document, no id of one, and nobody's name: the question and the filter are as redaction left them. Only the question
of a session may hold words of passages; which, the log says beside it (`catalog/request_tables.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from catalog.ids import PrincipalId, TenantId
from retrieval.errors import RequestUnreadable

FORM = 1
"""Raise it whenever a field changes its meaning: what other releases wrote is then not read as something else."""
UNKEPT = frozenset(("query", "filter", "session_id"))
"""Fields of the request that are kept in another form, or not at all."""


@dataclass(frozen=True, slots=True)
class Logged:
    """`question` is what was asked, `searched` what was looked for: in a session they may differ. `options`: the request's other
    fields as sent. `named`: it held names, which were looked for as words besides; they are kept nowhere.

    `scope`: the digest of the labels that the person might read, empty where it moved meanwhile; the epochs are those of the
    recheck. `token_groups`: his token said which groups he is in. `stages` holds milliseconds.
    """

    question: str
    searched: str
    named: bool
    options: Mapping[str, Any]
    filter: Mapping[str, Any] | None
    actor: str
    token_groups: bool
    scope: str
    policy_epoch: int
    corpus_epoch: int
    collection: str | None
    screen: str
    results: int
    complete: bool
    warnings: tuple[str, ...]
    stages: Mapping[str, float] = field(default_factory=dict)
    took_ms: float = 0.0

    @property
    def rewritten(self) -> bool:
        return self.searched != self.question


def written(logged: Logged) -> bytes:
    """As it is sealed."""
    return json.dumps({"form": FORM, **asdict(logged)}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def read(plain: bytes) -> Logged:
    """What `written` wrote. Raises `RequestUnreadable` for what another release wrote in another form."""
    said = json.loads(plain.decode("utf-8", "surrogatepass"))
    if said.pop("form", None) != FORM:
        raise RequestUnreadable
    try:
        return Logged(**said | {"warnings": tuple(said["warnings"])})
    except (TypeError, KeyError):
        raise RequestUnreadable from None


def bound(tenant_id: TenantId, request_id: UUID, person_id: PrincipalId) -> str:
    """What it is sealed to: moved to another request, tenant or person it does not open."""
    return f"{tenant_id}\0{request_id}\0{person_id}"
