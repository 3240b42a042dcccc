"""Where the turns of a session are kept. A session of somebody else, or of another tenant, is one that was never there.

What is kept is the redacted question and the ids of the passages that answered: no text of a document, so that what may be read
of it is decided anew each time, and what is erased leaves nothing here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import Engine

from catalog.ids import ChunkId, PrincipalId, TenantId, utc_now
from catalog.session import reading, transaction
from catalog.turns import KeptTurn, SessionKey, append_turn, load_turns

MOST_RESULTS = 10
"""Of an answer's passages so many are remembered: `the tenth one` is the last that can be meant."""


class Sessions(Protocol):
    """Safe to call from several threads. Each raises `CatalogUnavailable` or `SessionsUnavailable`, in bounded time."""

    def load(self, key: SessionKey) -> tuple[KeptTurn, ...]:
        """The session's turns, oldest first; none where it expired or never was."""

    def append(self, key: SessionKey, question: str, results: Sequence[ChunkId]) -> int:
        """Keep a turn, and let the session live on. Its number: one more than the last, whoever else asks meanwhile."""


@dataclass(frozen=True, slots=True)
class CatalogSessions:
    """Sessions in the catalog, which end so long after their last turn and keep at most so many turns."""

    catalog: Engine
    life: timedelta
    most_turns: int

    def load(self, key: SessionKey) -> tuple[KeptTurn, ...]:
        with reading(self.catalog) as session:
            return load_turns(session, key, utc_now())

    def append(self, key: SessionKey, question: str, results: Sequence[ChunkId]) -> int:
        with transaction(self.catalog) as session:
            return append_turn(session, key, question, results[:MOST_RESULTS], utc_now(), self.life, self.most_turns)


def session_key(secret: bytes, tenant_id: TenantId, person_id: PrincipalId, session_id: str) -> SessionKey:
    """The key of a person's session by the id that his application chose, which itself is kept nowhere."""
    content = f"session\0{tenant_id}\0{person_id}\0{session_id}".encode("utf-8", "surrogatepass")
    return SessionKey(tenant_id, person_id, hmac.new(secret, content, hashlib.sha256).hexdigest())
