"""The redactor that the settings describe: documents and questions alike go through it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from catalog.ids import TenantId, digest
from privacy.entities import DENIED, ENTITIES
from privacy.errors import BadPolicy, VaultKeyUnavailable
from privacy.key import decode_key, open_key
from privacy.names.finder import NameFinder
from privacy.names.open import open_names
from privacy.policy import OPERATORS, Operator, Policy
from privacy.policy_file import Policies, read_policies
from privacy.redact import redact
from privacy.redactor import Redactor
from privacy.settings import PrivacySettings
from privacy.span import Redaction
from privacy.vault_key import decode_keys, read_keys, run_for_keys

if TYPE_CHECKING:
    from privacy.vault import Vault

RULES = 3
"""Raise it whenever detection or redaction gives other output for the same text: the documents are then read anew."""


@dataclass(frozen=True, slots=True)
class TextRedactor:
    """A `Redactor` by shapes and, with `names`, by a model of names. Threads may share it. `sources` have their own policies."""

    policy: Policy
    key: bytes = field(repr=False)
    sources: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))
    keeps_originals: bool = False
    names: NameFinder | None = None

    @property
    def fingerprint(self) -> str:
        described: dict[str, Any] = {
            "rules": RULES,
            "presidio": version("presidio-analyzer"),
            "phonenumbers": version("phonenumbers"),
            "policy": self.policy.described(),
            "sources": {name: policy.described() for name, policy in sorted(self.sources.items())},
            "key": hmac.new(self.key, b"fingerprint", hashlib.sha256).hexdigest(),
        }
        if self.names is not None:
            described["names"] = self.names.fingerprint
        if self.keeps_originals:  # a document that was read without it has none in the vault: it is read again
            described["originals"] = "kept"
        return digest(json.dumps(described, sort_keys=True))

    @property
    def policy_id(self) -> str:
        return digest(json.dumps(self.policy.described(), sort_keys=True))[:12]

    def for_source(self, source: str) -> TextRedactor:
        """The redactor of one source's documents: by its own policy where the file states one, else by the policy of all."""
        return replace(self, policy=self.sources.get(source, self.policy))

    def masking(self) -> TextRedactor:
        """The redactor that finds the same and leaves no pseudonym: only the kind of what was there."""
        masks: dict[str, Operator] = {
            entity: "keep" if self.policy.operator(entity) == "keep" else "mask" for entity in (*ENTITIES, DENIED)
        }
        return replace(self, policy=replace(self.policy, operators=MappingProxyType(masks)))

    def redact(self, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
        """Each text with its personal data replaced; a text that comes several times is searched once."""
        unique = list(dict.fromkeys(texts))
        done = dict(zip(unique, redact(unique, self.policy, self.key, tenant_id, self.names), strict=True))
        return [done[text] for text in texts]


def open_question_redactor(settings: PrivacySettings) -> Redactor:
    """The redactor of questions: that of the documents, unless names may not be asked for. Raises what `open_redactor` raises."""
    redactor = open_redactor(settings)
    return redactor.masking() if settings.questions == "mask" else redactor


def open_redactor(settings: PrivacySettings) -> TextRedactor:
    """The redactor of `settings`. Raises `BadPolicy`, `KeyUnavailable` and `NamesUnavailable`."""
    policies = _policies(settings)
    return TextRedactor(policies.base, _key(settings), policies.sources, settings.keep_originals, open_names(settings.names))


def open_question_key(settings: PrivacySettings) -> bytes:
    """The key of the digests by which the audit knows questions: made of the pseudonyms' key. Raises `KeyUnavailable`."""
    return hmac.new(_key(settings), b"portcullis audit questions", hashlib.sha256).digest()


def _key(settings: PrivacySettings) -> bytes:
    return decode_key(settings.key.get_secret_value()) if settings.key is not None else open_key(settings.resolved_key_file())


def _policies(settings: PrivacySettings) -> Policies:
    if settings.policy is not None:
        both = sorted({"entities", "min_score", "operators"} & settings.model_fields_set)
        if both:
            names = ", ".join(f"PRIVACY_{name.upper()}" for name in both)
            raise BadPolicy(f"PRIVACY_POLICY and {names} are both set. Say it in the policy file and unset the others.")
        return read_policies(settings.policy)
    policy = Policy(
        entities=tuple(dict.fromkeys(settings.entities)),
        min_score=settings.min_score,
        operators=MappingProxyType({entity: _operator(name) for entity, name in settings.operators.items()}),
    )
    return Policies(policy)


def open_vault(settings: PrivacySettings) -> Vault | None:
    """The vault, or None where originals are not kept. Raises `VaultKeyUnavailable`: to be kept, they must be sealed."""
    return open_vault_keys(settings) if settings.keep_originals else None


def open_vault_keys(settings: PrivacySettings) -> Vault:
    """The vault by its keys, whether or not originals are kept from now on. Raises `VaultKeyUnavailable`."""
    from privacy.vault import Vault

    places = [name for name in ("vault_key", "vault_key_file", "vault_key_command") if getattr(settings, name) is not None]
    if len(places) != 1:
        told = "none is set" if not places else "more than one is set"
        raise VaultKeyUnavailable(
            "The vault's keys come from exactly one of PRIVACY_VAULT_KEY, PRIVACY_VAULT_KEY_FILE and PRIVACY_VAULT_KEY_COMMAND; "
            f"{told}. Make a key with `openssl rand -hex 32` and keep a copy where the catalog's backup is not."
        )
    if settings.vault_key is not None:
        return Vault(decode_keys(settings.vault_key.get_secret_value(), "PRIVACY_VAULT_KEY"))
    if settings.vault_key_file is not None:
        return Vault(read_keys(settings.vault_key_file))
    return Vault(run_for_keys(settings.vault_key_command or ""))


def _operator(name: str) -> Operator:
    """`Policy` refuses what is no operator; a name in capitals is forgiven."""
    return cast(Operator, name.strip().casefold()) if name.strip().casefold() in OPERATORS else cast(Operator, name)
