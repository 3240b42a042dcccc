"""What a person may read, as the set of labels that a search is limited to. Only this file makes a `ReadScope` (law 1)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import InitVar, dataclass
from functools import lru_cache

from acl.access import AccessList, may_read
from catalog.ids import Label, PrincipalId, TenantId

_KEY = object()


@dataclass(frozen=True, slots=True)
class ReadScope:
    """The labels that one person may read, as of one policy epoch. An empty scope reads nothing, and is searched as nothing."""

    tenant_id: TenantId
    person_id: PrincipalId
    labels: frozenset[Label]
    policy_epoch: int
    _key: InitVar[object] = None  # not kept: what made one scope cannot make another, `dataclasses.replace` neither

    def __post_init__(self, _key: object) -> None:
        if _key is not _KEY:
            raise TypeError("A ReadScope is made by acl.scope alone; ask acl.store.find_scope for a person's.")

    @property
    def digest(self) -> str:
        """Equal for two people of a tenant exactly when they may read the same labels: a key for shared work (law 9)."""
        return _digest(self.tenant_id, self.labels)


def scope_of_labels(tenant_id: TenantId, person_id: PrincipalId, labels: Iterable[Label], policy_epoch: int) -> ReadScope:
    """The scope of a person whose readable labels the catalog found by its indexed query (`acl/store.py`)."""
    return ReadScope(tenant_id, person_id, frozenset(labels), policy_epoch, _KEY)


def scope_by_specification(
    tenant_id: TenantId,
    person_id: PrincipalId,
    principals: Collection[PrincipalId],
    lists: Iterable[tuple[Label, AccessList]],
    policy_epoch: int,
    namesakes: Collection[PrincipalId] = frozenset(),
) -> ReadScope:
    """The same by `may_read()` over every list of the tenant: slow, obviously right, the oracle of the fast one."""
    readable = (label for label, access in lists if may_read(principals, access, namesakes))
    return scope_of_labels(tenant_id, person_id, readable, policy_epoch)


@lru_cache(maxsize=256)
def _digest(tenant_id: TenantId, labels: frozenset[Label]) -> str:
    """Remembered, for every question asks it, and some scopes have thousands of labels."""
    content = f"{tenant_id}:" + ",".join(map(str, sorted(labels)))
    return hashlib.sha256(content.encode()).hexdigest()
