"""A kept question asked again: by today's permissions alone, with a reason for each passage that came or went."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from sqlalchemy import Engine

from catalog.documents import hand_over, open_source
from catalog.erase import erase_rows
from catalog.ids import utc_now
from catalog.requests import set_log_days
from catalog.session import transaction
from catalog.traces import Extent, find_traces
from index.memory import MemoryIndex
from privacy.redactor import Redactor
from retrieval import replay as replaying
from retrieval.errors import UnknownRequest
from retrieval.fields import Kind
from retrieval.replay import Mode
from retrieval.services import Services
from tests.faults import Fault, planted
from tests.service.replayed import Kept
from tests.service.words import WordEmbedder

HALLS = ("north", "south", "east")
MODES: tuple[Mode, ...] = get_args(Mode)
SQLITE = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)


@pytest.fixture
def services(catalog: Engine, redactor: Redactor) -> Services:
    return Services(catalog, MemoryIndex(), WordEmbedder(), redactor)


@pytest.fixture
def kept(services: Services) -> Kept:
    return Kept(services)


def fill(kept: Kept) -> None:
    for hall in HALLS:
        kept.put(hall, f"The boiler stands in the {hall} hall.")


def test_what_changed_in_nothing_is_the_same_in_both_modes(kept: Kept) -> None:
    fill(kept)
    answer = kept.ask()
    for mode in MODES:
        done = kept.replay(answer, mode)
        assert [(one.reason, one.then and one.then.place) for one in done.differences] == [("same", n) for n in (1, 2, 3)]
        assert [one.then and one.then.score for one in done.differences] == [
            one.now and one.now.score for one in done.differences
        ]
        assert (done.notes, done.person, done.logged.question) == ((), "ana", "boiler hall")


def test_a_right_that_was_taken_away_is_gone_in_both_modes(kept: Kept) -> None:
    """Whatever the moment whose versions are meant, who may read is decided today: by the document's list, by his groups."""
    kept.put("listed", "The boiler stands in the listed hall.", ["user:ana"])
    kept.put("led", "The boiler stands in the led hall.", ["group:leads"])
    kept.put("open", "The boiler stands in the open hall.")
    answer = kept.ask()
    assert {result.document_id for result in answer.results} == {"listed", "led", "open"}
    kept.relabel("listed", allow=["user:ben"])
    kept.people("ana", "ben", groups={"leads": []})
    for mode in MODES:
        done = kept.replay(answer, mode)
        assert done.found is not None
        assert [passage.chunk.document_name for passage in done.found.passages] == ["open"]
        why = {one.then.document: one.why for one in done.differences if one.then and one.reason == "not_readable"}
        assert why["listed"].startswith("The document has another list than then; user:ana may not read listed")
        assert why["led"].startswith("The document has the same list as then; user:ana may not read led")
        assert dict(done.notes).keys() == {"permissions"}


def test_what_was_erased_leaves_its_place_alone(kept: Kept) -> None:
    fill(kept)
    answer = kept.ask()
    kept.erase("south")
    (lost,) = (one for one in kept.replay(answer).differences if one.reason == "erased")
    assert lost.then is not None
    assert (lost.then.document, lost.then.version, lost.now) == (None, None, None)
    assert lost.then.place == next(result.ref for result in answer.results if result.document_id == "south")
    assert "south" not in str(kept.replay(answer).differences)


def test_what_a_question_took_over_goes_with_where_it_came_from(kept: Kept) -> None:
    """A rewritten question may hold words of a title: it is withheld while that may not be read, and goes when it is erased."""
    kept.put("plan", "The payroll archive has an alarm.", title="Zanzibar")
    kept.put("other", "The payroll office is open.", title="Office")
    kept.ask(query="payroll archive alarm", session_id="s", top_k=1)
    answer = kept.ask(query="What about the first one?", session_id="s")
    own = kept.ask(query="payroll archive alarm", session_id="s")
    assert answer.session is not None
    assert answer.session.rewritten == "What about Zanzibar?"
    assert kept.replay(answer).notes == ()
    kept.relabel("plan", allow=["user:ben"])
    done = kept.replay(answer)
    assert done.withheld
    assert dict(done.notes).keys() == {"rewriting_withheld"}
    kept.relabel("plan", allow=["everyone"])
    assert not kept.replay(answer).withheld
    kept.erase("plan")
    with pytest.raises(UnknownRequest):
        kept.replay(answer)
    assert kept.replay(own).logged.question == "payroll archive alarm"  # his own words are his


