"""Who asks. The tenant comes from the key alone, the permissions from the person alone, and each borrowed identity is audited."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from time import perf_counter
from uuid import UUID

from sqlalchemy import Engine

from acl.errors import BadPrincipal, UnknownPerson
from acl.principal import normal, user
from acl.scope import ReadScope
from acl.scopes import FindScope
from acl.store import Person, find_person, find_person_by_external_id, find_scope
from catalog.audit import record
from catalog.errors import UnknownTenant
from catalog.ids import DEFAULT_TENANT, TenantId
from catalog.keys import KeyRow, find_key
from catalog.session import ReadSession, reading, transaction
from catalog.tenants import find_tenant
from retrieval.errors import (
    AmbiguousHeader,
    AmbiguousPerson,
    InsufficientScope,
    MissingScope,
    NoPerson,
    NotAuthenticated,
    UserTokenUnsupported,
)
from retrieval.timeline import note_stage
from retrieval.tokens import Tokens, Vouched

PREFIX = "pck_"
DOTS = 2
"""In a signed token (RFC 7515, 7.1); a key has none."""
KEY = re.compile(r"pck_[0-9A-Za-z]+_[0-9A-Za-z_-]+")
SELF_TOLD = frozenset(("retrieve", "document", "feedback"))
"""Operations that write, before anything is handed out, an entry that names the actor and the person: one for each request."""
HEADERS = ("authorization", "x-on-behalf-of", "x-user-token")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says about who asks, unchecked; None where it says nothing. Of `token` and `on_behalf_of` one at most.

    `token` is a person's, with a key (from `X-User-Token`) or alone (`alone`, from `Authorization`).
    """

    key: str | None
    on_behalf_of: str | None
    token: str | None = field(default=None, repr=False)
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """A known, active person of a tenant, and what he may read. `actor` is who really asks: `key:ID`, `user:NAME` or `operator`.

    `issuer` vouched for him, where a token says who he is.
    """

    tenant_id: TenantId
    person: Person
    scope: ReadScope
    actor: str
    issuer: str | None = None
    scope_ms: float = field(default=0.0, compare=False)  # what it took to find person and scope


def credentials(headers: Iterable[tuple[bytes, bytes]], *, issuers: bool = False) -> Credentials:
    """Read the raw headers; `issuers`: there are some whose tokens can be checked.

    Raises `AmbiguousHeader`, `AmbiguousPerson` and `UserTokenUnsupported`: what cannot be honoured is never ignored.
    """
    found: dict[str, bytes] = {}
    for raw_name, value in headers:
        name = raw_name.decode("latin-1").lower()
        if name in HEADERS:
            if name in found:
                raise AmbiguousHeader(name)
            found[name] = value
    person, token, bearer = found.get("x-on-behalf-of"), found.get("x-user-token"), _bearer(found.get("authorization"))
    if token is not None and not issuers:
        raise UserTokenUnsupported
    alone = issuers and bearer is not None and not bearer.startswith(PREFIX) and bearer.count(".") == DOTS
    if (token is not None) + (person is not None) + alone > 1:
        raise AmbiguousPerson
    return Credentials(
        key=None if alone else bearer,
        on_behalf_of=None if person is None else person.decode("utf-8", "replace").strip(),
        token=bearer if alone else None if token is None else token.decode("latin-1").strip(),
        alone=alone,
    )


def key_with(catalog: Engine, given: Credentials, scope: str) -> KeyRow:
    """The service key that asks for itself, not for a person. Raises `NotAuthenticated`, `MissingScope`."""
    with reading(catalog) as session:
        return _key(session, given, scope)


def asker_by_key(
    catalog: Engine,
    given: Credentials,
    request_id: UUID,
    operation: str,
    scope: str = "retrieve",
    find: FindScope = find_scope,
) -> Asker:
    """The person on whose behalf a service key asks. The key needs `scope`.

    Raises `NotAuthenticated`, `MissingScope`, `NoPerson`, `UnknownPerson`. Writes an audit entry for each name that is
    refused, and for each that is borrowed for an operation that writes none itself; if that fails, nobody asks.
    """
    with reading(catalog) as session:
        key = _key(session, given, scope)
        if given.on_behalf_of is None:
            raise NoPerson
        _demand(key, "impersonate")
        asker = _find(session, key.tenant_id, given.on_behalf_of, f"key:{key.id}", find)
    _note_use(catalog, key.tenant_id, f"key:{key.id}", given.on_behalf_of, asker, request_id, operation)
    return asker or _refuse(given.on_behalf_of)


