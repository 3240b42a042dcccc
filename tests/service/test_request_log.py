"""The request log: only where a tenant wants it, sealed, for its days, and never in an answer's way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text, update

from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.lapse import lapse
from catalog.requests import KeptRequest, find_request, keep_requests, log_state
from catalog.session import reading, transaction
from catalog.tables import Base, RequestResult, RequestRow, TurnRow
from index.memory import MemoryIndex
from privacy.errors import SealBroken
from privacy.redactor import Redactor
from retrieval.errors import RequestUnreadable, UnknownRequest
from retrieval.logged import Logged, read, written
from retrieval.request_log import MOST_WAITING, Entry, RequestLog, log_seal
from retrieval.services import Services
from tests.faults import Fault, planted
from tests.service.client import Service
from tests.service.replayed import Kept
from tests.service.words import WordEmbedder

SECRET = "quetzal"
NAME = "Ingrid Solheim"


@pytest.fixture
def services(catalog: Engine, redactor: Redactor) -> Services:
    return Services(catalog, MemoryIndex(), WordEmbedder(), redactor)


@pytest.fixture
def kept(services: Services) -> Kept:
    made = Kept(services)
    made.put("handbook", "The boiler stands in the hall.", title="Handbook")
    return made


def everything(catalog: Engine) -> str:
    """What `SELECT *` shows of every table."""
    with reading(catalog) as session:
        tables = [table.name for table in Base.metadata.sorted_tables]
        return "\n".join(f"{t}: {row!r}" for t in tables for row in session.sql.execute(text(f"SELECT * FROM {t}")).all())


def count(catalog: Engine) -> int:
    with reading(catalog) as session:
        return len(session.sql.scalars(select(RequestRow.id)).all())


def test_nothing_is_kept_of_a_tenant_that_did_not_ask_for_it(services: Services, catalog: Engine) -> None:
    """Whatever its neighbour wants."""
    silent, loud = Kept(services, "silent", days=None), Kept(services, "loud")
    for tenant in (silent, loud):
        tenant.put("a", "The boiler.")
        tenant.ask()
    with reading(catalog) as session:
        assert session.sql.scalars(select(RequestRow.tenant_id)).all() == [loud.tenant_id]
    with pytest.raises(UnknownRequest):
        silent.replay(silent.ask().request_id)


def test_no_word_of_a_question_a_filter_or_a_document_is_in_the_database(kept: Kept, catalog: Engine, tmp_path: Path) -> None:
    kept.limits = kept.limits.model_copy(update={"fields": {"author": "string"}})
    said = {"field": "author", "eq": f"{NAME} the {SECRET}"}
    answer = kept.ask(query=f"Where did {NAME} put the {SECRET} boiler?", filter=said, sources=["docs", f"{SECRET}s"])
    seen = everything(catalog)
    assert str(answer.request_id) in seen or answer.request_id.hex in seen
    assert SECRET not in seen.casefold()
    assert "solheim" not in seen.casefold()
    if catalog.dialect.name == "sqlite":
        catalog.dispose()
        for file in tmp_path.glob("catalog.db*"):
            assert SECRET.encode() not in file.read_bytes().lower()
    logged = kept.replay(answer).logged
    assert SECRET in logged.question
    assert "Solheim" not in str(logged)  # not even inside
    assert logged.named
    assert logged.filter is not None
    assert "[PERSON_" in logged.filter["eq"]


def test_what_was_changed_or_moved_does_not_open(kept: Kept, catalog: Engine) -> None:
    first, second = kept.ask(), kept.ask(query="hall boiler")

    def rewrite(**values: Any) -> None:
        with transaction(catalog) as session:
            session.sql.execute(update(RequestRow).where(RequestRow.id == first.request_id).values(**values))

    with reading(catalog) as session:
        rows = {row.id: row for row in session.sql.scalars(select(RequestRow)).all()}
        ben = session.sql.scalars(text("SELECT id FROM principals WHERE name = 'ben'")).one()
    mine = rows[first.request_id]
    flipped = bytes(mine.sealed[:-1]) + bytes([mine.sealed[-1] ^ 1])
    for spoiled in ({"sealed": flipped}, {"sealed": rows[second.request_id].sealed}, {"sealed": b""}, {"person_id": ben}):
        rewrite(**spoiled)
        with pytest.raises(SealBroken):
            kept.replay(first)
        rewrite(sealed=mine.sealed, person_id=mine.person_id)
    assert kept.replay(first).logged.question == "boiler hall"
    kept.services = replace(kept.services, question_key=bytes(32))
    with pytest.raises(SealBroken):  # another key
        kept.replay(first)


def test_it_is_kept_for_its_days_and_not_longer(kept: Kept, catalog: Engine) -> None:
    answer = kept.ask()
    now = utc_now()
    with reading(catalog) as session:
        assert find_request(session, kept.tenant_id, answer.request_id, now + timedelta(days=29)) is not None
        assert find_request(session, kept.tenant_id, answer.request_id, now + timedelta(days=30)) is None
        assert log_state(session, kept.tenant_id).requests == 1
    with transaction(catalog) as session:
        assert lapse(session, kept.tenant_id, now + timedelta(days=29))["requests"] == 0
        assert lapse(session, kept.tenant_id, now + timedelta(days=31))["requests"] == 1
    assert count(catalog) == 0
    with reading(catalog) as session:
        assert session.sql.scalars(select(RequestResult.chunk_id)).all() == []


def test_the_next_request_takes_what_lapsed_along(kept: Kept, catalog: Engine) -> None:
    old = kept.ask()
    with transaction(catalog) as session:
        session.sql.execute(update(RequestRow).values(kept_from=utc_now() - timedelta(days=31)))
    new = kept.ask()
    with reading(catalog) as session:
        assert session.sql.scalars(select(RequestRow.id)).all() == [new.request_id]
    assert old.request_id != new.request_id


def test_fewer_days_and_off_let_go_at_once_and_more_days_bring_nothing_back(kept: Kept, catalog: Engine) -> None:
    kept.ask()
    with transaction(catalog) as session:
        session.sql.execute(update(RequestRow).values(kept_from=utc_now() - timedelta(days=10)))
    kept.ask()
    assert kept.keep(20) == 0
    assert kept.keep(5) == 1
    assert kept.keep(50) == 0
    assert kept.keep(None) == 1
    assert count(catalog) == 0
    kept.ask()
    assert count(catalog) == 0


def test_turns_of_sessions_that_ended_go_with_it(kept: Kept, catalog: Engine) -> None:
    kept.ask(session_id="s")
    with transaction(catalog) as session:
        assert lapse(session, kept.tenant_id, utc_now())["turns"] == 0
        assert lapse(session, kept.tenant_id, utc_now() + timedelta(hours=2))["turns"] == 1
        assert session.sql.scalars(select(TurnRow.question)).all() == []


def test_somebody_who_is_removed_takes_his_questions_along(kept: Kept, catalog: Engine) -> None:
    kept.ask("ana", session_id="s")
    kept.ask("ben")
    kept.people("ben")
    assert count(catalog) == 1
    with reading(catalog) as session:
        assert session.sql.scalars(select(TurnRow.question)).all() == []


def test_what_comes_in_just_after_a_person_went_goes_with_the_next_sweep(kept: Kept, catalog: Engine) -> None:
    with reading(catalog) as session:
        ana = PrincipalId(session.sql.scalars(text("SELECT id FROM principals WHERE name = 'ana'")).one())
    kept.people("ben")
    with transaction(catalog) as session:
        assert keep_requests(session, [KeptRequest(kept.tenant_id, uuid4(), ana, utc_now(), b"")], utc_now()) == 1
    with transaction(catalog) as session:
        assert lapse(session, kept.tenant_id, utc_now())["requests"] == 1


# ---- the writer --------------------------------------------------------------------------------------------------------------


def entry(tenant_id: TenantId, person_id: int, id_: UUID) -> Entry:
    logged = Logged("q", "q", False, {}, None, "operator", False, "", 0, 0, None, "off", 0, True, ())
    return Entry(tenant_id, id_, PrincipalId(person_id), utc_now(), logged, None, ())


@pytest.fixture
def offered(kept: Kept, catalog: Engine) -> list[Entry]:
    with reading(catalog) as session:
        person = session.sql.scalars(text("SELECT id FROM principals WHERE name = 'ana'")).one()
    return [entry(kept.tenant_id, person, uuid4()) for _ in range(5)]


@pytest.fixture
def lost() -> list[int]:
    return []


def test_what_was_erased_before_its_request_was_written_leaves_nothing_there(kept: Kept, catalog: Engine) -> None:
    """The writer comes a moment after the answer, and an erasure may come in between."""
    for hall in ("north", "south"):
        kept.put(hall, f"The boiler stands in the {hall} hall.", title=hall.title())
    first = kept.ask(query="boiler hall", session_id="s")
    second = kept.ask(query="What about the second one?", session_id="s")
    assert second.session is not None
    assert second.session.rewritten is not None
    erased = first.results[1].document_id
    with reading(catalog) as session:
        late = [find_request(session, kept.tenant_id, one.request_id, utc_now()) for one in (first, second)]
    kept.keep(None)
    kept.keep(30)
    kept.erase(erased)
    offered = [one for one in late if one is not None]
    assert [len(one.leanings) > 0 for one in offered] == [False, True]
    with transaction(catalog) as session:
        assert keep_requests(session, offered, utc_now()) == 1
    with reading(catalog) as session:
        assert session.sql.scalars(select(RequestRow.id)).all() == [first.request_id]
        assert sorted(session.sql.scalars(select(RequestResult.place))) == [1, 3]
    (lost,) = (one for one in kept.replay(first).differences if one.reason == "erased")
    assert lost.then is not None
    assert (lost.then.place, lost.then.document) == (2, None)


@pytest.fixture
def log(catalog: Engine, lost: list[int]) -> Iterator[RequestLog]:
    made = RequestLog(catalog, log_seal(bytes(32)), lost.append)
    yield made
    made.close()


def test_the_writer_keeps_what_is_offered_and_close_leaves_nothing_behind(
    log: RequestLog, offered: list[Entry], catalog: Engine, lost: list[int]
) -> None:
    for one in offered[:3]:
        log.offer(one)
    log.flush(20)
    assert count(catalog) == 3
    log.offer(offered[3])
    log.close()
    assert count(catalog) == 4
    log.offer(offered[4])  # too late: told, not kept
    log.flush(20)
    log.close()
    assert (count(catalog), lost) == (4, [1])


def test_one_that_cannot_be_stored_is_lost_alone(log: RequestLog, offered: list[Entry], catalog: Engine, lost: list[int]) -> None:
    for one in (offered[0], replace(offered[1], person_id=PrincipalId(0)), offered[2]):
        log.offer(one)
    log.flush(20)
    assert (count(catalog), lost) == (2, [1])


def test_after_off_nothing_comes_in_whatever_is_on_its_way(
    log: RequestLog, kept: Kept, offered: list[Entry], catalog: Engine, lost: list[int]
) -> None:
    """Entries stream in while the log is switched off: from the end of that transaction on there is none."""
    stop = threading.Event()

    def stream() -> None:
        while not stop.is_set():
            log.offer(replace(offered[0], request_id=uuid4()))
            stop.wait(0.002)

    writing = [threading.Thread(target=stream) for _ in range(2)]
    for thread in writing:
        thread.start()
    for _ in range(3):
        log.flush(20)
        assert kept.keep(None) > 0
        for _ in range(3):
            log.flush(20)
            assert count(catalog) == 0
        kept.keep(30)
    stop.set()
    for thread in writing:
        thread.join()
    assert lost == []


def test_a_full_queue_loses_and_tells_and_delays_nobody(
    offered: list[Entry], catalog: Engine, lost: list[int], log: RequestLog
) -> None:
    stuck, began = threading.Event(), threading.Event()

    class Stuck(RequestLog):
        def _settle(self, batch: Any) -> None:
            began.set()
            stuck.wait(30)

    slow = Stuck(catalog, log_seal(bytes(32)), lost.append)
    slow.offer(offered[0])
    assert began.wait(10)
    for _ in range(MOST_WAITING + 7):
        slow.offer(offered[1])
    assert sum(lost) == 7
    stuck.set()
    slow.close()


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_service_logs_beside_its_answers_and_an_answer_never_fails_for_it(
    services: Services, kept: Kept, catalog: Engine, lost: list[int], log: RequestLog
) -> None:
    served = replace(services, requests=log)
    service = Service(served, kept.limits, kept.key()[1])
    body = service.retrieve("boiler hall").json()
    assert body["warnings"] == []
    log.flush(20)
    with reading(catalog) as session:
        assert session.sql.scalars(select(RequestRow.id)).all() == [UUID(body["request_id"])]
    with transaction(catalog) as session:
        session.sql.execute(text("ALTER TABLE requests RENAME TO requests_away"))
    assert service.retrieve("boiler hall").json()["warnings"] == []
    log.flush(20)
    assert lost == [1]
    alone = Service(services, kept.limits, kept.key()[1])  # without a writer the answer itself says so
    assert [warning["code"] for warning in alone.retrieve("boiler hall").json()["warnings"]] == ["not_logged"]


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_log_that_forgets_to_ask_would_be_seen(services: Services, catalog: Engine) -> None:
    """The transaction that writes asks whether the tenant wants it: without that, an entry on its way would survive `off`."""
    tenant = Kept(services)
    with reading(catalog) as session:
        person = session.sql.scalars(text("SELECT id FROM principals WHERE name = 'ana'")).one()
    waiting = KeptRequest(tenant.tenant_id, uuid4(), PrincipalId(person), utc_now(), b"")
    tenant.keep(None)
    for fault, count_kept in ((None, 0), (Fault(keep_requests, "if one.tenant_id in wanting", "if True"), 1)):
        with transaction(catalog) as session:
            if fault is None:
                assert keep_requests(session, [waiting], utc_now()) == count_kept
            else:
                with planted(fault):
                    assert keep_requests(session, [waiting], utc_now()) == count_kept


texts = st.text(max_size=40)


@settings_of(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=texts, searched=texts, options=st.dictionaries(texts, st.integers() | texts, max_size=3), many=st.integers(0, 9))
def test_what_is_written_is_read_back(question: str, searched: str, options: dict[str, Any], many: int) -> None:
    said = Logged(
        question, searched, True, options, None, "key:x", False, "s", 1, 2, "c", "drop", many, False, ("w",), {"a": 1.5}, 2.5
    )
    assert read(written(said)) == said


@pytest.mark.parametrize(
    "spoiled", [b"{}", b'{"form": 2}', b'{"form": 1}', b'{"form": 1, "question": "x", "warnings": [], "more": 1}']
)
def test_another_form_is_not_read_as_this_one(spoiled: bytes) -> None:
    with pytest.raises(RequestUnreadable):
        read(spoiled)
