"""What an index finds is what going through everything finds: no filter loses a match because it was narrowed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, cast

import pytest
from scim2_models import ScimFilter
from sqlalchemy import Engine, event

from acl.scim.find import narrowed
from acl.scim.provider import open_provider
from tests.service.scim.client import Scim

ATOMS = (
    'userName eq "ana"',
    'userName ne "ana"',
    'externalId eq "7"',
    'displayName eq "Same"',
    'emails.value eq "ben@people.example"',
    'emails eq "ANA@people.example"',
    'emails[value eq "ana@people.example" and type eq "home"]',
    'emails[value eq "ana@people.example" or type eq "home"]',
    'emails[not (value eq "ana@people.example")]',
    "active eq false",
    'not (displayName eq "same")',
)
FILTERS = [*ATOMS, *(f"{one} {op} {other}" for one, other in itertools.combinations(ATOMS, 2) for op in ("and", "or"))]
FILTERS += ['(userName eq "ana" or userName eq "ben") and displayName eq "Same"', 'not (userName eq "ana" and externalId eq "7")']


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Scim:
    from catalog.open import open_catalog
    from catalog.settings import CatalogSettings

    file = tmp_path_factory.mktemp("find") / "catalog.db"
    file.write_bytes(sqlite_template.read_bytes())
    scim = Scim(open_catalog(CatalogSettings(url=f"sqlite:///{file}")))
    mails = {"work": "ana@people.example", "home": "ben@people.example"}
    scim.user("ana", externalId="7", displayName="Same", emails=[{"type": "work", "value": mails["work"]}], active=False)
    scim.user("ben", externalId="8", displayName="same", emails=[{"type": t, "value": v} for t, v in mails.items()])
    scim.user("cid", displayName="Other", emails=[{"type": "home", "value": "Ana@People.Example"}], active=True)
    scim.user("dora")
    return scim


def test_every_filter_finds_what_matches(people: Scim) -> None:
    model = cast(Any, open_provider(200).model_for("User"))
    everybody = [model.model_validate(one) for one in people.found("Users")]
    assert len(everybody) == 4
    for asked in FILTERS:
        filter_ = cast(Any, ScimFilter)[model](asked)
        expected = [one.user_name for one in everybody if filter_.match(one)]
        assert [one["userName"] for one in people.found("Users", filter=asked)] == expected, asked


def test_what_is_joined_by_or_or_denied_is_not_narrowed() -> None:
    model = cast(Any, open_provider(200).model_for("User"))

    def attribute(asked: str) -> str | None:
        term = narrowed("user", cast(Any, ScimFilter)[model](asked))
        return None if term is None else term.attribute

    assert attribute('userName eq "a" or title eq "b"') is None
    assert attribute('not (userName eq "a")') is None
    assert attribute('emails[value eq "a" or type eq "b"]') is None
    assert attribute('userName co "a"') is None
    assert attribute('title eq "a" and userName eq "b"') == "userName"
    assert attribute('emails[type eq "work" and value eq "a"]') == "emails.value"
    assert attribute('displayName eq "a" and id eq "b"') == "id"


def test_an_index_is_used_for_the_usual_questions(people: Scim) -> None:
    """By what the database is asked: no statement reads resources without naming whom."""
    statements: list[str] = []
    catalog: Engine = people.catalog

    def note(*args: Any) -> None:
        statements.append(args[2])

    event.listen(catalog, "before_cursor_execute", note)
    try:
        for asked in (
            'userName eq "ana"',
            'externalId eq "7"',
            'displayName eq "same"',
            'emails[type eq "work"].value eq "x@y.example"',
        ):
            statements.clear()
            people.found("Users", filter=asked)
            plans = [statement for statement in statements if "FROM scim_resources" in statement]
            assert all("scim_resources.principal_id IN" in statement for statement in plans), asked
            assert any("scim_lookups.digest = ?" in statement for statement in statements), asked
    finally:
        event.remove(catalog, "before_cursor_execute", note)
