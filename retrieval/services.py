"""What answering needs, opened once by a root and shared by all requests."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from index.calls import IndexCalls
from index.model import Embedder
from privacy.redactor import Redactor


@dataclass(frozen=True, slots=True)
class Services:
    """Each is safe to call from several threads."""

    catalog: Engine
    index: IndexCalls
    embedder: Embedder
    redactor: Redactor
