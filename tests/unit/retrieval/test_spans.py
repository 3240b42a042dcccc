"""A request's laps become spans, each inside the narrowest one that lasted around it, and what never ended is seen."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from retrieval.spans import UNFINISHED, Ended, Span, spans_of
from retrieval.timeline import MOST_LAPS, Lap, Timeline, calling, gathering, note_stage

moments = st.integers(0, 1000).map(lambda n: n / 1000)


@st.composite
def laps(draw: st.DrawFn) -> Lap:
    began, ended = sorted((draw(moments), draw(moments)))
    kind = draw(st.sampled_from(["stage", "call"]))
    return Lap(draw(st.sampled_from(["search", "recheck"])), kind, began, draw(st.sampled_from([ended, ended, None])))


def ended(timeline: Timeline, status: int | None = 200, at: float = 1.0, **noted: object) -> Ended:
    return Ended(uuid4(), b"t" * 16, None, timeline, at, "POST", "/v1/retrieve", status, noted)


def spans(request: Ended) -> list[Span]:
    numbers = count(1)
    return spans_of(request, lambda: next(numbers).to_bytes(8, "big"))


@given(st.lists(laps(), max_size=30), st.sampled_from([200, 503, None]))
def test_every_span_lies_within_its_parent(noted: list[Lap], status: int | None) -> None:
    found = spans(ended(Timeline(0.0, 5_000_000_000, noted), status))
    by_id = {span.span_id: span for span in found}
    assert len(by_id) == len(found) >= 1 + len(noted)
    root = found[0]
    assert (root.parent_id, root.began_ns, root.ended_ns) == (None, 5_000_000_000, 6_000_000_000)
    for span in found[1:]:
        assert span.parent_id is not None
        around = by_id[span.parent_id]
        assert around.began_ns <= span.began_ns <= span.ended_ns <= around.ended_ns


def test_a_call_lies_in_the_stage_that_made_it_and_a_stage_in_the_whole() -> None:
    line = Timeline(0.0, 0)
    line.laps += [Lap("scope", "stage", 0.1, 0.2), Lap("search", "call", 0.4, 0.5, hits=3), Lap("search", "stage", 0.3, 0.6)]
    line.laps += [Lap("recheck", "stage", 0.6, 0.7), Lap("retrieve", "stage", 0.3, 0.8)]
    found = {span.name: span for span in spans(ended(line))}
    names = {span.span_id: span.name for span in found.values()}
    around = {span.name: None if span.parent_id is None else names[span.parent_id] for span in found.values()}
    assert around == {
        "POST /v1/retrieve": None,
        "scope": "POST /v1/retrieve",
        "retrieve": "POST /v1/retrieve",
        "search": "retrieve",
        "recheck": "retrieve",
        "index search": "search",
    }
    assert found["index search"].attributes["portcullis.hits"] == 3
    assert found["POST /v1/retrieve"].attributes["portcullis.rounds"] == 1


def test_where_a_request_failed_the_stage_that_was_under_way_is_seen() -> None:
    line = Timeline(0.0, 0, [Lap("redact", "stage", 0.1, 0.2), Lap("search", "call", 0.3, None)])
    found = spans(ended(line, 504, code="deadline_exceeded"))
    assert [(span.name, span.fault) for span in found] == [
        ("POST /v1/retrieve", "deadline_exceeded"),
        ("redact", None),
        (UNFINISHED, UNFINISHED),
        ("index search", UNFINISHED),
    ]
    assert found[3].parent_id == found[2].span_id
    assert (found[2].began_ns, found[2].ended_ns) == (200_000_000, 1_000_000_000)


def test_a_tool_that_failed_is_a_fault_although_the_answer_says_200() -> None:
    assert spans(ended(Timeline(0.0, 0), 200, tool_status=503, code="index_unavailable"))[0].fault == "index_unavailable"
    refused = spans(ended(Timeline(0.0, 0), 429, code="rate_limited"))[0]
    assert (refused.fault, refused.attributes["error.type"]) == (None, "rate_limited")


def test_only_what_is_listed_is_told_of_what_was_noted() -> None:
    noted = {
        "tenant": 3,
        "actor": "user:ana",
        "person": 7,
        "results": 2,
        "operation": "retrieve",
        "tokens": "many",
        "lost": ["x"],
    }
    said = spans(ended(Timeline(0.0, 0), **noted))[0].attributes
    assert {name for name in said if name.startswith("portcullis.")} == {
        *("portcullis.tenant", "portcullis.results", "portcullis.operation", "portcullis.request_id")
    }


def test_laps_are_noted_only_where_somebody_gathers_and_not_without_end() -> None:
    note_stage("search", 0.0, 1.0)
    line = Timeline()
    with gathering(line):
        for _ in range(2 * MOST_LAPS):
            note_stage("search", 0.0, 1.0)
        with gathering(None), calling("search"):
            pass
    note_stage("search", 0.0, 1.0)
    assert len(line.laps) == MOST_LAPS
