"""Every original under the vault's newest key, a bounded batch a transaction: cut off anywhere, it is called again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from catalog.audit import record
from catalog.ids import TenantId
from catalog.session import reading, transaction
from catalog.tenants import all_tenants
from catalog.vault import SealedRow, reseal, sealed_otherwise
from privacy.errors import VaultDamaged
from privacy.vault import Vault


@dataclass(frozen=True, slots=True)
class Rotation:
    """How many originals were sealed anew, and which do not open: those stay as they are, sealed by a key that must stay too."""

    resealed: int
    damaged: tuple[str, ...]


def rotate(catalog: Engine, vault: Vault) -> Rotation:
    """All tenants' originals. Raises `VaultKeyMissing` where a key that sealed is not among the vault's."""
    with reading(catalog) as read:
        tenants = all_tenants(read)
    done = [_rotate(catalog, vault, tenant_id) for tenant_id in tenants]
    return Rotation(sum(d.resealed for d in done), tuple(name for d in done for name in d.damaged))


def _rotate(catalog: Engine, vault: Vault, tenant_id: TenantId) -> Rotation:
    resealed, damaged, after = 0, list[str](), ""
    while True:
        with transaction(catalog) as write:
            batch = sealed_otherwise(write, tenant_id, vault.newest, after)
            if not batch:
                break
            fresh: list[SealedRow] = []
            for row in batch:
                try:
                    fresh.append(vault.seal(tenant_id, vault.open(tenant_id, row)))
                except VaultDamaged:
                    damaged.append(row.pseudonym)
            count = reseal(write, tenant_id, fresh)
            details = {"resealed": count, "damaged": len(batch) - len(fresh)}
            record(write, tenant_id, actor="operator", action="vault.rotate", object_=f"key:{vault.newest}", details=details)
        resealed, after = resealed + count, batch[-1].pseudonym
    return Rotation(resealed, tuple(damaged))