@pytest.mark.parametrize("way", ["an earlier version expires", "another source takes the document"])
def test_a_question_goes_with_any_part_of_what_it_took_words_from(kept: Kept, way: str) -> None:
    first, later = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)
    key = kept.put("plan", "The payroll archive has an alarm.", title="Zanzibar", modified_at=first)
    kept.put("plan", "The payroll archive has two alarms.", title="Zanzibar", version="2", modified_at=later)
    kept.ask(query="payroll archive alarm", session_id="s", top_k=1)
    answer = kept.ask(query="What about the first one?", session_id="s")
    assert answer.session is not None
    assert answer.session.rewritten == "What about Zanzibar?"
    kept.replay(answer)
    with transaction(kept.services.catalog) as session:
        source = open_source(session, kept.tenant_id, "docs", "/srv/docs")
        if way.startswith("another"):
            hand_over(session, key, open_source(session, kept.tenant_id, "other", "/srv/other"), "told")
        else:
            traces = find_traces(session, kept.tenant_id, source, [Extent("plan", first)])
            assert len(traces.versions) == 1
            assert not traces.documents
            erase_rows(session, traces)
    with pytest.raises(UnknownRequest):
        kept.replay(answer)


def test_somebody_who_is_gone_asks_nothing(kept: Kept) -> None:
    fill(kept)
    answer = kept.ask()
    kept.people("ben", disabled=["ana"])
    done = kept.replay(answer)
    assert done.found is None
    assert {(one.reason, one.then and one.then.document) for one in done.differences} == {("not_asked", hall) for hall in HALLS}
    assert [code for code, _ in done.notes] == ["person_gone"]
    kept.people("ben")  # removed: what he asked is gone with him
    with pytest.raises(UnknownRequest):
        kept.replay(answer)
    kept.people("ana", "ben")  # somebody else of that name
    with pytest.raises(UnknownRequest):
        kept.replay(answer)


def test_what_is_not_kept_here_is_unknown_alike(kept: Kept, services: Services) -> None:
    fill(kept)
    answer, other = kept.ask(), Kept(services, "other")
    told = []
    for tenant, id_ in ((kept, uuid4()), (other, answer.request_id)):
        with pytest.raises(UnknownRequest) as caught:
            tenant.replay(id_)
        told.append(str(caught.value))
    kept.keep(None)
    kept.keep(30)
    with pytest.raises(UnknownRequest) as caught:
        kept.replay(answer)
    assert {*told, str(caught.value)} == {told[0]}


def test_the_request_is_asked_as_it_was_asked(kept: Kept) -> None:
    """Its filter, its sources, its bounds: what they keep out is kept out again, and told of."""
    fields: dict[str, Kind] = {"status": "string"}
    kept.limits = kept.limits.model_copy(update={"fields": fields})
    for name, status in (("a", "final"), ("b", "final"), ("c", "draft")):
        kept.put(name, f"The boiler stands in the {name} hall.", metadata={"status": status})
    chosen = {"field": "status", "eq": "final"}
    answer = kept.ask(filter=chosen, sources=["docs"], max_per_document=1, decay={"half_life_days": 30.0}, top_k=2)
    assert {result.document_id for result in answer.results} == {"a", "b"}
    for mode in MODES:
        assert kept.reasons(answer, mode) == {}
    kept.put("a", "The boiler stands in the a hall.", metadata={"status": "draft"})
    assert kept.reasons(answer) == {"a": "filtered"}


