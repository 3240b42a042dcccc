"""Entries and their names: what goes in comes out, and whatever an answer depends on is in its name."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.ids import ChunkId, DocumentId, Label, TenantId
from catalog.versions import When
from index.point import Hit
from retrieval.cache_key import QUESTION, Place, bucket_name, entry_name, is_timeless, told
from retrieval.fields import Sieve
from retrieval.filter import And, Compare, In, Not, Period
from retrieval.kept import GUARD_BYTES, Kept, best_alike, decoded
from retrieval.query import Decay, Query

KEY = bytes(32)
PLACE = Place(TenantId(1), "labels", 7, "chunks", "model")
QUERY = Query("What is kept?", 8)
DAY = datetime(2024, 5, 1, tzinfo=UTC)
MEANT = And((In("source", ("a", 1, True, 1.5)), Not(Compare("modified_at", "<", Period(DAY, DAY + timedelta(days=1))))))
OTHERWISE: dict[str, object] = {
    "text": "What is not kept?", "top_k": 9, "sources": ("a",), "when": When(DAY), "dedup": "off", "asked": "x", "names": ("x",),
    "sieve": Sieve(MEANT, {"status": "string"}), "mode": "dense", "max_per_document": 1, "min_score": 0.5,
    "decay": Decay(30.0, 0.5), "scores": True,
}  # fmt: skip

floats = st.floats(allow_nan=False, allow_infinity=False)
hits = st.builds(
    Hit, st.uuids().map(ChunkId), st.integers(1, 2**62).map(DocumentId), st.just(Label(0)), floats, st.none() | floats,
    st.none() | floats,
)  # fmt: skip


@given(
    st.lists(hits, max_size=20, unique_by=lambda hit: hit.chunk_id),
    st.data(),
    floats,
    st.none() | st.binary(min_size=16, max_size=16),
)
def test_an_entry_holds_what_went_in_and_is_as_long_as_it_has_hits(
    given_hits: list[Hit], data: st.DataObject, took_ms: float, guard: bytes | None
) -> None:
    near = frozenset(hit.chunk_id for hit in given_hits if data.draw(st.booleans()))
    vector = np.linspace(-0.1, 0.1, 384, dtype=np.float32)
    kept = Kept(tuple(given_hits), near, took_ms, guard, None if guard is None else vector)
    entry = kept.encoded()
    back = decoded(entry)
    assert back == kept
    if guard is not None:
        assert back.vector is not None
        np.testing.assert_allclose(back.vector, vector, atol=1e-3)
    assert len(entry) == len(Kept((), frozenset(), 0.0).encoded()) + 49 * len(given_hits) + (
        0 if guard is None else GUARD_BYTES + 2 * 384
    )


@given(st.binary(max_size=400))
def test_what_is_no_entry_is_refused(spoiled: bytes) -> None:
    with pytest.raises(ValueError, match="no entry"):
        decoded(spoiled)


def test_every_field_of_a_question_is_in_the_name_of_its_answer() -> None:
    assert OTHERWISE.keys() == {field.name for field in fields(Query)}, "a field is new: say here what else it may be"
    names = {name: entry_name(KEY, PLACE, replace(QUERY, **{name: value}), "flag") for name, value in OTHERWISE.items()}
    assert len({*names.values(), entry_name(KEY, PLACE, QUERY, "flag")}) == len(OTHERWISE) + 1
    buckets = {name: bucket_name(KEY, PLACE, replace(QUERY, **{name: value}), "flag") for name, value in OTHERWISE.items()}
    plain = bucket_name(KEY, PLACE, QUERY, "flag")
    assert {name for name, bucket in buckets.items() if bucket == plain} == QUESTION
    assert len(set(buckets.values())) == len(OTHERWISE) - len(QUESTION) + 1


def test_whom_and_what_is_searched_is_in_the_name() -> None:
    others = (TenantId(2), "other labels", 8, "history", "another model")
    places = [replace(PLACE, **{field.name: value}) for field, value in zip(fields(Place), others, strict=True)]
    for named in (entry_name, bucket_name):
        given = [(KEY, place, QUERY, "flag") for place in (PLACE, *places)]
        names = {named(*each) for each in given} | {
            named(KEY, PLACE, QUERY, "drop"),
            named(bytes(31) + b"1", PLACE, QUERY, "flag"),
        }
        assert len(names) == len(others) + 3


def test_filters_that_differ_anywhere_have_two_names() -> None:
    trees = (
        In("a", ("1",)), In("a", (1,)), In("a", (True,)), In("a", (1.0,)), In("b", ("1",)), In("a", ("1", "1")),
        Not(In("a", ("1",))),
        Compare("a", "<", 1), Compare("a", "<=", 1), Compare("a", "<", Period(DAY, DAY)), In("a", (Period(DAY, DAY),)),
        In("a", (DAY.isoformat(),)), And((In("a", ("1",)),)), And((In("a", ("1",)), In("a", ("1",)))), MEANT,
    )  # fmt: skip
    queries = [replace(QUERY, sieve=Sieve(tree, {"a": "string"})) for tree in trees]
    assert len({entry_name(KEY, PLACE, query, "flag") for query in queries}) == len(trees)
    declared = ({"a": "string", "b": "number"}, {"b": "number", "a": "string"})
    told_of = [entry_name(KEY, PLACE, replace(QUERY, sieve=Sieve(MEANT, each)), "flag") for each in declared]
    assert told_of[0] == told_of[1]


def test_a_moment_is_the_same_in_every_zone_and_what_has_no_way_to_be_told_is_refused() -> None:
    east = DAY.astimezone(timezone(timedelta(hours=5)))
    assert told(When(DAY)) == told(When(east))

    @dataclass(frozen=True)
    class Later:
        what: object

    with pytest.raises(TypeError, match="UUID"):
        told(Later(uuid4()))


def test_what_time_alone_changes_is_not_kept() -> None:
    aging = replace(QUERY, decay=Decay(30.0, 0.5))
    assert [is_timeless(query) for query in (QUERY, aging, replace(aging, when=When(DAY)))] == [True, False, True]


def test_of_equal_guards_the_nearest_is_taken_if_it_is_near_enough() -> None:
    def one(guard: bytes, *vector: float) -> Kept:
        return Kept((), frozenset(), 1.0, guard, np.array(vector, np.float32))

    a, b = b"a" * GUARD_BYTES, b"b" * GUARD_BYTES
    entries = {"far": one(a, 0.6, 0.8), "near": one(a, 0.96, 0.28), "other": one(b, 1, 0), "none": Kept((), frozenset(), 1.0)}
    asked = np.array((1, 0), np.float32)
    found = best_alike(entries, a, asked, 0.9)
    assert found is not None
    assert found[0] == "near"
    assert best_alike(entries, a, asked, 0.97) is None
    assert best_alike(entries, a, np.array((1, 0, 0), np.float32), -0.5) is None
    assert best_alike({"nothing": one(a, 0, 0)}, a, asked, 0.0) is None
