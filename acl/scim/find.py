"""Searching: the usual questions by an index, a whole list by pages, anything else by going through all, up to a bound."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from scim2_models import ScimFilter, ScimProvider, SearchRequest, TooManyException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from acl.scim import rows
from acl.scim.shape import TYPES, Kind, Stored, built, looked_up_by, lookup_digest
from catalog.ids import PrincipalId, TenantId, storable
from catalog.session import ReadSession

MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Term:
    """What every match must have: `attribute` equal to `value`. `id` and `members` are compared as they stand."""

    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where is searched. `bound` is how many resources may be gone through one by one."""

    session: ReadSession
    tenant_id: TenantId
    provider: ScimProvider
    kinds: Collection[Kind]
    bound: int


@dataclass(frozen=True, slots=True)
class Found:
    """One page, and how many match in all."""

    total: int
    page: list[Stored]


def search(at: Place, asked: SearchRequest[Any]) -> Found:
    """The page that is asked for. Raises `TooManyException` where more than the bound would have to be gone through."""
    start = asked.start_index_0 or 0
    if asked.filter is None and asked.sort_by is None:
        return Found(*rows.page(at.session, at.tenant_id, at.kinds, start, asked.count))
    matching = list(_matching(at, asked))
    if asked.sort_by is not None:
        descending = asked.sort_order == SearchRequest.SortOrder.descending
        matching.sort(key=lambda pair: pair[0], reverse=descending)
    stop = None if asked.count is None else start + asked.count
    return Found(len(matching), rows.find_all(at.session, at.tenant_id, [id_ for _, id_ in matching[start:stop]]))


def _matching(at: Place, asked: SearchRequest[Any]) -> Iterator[tuple[tuple[bool, Any], PrincipalId]]:
    """Where each match belongs in the order asked for, and who it is. No resource is kept."""
    models = {kind: cast(Any, at.provider.model_for(TYPES[kind])) for kind in at.kinds}
    with_members = "group" in at.kinds and _speaks_of_members(asked)
    for batch in _candidates(at, asked):
        groups = [one.principal_id for one in batch if one.kind == "group"] if with_members else []
        members = rows.members_of(at.session, at.tenant_id, groups)
        for one in batch:
            resource = built(models[one.kind], one, members.get(one.principal_id))
            if asked.filter is None or asked.filter.match(resource):
                value = asked.sort_value(resource)
                yield (value is None, "" if value is None else value), one.principal_id


def _candidates(at: Place, asked: SearchRequest[Any]) -> Iterator[list[Stored]]:
    if asked.filter is not None and len(at.kinds) == 1:
        (kind,) = at.kinds
        term = narrowed(kind, asked.filter)
        if term is not None:
            yield _with(at, kind, term)
            return
    if rows.count(at.session, at.tenant_id, at.kinds) > at.bound:
        raise TooManyException(
            detail=f"This filter or order has no index, and there are more than {at.bound} resources. Ask by id, userName, "
            "displayName, externalId, emails.value or members, or page through all."
        )
    yield from rows.stream(at.session, at.tenant_id, at.kinds)


def _with(at: Place, kind: Kind, term: Term) -> list[Stored]:
    session, tenant_id, bound = at.session, at.tenant_id, at.bound
    if not storable(term.value):
        return []
    if term.attribute == "id":
        one = rows.find(session, tenant_id, kind, term.value)
        return [] if one is None else [one]
    if term.attribute == MEMBERS:
        ids = rows.holding(session, tenant_id, term.value, bound + 1)
    else:
        ids = rows.with_value(session, tenant_id, kind, term.attribute, lookup_digest(term.value), bound + 1)
    if len(ids) > bound:
        raise TooManyException(detail=f"More than {bound} resources match a part of this filter.")
    return rows.find_all(session, tenant_id, ids)


def narrowed(kind: Kind, asked: ScimFilter[Any]) -> Term | None:
    """The term by which an index finds everything that can match; None where there is none."""
    terms = list(_terms(kind, asked, asked.ast))
    order = ("id", "externalId", "userName", "emails.value", "displayName", MEMBERS)
    return min(terms, key=lambda term: order.index(term.attribute), default=None)


def _terms(kind: Kind, asked: ScimFilter[Any], node: FilterNode) -> Iterator[Term]:
    """Terms that hold for every match: those joined by `and`, also inside one value of a list."""
    match node:
        case LogicalExpr(LogicalOperator.and_, parts):
            for part in parts:
                yield from _terms(kind, asked, part)
        case ValuePath(path, inner, None):
            for one in inner.terms if isinstance(inner, LogicalExpr) and inner.op == LogicalOperator.and_ else (inner,):
                if isinstance(one, Comparison) and one.attr_path.sub_attr is None:
                    inside = AttrPath(path.attr, one.attr_path.attr, path.uri)
                    yield from _terms(kind, asked, Comparison(inside, one.op, one.value))
        case Comparison(path, CompareOperator.eq, str(value)):
            yield from _term(kind, asked, path, value)


def _term(kind: Kind, asked: ScimFilter[Any], path: AttrPath, value: str) -> Iterator[Term]:
    binding = asked.resolve_comparison(path, strict=False)
    if binding is None or asked.model is None:
        return
    name = binding.urn.rpartition(":")[2]
    if name == "id":
        yield Term("id", value)
    elif kind == "group" and name == "members.value":
        yield Term(MEMBERS, value)
    elif (attribute := looked_up_by(cast(Any, asked.model), kind, binding.urn)) is not None:
        try:
            yield Term(attribute, str(binding.comparable(value)))
        except ValueError:
            return


def _speaks_of_members(asked: SearchRequest[Any]) -> bool:
    sorted_by = asked.sort_by is not None and asked.sort_by.parts[:1] and asked.sort_by.parts[0].casefold() == MEMBERS
    return bool(sorted_by) or (asked.filter is not None and MEMBERS in set(_attributes(asked.filter.ast)))


def _attributes(node: FilterNode) -> Iterator[str]:
    match node:
        case LogicalExpr(_, parts):
            for part in parts:
                yield from _attributes(part)
        case Not(inner):
            yield from _attributes(inner)
        case Comparison(path) | Present(path) | ValuePath(path):
            yield path.attr.casefold()