def test_a_place_that_others_took_is_told_with_place_and_score(kept: Kept) -> None:
    kept.put("a", "The boiler of the old works near the river is kept by somebody.")
    answer = kept.ask(top_k=1)
    kept.put("b", "Boiler hall.")
    lost, new = kept.replay(answer).differences
    assert (lost.reason, new.reason) == ("ranked_lower", "arrived")
    assert "place 2" in lost.why


def test_each_replay_is_in_the_audit_with_ids_alone(kept: Kept) -> None:
    kept.put("a", "The quetzal boiler stands in the hall.")
    answer = kept.ask(query="Where is the quetzal boiler?")
    kept.replay(answer)
    (link,) = kept.entries("replay")
    assert (link.entry.actor, link.entry.object_) == ("operator", "user:ana")
    assert link.entry.details["replayed"] == str(answer.request_id)
    assert (link.entry.details["mode"], link.entry.details["results"]) == ("now", 1)
    assert "quetzal" not in str(link.entry.details)


def test_a_replay_is_no_request_and_moves_nothing(kept: Kept) -> None:
    """What it finds is not logged, so it cannot be replayed or judged itself, and prolongs nothing."""
    fill(kept)
    answer = kept.ask()
    before = kept.entries("retrieve")
    for _ in range(2):
        kept.replay(answer)
    assert kept.entries("retrieve") == before
    with transaction(kept.services.catalog) as session:
        assert set_log_days(session, kept.tenant_id, None, utc_now()) == 1


lists = st.lists(st.lists(st.sampled_from(["user:ana", "user:ben", "everyone"]), unique=True), min_size=3, max_size=3)


@SQLITE
@settings_of(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(then=lists, today=lists, person=st.sampled_from(["ana", "ben"]), mode=st.sampled_from(MODES), top_k=st.integers(1, 4))
def test_a_replay_finds_what_asking_finds_and_misses_no_passage(
    kept: Kept, then: list[list[str]], today: list[list[str]], person: str, mode: Mode, top_k: int
) -> None:
    """Whatever the lists of then and of today: it finds what the person finds by asking; each passage of then has its line."""
    for hall, allow in zip(HALLS, then, strict=True):
        kept.put(hall, f"The boiler stands in the {hall} hall.", allow)
        kept.relabel(hall, allow=allow)
    answer = kept.ask(person, top_k=top_k)
    for hall, allow in zip(HALLS, today, strict=True):
        kept.relabel(hall, allow=allow)
    done = kept.replay(answer, mode)
    assert done.found is not None
    asked = kept.ask(person, top_k=top_k, as_of=done.made_at if mode == "as_it_was" else None)
    assert [p.chunk.chunk_id for p in done.found.passages] == [result.chunk_id for result in asked.results]
    may = {hall for hall, allow in zip(HALLS, today, strict=True) if {"everyone", f"user:{person}"} & {*allow}}
    assert {p.chunk.document_name for p in done.found.passages} <= may
    assert [one.then.place for one in done.differences if one.then] == [result.ref for result in answer.results]
    assert sorted(one.now.place for one in done.differences if one.now) == [result.ref for result in asked.results]
    lost = {one.then.document for one in done.differences if one.then and one.reason == "not_readable"}
    assert lost == {result.document_id for result in answer.results} - may


@SQLITE
def test_words_of_what_may_not_be_read_would_be_seen(kept: Kept) -> None:
    """The check that withholds them is one that can fail."""
    kept.put("plan", "The payroll archive has an alarm.", title="Zanzibar")
    kept.ask(query="payroll archive alarm", session_id="s", top_k=1)
    answer = kept.ask(query="What about the first one?", session_id="s")
    kept.relabel("plan", allow=["user:ben"])
    with planted(Fault(replaying._withheld, "return not all(", "return False and not all(")):
        assert not kept.replay(answer).withheld
    assert kept.replay(answer).withheld
