"""An original is shown only to somebody who may read, today, a version that holds it; with its last version it is gone."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from catalog.ids import DEFAULT_TENANT, TenantId
from catalog.session import reading, transaction
from catalog.tenants import find_tenant
from catalog.vault import count_by_key, discard, find_sealed
from ingest.erasure import Eraser
from ingest.errors import Quarantine
from ingest.forget import forget
from ingest.receipts import Journal
from ingest.settings import IngestSettings
from ingest.stores import CatalogStore, IndexStore
from privacy.errors import PseudonymCollision, VaultDamaged, VaultKeyMissing
from privacy.open import TextRedactor
from privacy.original import Original
from privacy.policy import Policy
from privacy.pseudonym import pseudonym
from privacy.rotate import rotate
from privacy.vault import Vault, key_id
from retrieval.errors import NotKept
from retrieval.identity import Asker, asker_by_operator
from retrieval.reveal import Revealed, reveal
from tests.laws.house import READERS, House, fresh

NAMING, SEALING = secrets.token_bytes(32), secrets.token_bytes(32)
REDACTOR = TextRedactor(Policy(), NAMING, keeps_originals=True)
VALUES = tuple(f"person{n}@quay-{n}.example" for n in range(4))
REQUEST = UUID(int=1)
WHY = "a test of the law"
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example takes seconds: a smaller one is not worth minutes."""


@pytest.fixture
def house(sqlite_template: Path) -> Iterator[House]:
    with fresh(sqlite_template, REDACTOR, Vault([SEALING])) as made:
        yield made


@pytest.fixture
def anywhere(tmp_path: Path, catalog: Engine) -> House:
    """The same on SQLite and on PostgreSQL."""
    (tmp_path / "pages").mkdir()
    return House(tmp_path / "pages", catalog, REDACTOR, Vault([SEALING]))


def line(document: str, values: Collection[str], allow: Collection[str], **more: Any) -> dict[str, Any]:
    said = "\n\n".join(["The boiler.", *(f"Write to {value} soon." for value in values)])
    return {"path": f"{document}.md", "document": document, "text": said, "allow": sorted(allow), **more}


def tenant_of(house: House) -> TenantId:
    with reading(house.tools.catalog) as read:
        return find_tenant(read, DEFAULT_TENANT)


def name_of(house: House, value: str) -> str:
    return pseudonym(NAMING, tenant_of(house), "EMAIL_ADDRESS", value)


def asker(house: House, person: str) -> Asker:
    return asker_by_operator(house.tools.catalog, DEFAULT_TENANT, person, REQUEST, "reveal")


def shown(house: House, person: str, said: str, vault: Vault | None = None) -> Revealed:
    return reveal(house.tools.catalog, vault or house.tools.vault, REDACTOR, asker(house, person), said, WHY, REQUEST)


def seen(house: House, person: str, values: Collection[str] = VALUES) -> set[str]:
    """Those of the values that the person gets to see."""
    return {value for value in values if shown(house, person, name_of(house, value)).text == value}


def held(house: House) -> set[str]:
    """The pseudonyms in the vault; none is there without a use."""
    with reading(house.tools.catalog) as read:
        rows = set(read.sql.scalars(text("SELECT pseudonym FROM vault")).all())
        assert rows == set(read.sql.scalars(text("SELECT pseudonym FROM vault_uses")).all())
    return rows


def names(house: House, *values: str) -> set[str]:
    return {name_of(house, value) for value in values}


def erase(house: House, document: str, home: Path) -> None:
    catalog = house.tools.catalog
    stores = [IndexStore(catalog, house.tools.index), CatalogStore(catalog)]
    receipt, _ = forget(Eraser(catalog, stores, Journal(home / "erasures")), DEFAULT_TENANT, document, "forget")
    assert receipt.clean


@dataclass(frozen=True)
class Planned:
    values: frozenset[int]
    allow: frozenset[str]
    deny: frozenset[str]


people = st.frozensets(st.sampled_from(["user:ana", "user:ben", "everyone"]))
plans = st.lists(
    st.builds(Planned, st.frozensets(st.integers(0, 3)), people, st.frozensets(st.sampled_from(["user:ana", "user:ben"]))),
    min_size=1,
    max_size=5,
)


