"""What people may read while SCIM changes them, asked of the same law as every question."""

from __future__ import annotations

from sqlalchemy import Engine

from acl.errors import UnknownPerson
from acl.principal import parse
from acl.store import find_person, find_scope, intern
from catalog.ids import Label, TenantId
from catalog.session import reading, transaction
from catalog.tenants import create_tenant, policy_epoch


class Readers:
    """The access lists of one tenant, and who is let in by them now."""

    def __init__(self, catalog: Engine, tenant: str = "default") -> None:
        self.catalog = catalog
        with transaction(catalog) as session:
            self.tenant_id: TenantId = create_tenant(session, tenant)

    def label(self, *allow: str, deny: tuple[str, ...] = ()) -> Label:
        with transaction(self.catalog) as session:
            return intern(session, self.tenant_id, [parse(name) for name in allow], [parse(name) for name in deny])

    def may_read(self, person: str, label: Label) -> bool:
        with reading(self.catalog) as session:
            try:
                found = find_person(session, self.tenant_id, person)
            except UnknownPerson:
                return False
            return label in find_scope(session, self.tenant_id, found).labels

    def epoch(self) -> int:
        with reading(self.catalog) as session:
            return policy_epoch(session, self.tenant_id)
