"""Rules of retention: read strictly, and nothing is due that they do not say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.ages import AgedDocument, AgedVersion
from catalog.ids import SourceId
from ingest.errors import BadRetention
from ingest.retention import due, parse_rules

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def document(*ages: float, source: str = "pages", custom: dict[str, Any] | None = None, served: int = -1) -> AgedDocument:
    """Versions so many days old, oldest first, each held until the next came; `served` stays, as does the latest."""
    until = [days_ago(age) for age in ages[1:]]
    stays = (served % len(ages), len(ages) - 1)
    spans = enumerate(zip(ages, [*until, None], strict=True))
    versions = [AgedVersion(days_ago(age), ended, True, n in stays) for n, (age, ended) in spans]
    return AgedDocument("pages/a.md", SourceId(1), source, custom or {}, tuple(versions))


def found(rule: dict[str, Any], what: AgedDocument) -> list[tuple[bool, float, int]]:
    rules = parse_rules(json.dumps([rule]).encode(), "rules.json")
    return [(one.whole, (NOW - one.until).days, one.versions) for one in due(rules, [what], NOW)]


def test_a_document_is_as_old_as_its_newest_version() -> None:
    assert found({"documents_days": 30}, document(100, 31)) == [(True, 31, 2)]
    assert found({"documents_days": 30}, document(100, 29)) == []
    assert found({"documents_days": 31}, document(31)) == [], "a document has its full time"


def test_an_earlier_version_ages_from_when_another_took_its_place() -> None:
    assert found({"versions_days": 30}, document(400, 300, 20)) == [(False, 400, 1)]
    assert found({"versions_days": 30}, document(400, 300, 40, 20)) == [(False, 300, 2)]
    assert found({"versions_days": 30}, document(400)) == []
    assert found({"versions_days": 10}, document(400, 300, 20, served=0)) == [(False, 300, 1)], "what is pinned stays"


def test_of_two_versions_of_one_time_both_go_or_none() -> None:
    same = days_ago(100)
    times = ((same, same), (same, days_ago(5)), (days_ago(5), None))
    twins = tuple(AgedVersion(at, until, True, until is None) for at, until in times)
    assert found({"versions_days": 30}, AgedDocument("pages/a.md", SourceId(1), "pages", {}, twins)) == []


@pytest.mark.parametrize(
    ("said", "matches"),
    [
        ({}, True),
        ({"sources": ["pages", "other"]}, True),
        ({"sources": ["other"]}, False),
        ({"metadata": {"status": "draft"}}, True),
        ({"metadata": {"status": ["final", "draft"], "level": 1}}, True),
        ({"metadata": {"status": "final"}}, False),
        ({"metadata": {"level": True}}, False),
        ({"metadata": {"missing": "draft"}}, False),
        ({"metadata": {"tags": "b"}}, True),
        ({"sources": ["pages"], "metadata": {"status": "final"}}, False),
    ],
)
def test_all_that_a_rule_says_must_hold(said: dict[str, Any], matches: bool) -> None:
    custom = {"status": "draft", "level": 1, "tags": ["a", "b"], "nothing": None}
    assert bool(found({**said, "documents_days": 1}, document(5, custom=custom))) is matches


def test_the_shortest_time_of_several_rules_counts() -> None:
    rules = parse_rules(b"- {documents_days: 365}\n- {sources: [pages], documents_days: 3}\n", "rules.yaml")
    assert len(due(rules, [document(5), document(5, source="other")], NOW)) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "a list of rules"),
        (b"[]", "a list of rules"),
        (b"{documents_days: 3}", "a list of rules"),
        (b"[7]", "rule 1: it must be a mapping"),
        (b"[{sources: [a]}]", "rule 1: it says neither"),
        (b"[{documents_days: 3}, {document_days: 3}]", "rule 2: unknown key `document_days`"),
        (b"[{documents_days: 0}]", "`documents_days` must be"),
        (b"[{documents_days: true}]", "`documents_days` must be"),
        (b"[{versions_days: '3'}]", "`versions_days` must be"),
        (b"[{versions_days: 3, sources: []}]", "`sources` must be"),
        (b"[{versions_days: 3, sources: pages}]", "`sources` must be"),
        (b"[{versions_days: 3, metadata: {}}]", "`metadata` must map"),
        (b"[{versions_days: 3, metadata: {a: []}}]", "`metadata.a` must be"),
        (b"[{versions_days: 3, metadata: {a: {b: c}}}]", "`metadata.a` must be"),
        (b"[{versions_days: 3, versions_days: 4}]", "stands in it twice"),
        (b"[{", "not YAML"),
        (b"\xff\xfe[", "not UTF-8"),
    ],
)
def test_what_is_not_understood_is_named(said: bytes, told: str) -> None:
    with pytest.raises(BadRetention, match="rules.yaml.*" + told.replace("`", ".")):
        parse_rules(said, "rules.yaml")
