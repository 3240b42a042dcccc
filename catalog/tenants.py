"""Tenants and their two epochs: one moves with every change of who may read what, one with every change of what can be found."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, select, update

from catalog.errors import UnknownTenant
from catalog.ids import DEFAULT_TENANT, EVERYONE, TenantId, storable, utc_now
from catalog.insert import insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Principal, Tenant


def create_tenant(session: WriteSession, name: str) -> TenantId:
    """The tenant called `name`, made with its `everyone` if it is new. Doing it twice changes nothing."""
    with suppress(UnknownTenant):
        return find_tenant(session, name)
    now = utc_now()
    insert_ignore(session, Tenant, [{"name": name, "created_at": now}])
    tenant_id = find_tenant(session, name)
    everyone = {"kind": EVERYONE, "name": EVERYONE, "provider": "portcullis", "created_at": now}
    insert_ignore(session, Principal, [{"tenant_id": tenant_id, **everyone}])
    return tenant_id


def find_tenant(session: ReadSession, name: str) -> TenantId:
    """The number of the tenant called `name`. Raises `UnknownTenant`."""
    found = session.sql.scalar(select(Tenant.id).where(Tenant.name == name)) if storable(name) else None
    if found is None:
        raise UnknownTenant(name)
    return TenantId(found)


def open_tenant(session: WriteSession, name: str) -> TenantId:
    """As `find_tenant`, but the default tenant needs no ceremony: it is made on first use."""
    return create_tenant(session, name) if name == DEFAULT_TENANT else find_tenant(session, name)


def list_tenants(session: ReadSession) -> list[str]:
    """The names of all tenants, sorted."""
    return list(session.sql.scalars(select(Tenant.name).order_by(Tenant.name)))


def tenant_names(session: ReadSession) -> dict[TenantId, str]:
    """The name of every tenant by its number, in the order of names."""
    return {TenantId(id_): name for id_, name in session.sql.execute(select(Tenant.id, Tenant.name).order_by(Tenant.name))}


def all_tenants(session: ReadSession) -> list[TenantId]:
    """The numbers of all tenants, in order: for what an operator does to the whole deployment."""
    return [TenantId(number) for number in session.sql.scalars(select(Tenant.id).order_by(Tenant.id))]


def policy_epoch(session: ReadSession, tenant_id: TenantId) -> int:
    """Moves with every change of people, groups, memberships and access lists."""
    return session.plain.scalars(_epoch(policy=True), {"tenant": tenant_id}).one()


def corpus_epoch(session: ReadSession, tenant_id: TenantId) -> int:
    """Moves with every publication, retirement, erasure and change of a document's access list."""
    return session.plain.scalars(_epoch(policy=False), {"tenant": tenant_id}).one()


def epochs(session: ReadSession, tenant_id: TenantId) -> tuple[int, int]:
    """The policy's and the corpus's, in one question."""
    policy, corpus = session.plain.execute(_epochs(), {"tenant": tenant_id}).one()
    return policy, corpus


def bump_policy(session: WriteSession, tenant_id: TenantId) -> None:
    """Make every scope that was computed so far stale."""
    session.sql.execute(update(Tenant).where(Tenant.id == tenant_id).values(policy_epoch=Tenant.policy_epoch + 1))


def bump_corpus(session: WriteSession, tenant_id: TenantId) -> None:
    """Make every answer that was computed so far stale."""
    session.sql.execute(update(Tenant).where(Tenant.id == tenant_id).values(corpus_epoch=Tenant.corpus_epoch + 1))


@cache
def _epoch(*, policy: bool) -> Select[int]:
    """Built once: every question asks it, several times."""
    tenant: BindParameter[int] = bindparam("tenant")
    return select(Tenant.policy_epoch if policy else Tenant.corpus_epoch).where(Tenant.id == tenant)


@cache
def _epochs() -> Select[int, int]:
    tenant: BindParameter[int] = bindparam("tenant")
    return select(Tenant.policy_epoch, Tenant.corpus_epoch).where(Tenant.id == tenant)
