"""The redactor that the settings describe: documents and questions alike go through it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from types import MappingProxyType
from typing import Any, cast

from catalog.ids import TenantId, digest
from privacy.key import decode_key, open_key
from privacy.policy import OPERATORS, Operator, Policy
from privacy.redact import redact
from privacy.redactor import Redactor
from privacy.settings import PrivacySettings
from privacy.span import Redaction

RULES = 2
"""Raise it whenever detection or redaction gives other output for the same text: the documents are then read anew."""


@dataclass(frozen=True, slots=True)
class PatternRedactor:
    """A `Redactor` by patterns and checksums. It holds no state, so threads may share it."""

    policy: Policy
    key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        described: dict[str, Any] = {
            "rules": RULES,
            "presidio": version("presidio-analyzer"),
            "phonenumbers": version("phonenumbers"),
            "entities": sorted(self.policy.entities),
            "min_score": self.policy.min_score,
            "operators": {entity: self.policy.operator(entity) for entity in sorted(self.policy.entities)},
            "key": hmac.new(self.key, b"fingerprint", hashlib.sha256).hexdigest(),
        }
        return digest(json.dumps(described, sort_keys=True))

    def redact(self, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
        """Each text with its personal data replaced; a text that comes several times is searched once."""
        done = {text: redact(text, self.policy, self.key, tenant_id) for text in dict.fromkeys(texts)}
        return [done[text] for text in texts]


def open_redactor(settings: PrivacySettings) -> Redactor:
    """The redactor of `settings`. Raises `BadPolicy` and `KeyUnavailable`."""
    policy = Policy(
        entities=tuple(dict.fromkeys(settings.entities)),
        min_score=settings.min_score,
        operators=MappingProxyType({entity: _operator(name) for entity, name in settings.operators.items()}),
    )
    key = decode_key(settings.key.get_secret_value()) if settings.key is not None else open_key(settings.resolved_key_file())
    return PatternRedactor(policy, key)


def _operator(name: str) -> Operator:
    """`Policy` refuses what is no operator; a name in capitals is forgiven."""
    return cast(Operator, name.strip().casefold()) if name.strip().casefold() in OPERATORS else cast(Operator, name)
