"""Originals, sealed: AES-256-GCM under a key of the vault, bound to tenant, entity and pseudonym.

A sealed value is a nonce of 96 random bits and the ciphertext with its tag. Moved to another row, or changed in one bit, it does
not open. A random nonce is good for 2^32 values a key (NIST SP 800-38D, 8.3): rotate long before.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from catalog.ids import TenantId
from catalog.vault import SealedRow
from privacy.errors import PseudonymCollision, VaultDamaged, VaultKeyMissing
from privacy.original import Original
from privacy.pseudonym import normal_value

NONCE_BYTES = 12


class Vault:
    """Seals with the first key, opens with whichever sealed. It holds no state, so threads may share it."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self._newest = key_id(keys[0])

    def __repr__(self) -> str:
        return f"Vault({', '.join(self._keys)})"

    @property
    def newest(self) -> str:
        """The id of the key that seals."""
        return self._newest

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys that open, the newest first. An id tells nothing of its key."""
        return tuple(self._keys)

    def seal(self, tenant_id: TenantId, original: Original) -> SealedRow:
        nonce = os.urandom(NONCE_BYTES)
        bound = _bound(tenant_id, original.entity, original.pseudonym)
        ciphertext = self._keys[self._newest].encrypt(nonce, original.value.encode("utf-8", "surrogatepass"), bound)
        return SealedRow(original.pseudonym, original.entity, self._newest, nonce + ciphertext)

    def open(self, tenant_id: TenantId, row: SealedRow) -> Original:
        """Raises `VaultKeyMissing` and `VaultDamaged`: what cannot be trusted is not shown."""
        key = self._keys.get(row.key_id)
        if key is None:
            raise VaultKeyMissing(row.key_id)
        nonce, ciphertext = row.sealed[:NONCE_BYTES], row.sealed[NONCE_BYTES:]
        try:
            value = key.decrypt(nonce, ciphertext, _bound(tenant_id, row.entity, row.pseudonym))
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise VaultDamaged(row.pseudonym) from None
        return Original(row.pseudonym, row.entity, value.decode("utf-8", "surrogatepass"))

    def agree(self, tenant_id: TenantId, row: SealedRow, original: Original) -> None:
        """Raises `PseudonymCollision` when the row holds another value than `original`, and what `open` raises."""
        held = self.open(tenant_id, row)
        if normal_value(held.entity, held.value) != normal_value(original.entity, original.value):
            raise PseudonymCollision(original.pseudonym)


def key_id(key: bytes) -> str:
    """The name of a key: it can be written anywhere."""
    return hmac.new(key, b"portcullis vault key id", hashlib.sha256).hexdigest()[:16]


def _bound(tenant_id: TenantId, entity: str, pseudonym: str) -> bytes:
    return f"{tenant_id}\0{entity}\0{pseudonym}".encode()