def asker_by_token(
    catalog: Engine,
    tokens: Tokens,
    given: Credentials,
    request_id: UUID,
    operation: str,
    scope: str = "retrieve",
    find: FindScope = find_scope,
) -> Asker:
    """The person whom a token is of, his tenant by its issuer; with a key, which needs `scope`, of the same tenant.

    Raises `NotAuthenticated`, `MissingScope`, `InsufficientScope`, `UnknownPerson` and what `Tokens.check` raises. No connection
    is held while an issuer is asked for its keys.
    """
    if given.alone and operation not in SELF_TOLD:
        raise InsufficientScope("A person's token alone may not do this. Send it as X-User-Token, with a key that may.")
    key = None
    if not given.alone:
        with reading(catalog) as session:
            key = _key(session, given, scope)
    vouched = tokens.check(given.token or "")
    with reading(catalog) as session:
        try:
            tenant_id = find_tenant(session, vouched.issuer.tenant)
        except UnknownTenant:
            raise UnknownPerson(vouched.value) from None
        if key is not None and key.tenant_id != tenant_id:  # neither tenant learns what the other knows
            raise UnknownPerson(vouched.value)
        asker = _vouched(session, tenant_id, vouched, None if key is None else f"key:{key.id}", find)
    actor = f"key:{key.id}" if key is not None else "token"
    if asker is None or operation not in SELF_TOLD:
        _note_token(catalog, tenant_id, actor, asker, vouched, request_id, operation)
    return asker or _refuse(vouched.value)


def _vouched(session: ReadSession, tenant_id: TenantId, vouched: Vouched, actor: str | None, find: FindScope) -> Asker | None:
    began = perf_counter()
    by_name = vouched.issuer.match == "name"
    try:  # the claim's own `user:` is part of the name, not a sign before it
        found = find_person(session, tenant_id, f"user:{vouched.value}") if by_name else None
        person = found or find_person_by_external_id(session, tenant_id, vouched.value)
    except (UnknownPerson, BadPrincipal):
        return None
    if vouched.groups is not None:
        person = replace(person, groups=frozenset(map(normal, vouched.groups)))
    scope = find(session, tenant_id, person)
    actor = actor or f"user:{person.name}"
    return Asker(tenant_id, person, scope, actor, vouched.issuer.issuer, _scope_ms(began))


def _note_token(
    catalog: Engine, tenant_id: TenantId, actor: str, asker: Asker | None, vouched: Vouched, request_id: UUID, operation: str
) -> None:
    with transaction(catalog) as session:
        record(
            session,
            tenant_id,
            actor=actor,
            action="token" if asker else "token.refused",
            object_=_printable(f"user:{vouched.value}") if asker is None else f"user:{asker.person.name}",
            details={"request_id": str(request_id), "operation": operation, "issuer": vouched.issuer.issuer},
        )


def asker_by_operator(catalog: Engine, tenant: str, person: str, request_id: UUID, operation: str) -> Asker:
    """The person in whose name the operator asks on the command line. Raises `UnknownTenant`, `UnknownPerson`; audited alike."""
    with reading(catalog) as session:
        try:
            tenant_id = find_tenant(session, tenant)
        except UnknownTenant:
            if tenant == DEFAULT_TENANT:  # it comes to be with its first people or documents: so far nobody is in it
                raise UnknownPerson(person) from None
            raise
        asker = _find(session, tenant_id, person, "operator", find_scope)
    _note_use(catalog, tenant_id, "operator", person, asker, request_id, operation)
    return asker or _refuse(person)


def _key(session: ReadSession, given: Credentials, scope: str) -> KeyRow:
    key = None if given.key is None or not KEY.fullmatch(given.key) else find_key(session, given.key)
    if key is None:
        raise NotAuthenticated(presented=given.key is not None)
    _demand(key, scope)
    return key


def _demand(key: KeyRow, scope: str) -> None:
    if scope not in key.scopes:
        raise MissingScope(key.id, scope)


def _find(session: ReadSession, tenant_id: TenantId, name: str, actor: str, find: FindScope) -> Asker | None:
    began = perf_counter()
    try:
        person = find_person(session, tenant_id, name)
    except (UnknownPerson, BadPrincipal):
        return None
    scope = find(session, tenant_id, person)
    return Asker(tenant_id, person, scope, actor, scope_ms=_scope_ms(began))


def _scope_ms(began: float) -> float:
    """What the stage took that ends now."""
    ended = perf_counter()
    note_stage("scope", began, ended)
    return (ended - began) * 1000


def _note_use(
    catalog: Engine, tenant_id: TenantId, actor: str, name: str, asker: Asker | None, request_id: UUID, operation: str
) -> None:
    if asker is not None and operation in SELF_TOLD:
        return
    with transaction(catalog) as session:
        record(
            session,
            tenant_id,
            actor=actor,
            action="impersonate" if asker else "impersonate.refused",
            object_=_printable(name),
            details={"request_id": str(request_id), "operation": operation},
        )


def _printable(name: str) -> str:
    try:
        return str(user(name))
    except BadPrincipal:
        return "user:?"  # what names nobody is the caller's text, not an identifier: it is not kept


def _refuse(name: str) -> Asker:
    raise UnknownPerson(name)


def _bearer(value: bytes | None) -> str | None:
    scheme, _, token = (value or b"").decode("latin-1").strip().partition(" ")
    return token.strip() if scheme.casefold() == "bearer" and token.strip() else None
