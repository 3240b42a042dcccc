"""The seam to detection and redaction: what documents and questions alike go through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from catalog.ids import TenantId
from privacy.span import Redaction


class Redactor(Protocol):
    """Safe to call from several threads."""

    @property
    def fingerprint(self) -> str:
        """Equal for two redactors exactly when they give equal output: policy, recognizers and a digest of the key."""

    @property
    def policy_id(self) -> str:
        """Equal for equal policies; tells nothing about keys. Recorded with what was found."""

    def for_source(self, source: str) -> Redactor:
        """The redactor of one source's documents, which may have a policy of their own."""

    def redact(self, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
        """The texts of one document with their personal data replaced: what is found in one of them is looked for in all.

        Equal values of a tenant get equal pseudonyms. Twice changes nothing.
        """
