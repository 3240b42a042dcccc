"""The laws on real groups: who may read which of 591 documents, against an expansion that other code made."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Engine

from acl.principal import parse
from acl.snapshot import apply_snapshot, parse_snapshot
from acl.store import find_person, find_scope, intern_all, unknown_names
from catalog.session import reading, transaction
from catalog.tenants import create_tenant


def test_scopes_match_the_independent_expansion(catalog: Engine, real_data: Path) -> None:
    folder = real_data / "acl/k8s-community"
    manifest = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    truth = {}
    for line in (folder / "acl.jsonl").read_text().splitlines():
        row = json.loads(line)
        truth[row["doc"]] = {user.casefold() for user in row["effective_users"]}
    snapshot = parse_snapshot((folder / "groups-snapshot.json").read_bytes())
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        lists = [(list(map(parse, row.get("allow", []))), list(map(parse, row.get("deny", [])))) for row in manifest]
        labels = dict(zip((row["document"] for row in manifest), intern_all(session, tenant, lists), strict=True))
        apply_snapshot(session, tenant, snapshot)
    assert len(labels) == len(truth) == 591
    checked = 0
    with reading(catalog) as session:
        assert unknown_names(session, tenant) == []
        for name in snapshot.people:
            scope = find_scope(session, tenant, find_person(session, tenant, name.name))
            may = {document for document, label in labels.items() if label in scope.labels}
            assert may == {document for document, users in truth.items() if name.name in users}
            checked += len(may)
    assert checked == sum(len(users) for users in truth.values())
