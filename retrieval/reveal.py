"""Pseudonyms back into values: only those of documents that the person may read now, for a stated purpose, each time audited.

What is unreadable stays as it is, exactly as what never was (law 9). A value is opened only after the catalog let it through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Engine

from acl.store import find_scope
from catalog.audit import record
from catalog.ids import utc_now
from catalog.session import reading, transaction
from catalog.tenants import policy_epoch
from catalog.vault import find_sealed, readable_pseudonyms
from privacy.pseudonym import mentions
from privacy.redactor import Redactor
from privacy.span import Span
from privacy.vault import Vault
from retrieval.errors import NotKept
from retrieval.identity import Asker
from retrieval.wire_answer import RevealResponse

CERTAIN = 1.0


@dataclass(frozen=True, slots=True)
class Revealed:
    """The text with values in it. `spans`: where their pseudonyms stood in the text as it came in."""

    text: str = field(repr=False)
    spans: tuple[Span, ...]
    withheld: int  # mentions that stayed as they are: absent, unreadable or made up

    @property
    def counts(self) -> Mapping[str, int]:
        return dict(sorted(Counter(span.label for span in self.spans).items()))


def reveal(
    catalog: Engine, vault: Vault | None, redactor: Redactor, asker: Asker, text: str, purpose: str, request_id: UUID
) -> Revealed:
    """`text` with every pseudonym that the person may have revealed swapped back.

    Raises `NotKept`, and `VaultFault` when a value cannot be trusted; if the audit entry cannot be written nothing is revealed
    (`CatalogUnavailable`). The purpose is redacted before it is stored.
    """
    if vault is None:
        raise NotKept
    found = list(mentions(text))
    names = sorted({mention.pseudonym for mention in found})
    with reading(catalog) as session:
        scope = asker.scope
        if policy_epoch(session, asker.tenant_id) != scope.policy_epoch:
            scope = find_scope(session, asker.tenant_id, asker.person)
        readable = readable_pseudonyms(session, asker.tenant_id, names, scope.labels)
        rows = find_sealed(session, asker.tenant_id, sorted(readable))
    values = {row.pseudonym: vault.open(asker.tenant_id, row) for row in rows}
    pieces: list[str] = []
    spans: list[Span] = []
    done = 0
    for mention in found:
        if (original := values.get(mention.pseudonym)) is not None:
            pieces += (text[done : mention.start], original.value)
            spans.append(Span(mention.start, mention.end, original.entity, CERTAIN))
            done = mention.end
    revealed = Revealed("".join((*pieces, text[done:])), tuple(spans), len(found) - len(spans))
    [stated] = redactor.redact(asker.tenant_id, [purpose])
    with transaction(catalog) as write:
        record(
            write,
            asker.tenant_id,
            actor=asker.actor,
            action="reveal",
            object_=f"user:{asker.person.name}",
            details={
                "request_id": str(request_id),
                "purpose": stated.text,
                "revealed": dict(revealed.counts),
                "withheld": revealed.withheld,
            },
        )
    return revealed


def answer_reveal(
    catalog: Engine, vault: Vault | None, redactor: Redactor, asker: Asker, text: str, purpose: str, request_id: UUID
) -> RevealResponse:
    """The same as the body of an answer."""
    as_of = utc_now()
    done = reveal(catalog, vault, redactor, asker, text, purpose, request_id)
    return RevealResponse(
        request_id=request_id, permissions_as_of=as_of, text=done.text, revealed=dict(done.counts), withheld=done.withheld
    )