@settings(deadline=None, max_examples=8, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans, st.integers(0, 4))
def test_who_may_read_a_document_that_holds_it_sees_it_and_nobody_else(
    sqlite_template: Path, planned: list[Planned], retired: int
) -> None:
    with fresh(sqlite_template, REDACTOR, Vault([SEALING])) as house:
        lines = [
            line(f"d{n}", [VALUES[v] for v in sorted(p.values)], p.allow, deny=sorted(p.deny)) for n, p in enumerate(planned)
        ]
        house.ingest(lines)
        staying = {n: p for n, p in enumerate(planned) if n != retired or len(planned) == 1}
        house.ingest([lines[n] for n in staying], yes=True)
        for person, is_ in READERS.items():
            may = {VALUES[v] for p in staying.values() if p.allow & is_ and not p.deny & is_ for v in p.values}
            assert seen(house, person) == may
            said = " and ".join([*(name_of(house, v) for v in VALUES), "[EMAIL_ADDRESS_AAAAAAAAAAAA]"])
            done = shown(house, person, said)
            assert done.text == " and ".join([*(v if v in may else name_of(house, v) for v in VALUES), said[-28:]])
            assert (len(done.spans), done.withheld) == (len(may), len(VALUES) + 1 - len(may))


def test_unreadable_and_absent_look_alike(house: House) -> None:
    house.ingest([line("secret", VALUES[:1], ["user:ben"])])
    hidden, made_up = name_of(house, VALUES[0]), "[EMAIL_ADDRESS_AAAAAAAAAAAA]"
    one, other = shown(house, "ana", hidden), shown(house, "ana", made_up)
    assert (one.text, other.text) == (hidden, made_up)
    assert (one.spans, one.withheld, one.counts) == (other.spans, other.withheld, other.counts) == ((), 1, {})


def test_a_pseudonym_that_somebody_typed_into_his_own_document_shows_him_nothing(house: House) -> None:
    house.ingest([line("secret", VALUES[:1], ["user:ben"])])
    house.ingest([line("secret", VALUES[:1], ["user:ben"]), line("bait", [name_of(house, VALUES[0])], ["user:ana"])])
    assert seen(house, "ana") == set()
    assert seen(house, "ben") == {VALUES[0]}


def test_an_earlier_version_wants_its_own_list_and_the_current_one(house: House) -> None:
    def versions(first: list[str], second: list[str]) -> list[dict[str, Any]]:
        both = [("1", "2024-01-01T00:00:00Z", VALUES[:1], first), ("2", "2024-02-01T00:00:00Z", VALUES[1:2], second)]
        lines = [line("plan", values, allow, version=v, modified_at=at) for v, at, values, allow in both]
        return [replaced | {"path": f"plan-{replaced['version']}.md"} for replaced in lines]

    house.ingest(versions(["user:ana", "user:ben"], ["user:ana"]))
    assert seen(house, "ana") == set(VALUES[:2])
    assert seen(house, "ben") == set()
    house.ingest(versions(["user:ben"], ["user:ana", "user:ben"]))
    assert seen(house, "ana") == {VALUES[1]}
    assert seen(house, "ben") == set(VALUES[:2])


def test_a_changed_list_holds_with_the_next_reveal_even_for_who_asked_before(house: House) -> None:
    house.ingest([line("plan", VALUES[:1], ["user:ana"])])
    early, name = asker(house, "ana"), name_of(house, VALUES[0])
    house.ingest([line("plan", VALUES[:1], ["user:ben"])])
    services = house.services
    done = reveal(services.catalog, services.vault, REDACTOR, early, name, WHY, REQUEST)
    assert done.text == name


def test_titles_and_metadata_count_and_models_may_bend_the_spelling(house: House) -> None:
    house.ingest([line("plan", (), ["user:ana"], title=f"Of {VALUES[0]}", metadata={"by": [VALUES[1]]})])
    assert seen(house, "ana") == set(VALUES[:2])
    bare = name_of(house, VALUES[0])[1:-1]
    for said in (bare, f"\\[{bare}\\]", f"[{bare}]", bare.replace("_", "\\_"), f"**{bare}**"):
        assert (
            shown(house, "ana", f"to {said}.").text
            == f"to {'**' * said.startswith('*')}{VALUES[0]}{'**' * said.startswith('*')}."
        )
    for said in (f"x{bare}", f"{bare}X", bare.lower(), bare[:-1]):
        assert shown(house, "ana", said).text == said


