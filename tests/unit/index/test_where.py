"""Nothing but a tenant with at least one label can be searched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acl.scope import scope_of_labels
from catalog.ids import DocumentId, Label, PrincipalId, SourceId, TenantId
from index.errors import UnfilteredRefused
from index.plan import EXACT_POINTS, LEAST_DEPTH, plan
from index.point import Lexical, SearchQuery
from index.where import Where, where

QUERY = SearchQuery(None, Lexical((1,), (1.0,)), 10)


def test_a_scope_becomes_its_tenant_and_sorted_labels() -> None:
    scope = scope_of_labels(TenantId(7), PrincipalId(1), [Label(9), Label(3)], 1)
    query = SearchQuery(None, QUERY.lexical, 10, sources=(SourceId(5), SourceId(2), SourceId(5)))
    assert where(scope, query) == Where(TenantId(7), (Label(3), Label(9)), (SourceId(2), SourceId(5)), frozenset())
    chosen = replace(QUERY, documents=(DocumentId(8), DocumentId(2), DocumentId(8)))
    assert where(scope, chosen) == Where(TenantId(7), (Label(3), Label(9)), None, frozenset(), (DocumentId(2), DocumentId(8)))


def test_what_permits_nothing_is_no_filter() -> None:
    assert where(scope_of_labels(TenantId(7), PrincipalId(1), [], 1), QUERY) is None
    scope = scope_of_labels(TenantId(7), PrincipalId(1), [Label(1)], 1)
    assert where(scope, SearchQuery(None, QUERY.lexical, 10, sources=())) is None
    assert where(scope, replace(QUERY, documents=())) is None


@pytest.mark.parametrize(
    ("tenant", "labels", "sources"),
    [
        (None, (1,), None),
        (True, (1,), None),
        ("1", (1,), None),
        (1, (), None),
        (1, None, None),
        (1, (True,), None),
        (1, ("1",), None),
        (1, (1,), ()),
    ],
)
def test_no_open_filter_can_be_made(tenant: Any, labels: Any, sources: Any) -> None:
    with pytest.raises(UnfilteredRefused):
        Where(tenant, labels, sources, frozenset())


@pytest.mark.parametrize("documents", [(), (True,), ("1",), (None,)])
def test_no_open_choice_of_documents_can_be_made(documents: Any) -> None:
    with pytest.raises(UnfilteredRefused):
        Where(TenantId(1), (Label(1),), None, frozenset(), documents)


def test_nothing_to_look_for_is_no_search() -> None:
    assert plan(SearchQuery(None, None, 10)) is None
    assert plan(SearchQuery(None, Lexical((), ()), 10)) is None
    assert plan(SearchQuery(None, QUERY.lexical, 0)) is None


@pytest.mark.parametrize(
    ("readable", "asked", "exact"), [(EXACT_POINTS, False, True), (EXACT_POINTS + 1, False, False), (10**9, True, True)]
)
def test_what_is_readable_decides_whether_whole_vectors_are_compared(readable: int, asked: bool, exact: bool) -> None:
    found = plan(SearchQuery(None, QUERY.lexical, 10, exact=asked), readable)
    assert found is not None
    assert found.exact is exact


def test_every_list_is_as_deep_as_the_answer() -> None:
    for limit in (1, LEAST_DEPTH, 500):
        found = plan(SearchQuery(None, QUERY.lexical, limit))
        assert found is not None
        assert found.exact
        assert found.depth >= limit
