"""What answering needs, opened once by a root and shared by all requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_bytes

from sqlalchemy import Engine

from acl.scopes import Scopes
from catalog.collections import LiveCollection
from index.calls import IndexCalls
from index.errors import EmbedderMissing
from index.made_by import made_by
from index.model import Embedder
from index.model import Tokens as Counts
from privacy.redactor import Redactor
from privacy.vault import Vault
from retrieval.audit_writer import AuditWriter
from retrieval.cache import Cache
from retrieval.candidates import Facts
from retrieval.request_log import RequestLog
from retrieval.reranker import Reranker
from retrieval.rewrite_model import ModelRewriter
from retrieval.session import Sessions
from retrieval.shadow import Shadow
from retrieval.tokenizers import BUILT_IN
from retrieval.tokens import Tokens
from retrieval.usage_writer import UsageWriter


def no_model(name: str) -> Embedder:
    """Opens none. Raises `EmbedderMissing`."""
    raise EmbedderMissing(f"The model {name!r} is not at hand.")


@dataclass(frozen=True, slots=True)
class Services:
    """Each is safe to call from several threads. `open_named` opens a model by the name that a collection's row gives.

    Without a `vault` nothing can be revealed, without `tokens` no person's token is taken, without a `shadow` recall is not
    measured. Without the `audit`'s writer and that of the log of `requests` each entry is a transaction of its own: enough for a
    single question. `question_key` makes the digests of questions and seals requests; one made up here is good for this process
    alone. Without `sessions` the catalog keeps them, without a `rewriter` questions are rewritten by rules alone, without a
    `reranker` nobody may ask for one, without a `cache` every answer is searched for, without `usage` nobody adds up what tenants
    cost.
    """

    catalog: Engine
    index: IndexCalls
    embedder: Embedder
    redactor: Redactor
    open_named: Callable[[str], Embedder] = no_model
    vault: Vault | None = None
    audit: AuditWriter | None = None
    shadow: Shadow | None = None
    tokens: Tokens | None = None
    question_key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    scopes: Scopes = field(default_factory=Scopes)
    facts: Facts = field(default_factory=Facts)
    tokenizers: Mapping[str, Counts] = field(default_factory=lambda: BUILT_IN)
    sessions: Sessions | None = None
    rewriter: ModelRewriter | None = None
    reranker: Reranker | None = None
    cache: Cache | None = None
    requests: RequestLog | None = None
    usage: UsageWriter | None = None

    def embedder_of(self, collection: LiveCollection) -> Embedder:
        """The model that made the collection. Raises `EmbedderMismatch`."""
        return made_by(collection, self.embedder, self.open_named)