def test_it_goes_with_the_last_document_that_held_it(anywhere: House, tmp_path: Path) -> None:
    anywhere.ingest([line("one", VALUES[:2], ["everyone"]), line("two", VALUES[1:3], ["everyone"])])
    assert held(anywhere) == names(anywhere, *VALUES[:3])
    erase(anywhere, "one", tmp_path)
    assert held(anywhere) == names(anywhere, *VALUES[1:3])
    assert seen(anywhere, "ana") == set(VALUES[1:3])
    erase(anywhere, "two", tmp_path)
    assert held(anywhere) == set()


def test_a_retired_document_shows_nothing_and_keeps_its_originals_until_it_is_forgotten(house: House, tmp_path: Path) -> None:
    house.ingest([line("one", VALUES[:1], ["everyone"]), line("two", (), ["everyone"])])
    house.ingest([line("two", (), ["everyone"])], yes=True)
    assert seen(house, "ana") == set()
    assert held(house) == names(house, VALUES[0])
    erase(house, "one", tmp_path)
    assert held(house) == set()


def test_without_the_policy_nothing_is_kept_and_taking_it_back_empties_the_vault(house: House) -> None:
    kept = house.tools
    plain = replace(kept, redactor=TextRedactor(Policy(), NAMING), vault=None)
    lines = [line("one", VALUES[:2], ["everyone"])]
    house.tools = plain
    house.ingest(lines)
    assert held(house) == set()
    with pytest.raises(NotKept):
        reveal(plain.catalog, None, REDACTOR, asker(house, "ana"), name_of(house, VALUES[0]), WHY, REQUEST)
    house.tools = kept
    house.run()
    assert seen(house, "ana") == set(VALUES[:2])
    house.tools = plain
    house.run()
    assert held(house) == set()


def test_a_version_that_is_cut_anew_keeps_its_originals(house: House) -> None:
    house.ingest([line("one", VALUES[:2], ["everyone"])])
    house.tools = replace(house.tools, settings=IngestSettings(chunk_tokens=32))
    house.run()
    assert held(house) == names(house, *VALUES[:2])
    assert seen(house, "ana") == set(VALUES[:2])


def test_what_a_version_names_no_more_is_let_go(anywhere: House) -> None:
    anywhere.ingest([line("one", (), ["everyone"], metadata={"by": VALUES[0], "to": VALUES[1]})])
    anywhere.ingest([line("one", (), ["everyone"], metadata={"by": VALUES[1]})])
    assert held(anywhere) == names(anywhere, VALUES[1])


def test_rotation_opens_with_the_old_key_and_seals_with_the_new(anywhere: House) -> None:
    anywhere.ingest([line("one", VALUES, ["everyone"])])
    fresh_key = secrets.token_bytes(32)
    both, new = Vault([fresh_key, SEALING]), Vault([fresh_key])
    with pytest.raises(VaultKeyMissing):
        shown(anywhere, "ana", name_of(anywhere, VALUES[0]), new)
    assert shown(anywhere, "ana", name_of(anywhere, VALUES[0]), both).text == VALUES[0]
    assert rotate(anywhere.tools.catalog, both).resealed == len(VALUES)
    assert rotate(anywhere.tools.catalog, both).resealed == 0
    with reading(anywhere.tools.catalog) as read:
        assert [(c.key_id, c.originals) for c in count_by_key(read, tenant_of(anywhere))] == [(key_id(fresh_key), len(VALUES))]
    assert [shown(anywhere, "ana", name_of(anywhere, v), new).text for v in VALUES] == list(VALUES)
    with pytest.raises(VaultKeyMissing):
        shown(anywhere, "ana", name_of(anywhere, VALUES[0]), Vault([SEALING]))


