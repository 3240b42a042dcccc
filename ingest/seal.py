"""A version's originals into the vault, in the transaction of the version: neither is there without the other."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.ids import TenantId, VersionId
from catalog.session import WriteSession
from catalog.vault import store_sealed
from ingest.errors import collision
from privacy.errors import PseudonymCollision
from privacy.original import Original
from privacy.vault import Vault


def seal(
    write: WriteSession, vault: Vault | None, tenant_id: TenantId, version_id: VersionId, originals: Sequence[Original]
) -> None:
    """Store the originals that the version names, and let go of those that it named before; without a vault, of all of them.

    Raises `Quarantine` when one of its pseudonyms stands for another value already, and what `Vault.open` raises.
    """
    kept = {o.pseudonym: o for o in originals} if vault is not None else {}
    rows = {} if vault is None else {name: vault.seal(tenant_id, original) for name, original in kept.items()}
    for name, held in store_sealed(write, tenant_id, version_id, rows).items():
        if vault is not None and held != rows[name]:
            try:
                vault.agree(tenant_id, held, kept[name])
            except PseudonymCollision as refused:
                raise collision(refused) from None