TAMPERED = {
    "a changed bit": "UPDATE vault SET sealed = :other WHERE pseudonym = :one",
    "another entity": "UPDATE vault SET entity = 'PHONE_NUMBER' WHERE pseudonym = :one",
    "another's value": "UPDATE vault SET sealed = (SELECT v.sealed FROM vault v WHERE v.pseudonym = :two) WHERE pseudonym = :one",
    "nothing": "UPDATE vault SET sealed = :nothing WHERE pseudonym = :one",
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_row_that_was_touched_does_not_open_and_nothing_is_shown(house: House, how: str) -> None:
    house.ingest([line("one", VALUES[:2], ["everyone"])])
    one, two = name_of(house, VALUES[0]), name_of(house, VALUES[1])
    with transaction(house.tools.catalog) as write:
        [row] = find_sealed(write, tenant_of(house), [one])
        other = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
        given = {"one": one, "two": two, "other": other, "nothing": b""}
        write.sql.execute(text(TAMPERED[how]), {k: v for k, v in given.items() if f":{k}" in TAMPERED[how]})
    with pytest.raises(VaultDamaged) as caught:
        shown(house, "ana", f"{two} {one}")
    assert VALUES[0] not in str(caught.value)
    assert shown(house, "ana", two).text == VALUES[1]
    done = rotate(house.tools.catalog, Vault([secrets.token_bytes(32), SEALING]))
    assert (done.resealed, done.damaged) == (1, (one,))
    with transaction(house.tools.catalog) as write:
        assert discard(write, tenant_of(house), one)
    assert held(house) == {two}


def test_a_row_moved_to_another_tenant_does_not_open(house: House) -> None:
    house.ingest([line("one", VALUES[:1], ["everyone"])])
    with reading(house.tools.catalog) as read:
        [row] = find_sealed(read, tenant_of(house), names(house, VALUES[0]))
    assert house.tools.vault is not None
    with pytest.raises(VaultDamaged):
        house.tools.vault.open(TenantId(tenant_of(house) + 1), row)


def test_a_second_value_for_a_pseudonym_is_refused_and_its_file_quarantined(anywhere: House) -> None:
    """Nobody can make two values collide, so the first one is put there by hand."""
    anywhere.ingest([line("one", VALUES[:1], ["everyone"])])
    tenant_id, name, vault = tenant_of(anywhere), name_of(anywhere, VALUES[1]), anywhere.tools.vault
    assert vault is not None
    planted = vault.seal(tenant_id, Original(name, "EMAIL_ADDRESS", "other@quay.example"))
    with transaction(anywhere.tools.catalog) as write:
        columns = "tenant_id, pseudonym, entity, key_id, sealed"
        row = {"tenant_id": tenant_id, "p": name, "e": planted.entity, "k": planted.key_id, "s": planted.sealed}
        write.sql.execute(text(f"INSERT INTO vault ({columns}) VALUES (:tenant_id, :p, :e, :k, :s)"), row)
        version = write.sql.scalars(text("SELECT version_id FROM vault_uses")).one()
        write.sql.execute(text(f"INSERT INTO vault_uses VALUES ({tenant_id}, :p, {version})"), {"p": name})
    report = anywhere.ingest([line("one", VALUES[:1], ["everyone"]), line("two", VALUES[1:3], ["everyone"])])
    (refused,) = [f for f in report.files if f.status == "quarantined"]
    assert (refused.path, refused.reason) == ("two.md", "collision")
    assert VALUES[1] not in (refused.detail or "")
    assert held(anywhere) == {name, name_of(anywhere, VALUES[0])}
    with pytest.raises(PseudonymCollision):
        vault.agree(tenant_id, planted, Original(name, "EMAIL_ADDRESS", VALUES[1]))
    vault.agree(tenant_id, planted, Original(name, "EMAIL_ADDRESS", "OTHER@quay.example"))
    assert Quarantine("collision", "x").reason == "collision"


def test_each_reveal_is_audited_with_counts_and_a_redacted_purpose(house: House) -> None:
    house.ingest([line("one", VALUES[:2], ["everyone"])])
    said = f"{name_of(house, VALUES[0])} {name_of(house, VALUES[0])} [EMAIL_ADDRESS_AAAAAAAAAAAA]"
    request = uuid4()
    reveal(house.tools.catalog, house.tools.vault, REDACTOR, asker(house, "ana"), said, f"asked by {VALUES[2]}", request)
    with reading(house.tools.catalog) as read:
        (entry,) = read.sql.execute(text("SELECT actor, object, details FROM audit WHERE action = 'reveal'")).all()
    assert (entry.actor, entry.object) == ("operator", "user:ana")
    assert '"revealed": {"EMAIL_ADDRESS": 2}, "withheld": 1' in entry.details.replace("'", '"')
    assert str(request) in entry.details
    assert "asked by [EMAIL_ADDRESS_" in entry.details
    assert not any(value in entry.details for value in VALUES)


def test_nothing_that_holds_an_original_shows_it() -> None:
    original = Original("[EMAIL_ADDRESS_AAAAAAAAAAAA]", "EMAIL_ADDRESS", VALUES[0])
    vault = Vault([SEALING])
    row = vault.seal(TenantId(1), original)
    assert not [thing for thing in (original, row, vault, Revealed(VALUES[0], (), 0)) if VALUES[0] in repr(thing)]
    assert SEALING.hex() not in repr(vault)
    assert VALUES[0].encode() not in row.sealed
    assert vault.seal(TenantId(1), original).sealed != row.sealed
