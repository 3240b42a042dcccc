"""What folds into a better passage of a near-duplicate, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from catalog.ids import VersionId
from catalog.text import StoredChunk
from index.sketch import signature
from retrieval.near import Nearness
from retrieval.query import Confirmed, Dedup
from retrieval.rank import rank
from tests.unit.retrieval.made import stored

RULE = (
    "Leave is asked for in writing at least 30 days before it begins, and the head of the yard answers within a week. "
    "Whoever is ill tells the desk before eight, and brings a note from a doctor on the third day. "
    "What is left of a year's leave is kept until the end of March and may not be paid out."
)
COPY = RULE.replace("brings a note", "carries a note")


def chunk(number: int, text: str, *, document: int | None = None) -> StoredChunk:
    return replace(stored(number, document=document or number, text=text), version_id=VersionId(number))


def folds(worse: str, better: str = RULE, *, same_document: bool = False) -> bool:
    one, other = chunk(1, better), chunk(2, worse, document=1 if same_document else 2)
    signed = {c.version_id: signature(c.text) or b"" for c in (one, other)}
    return Nearness(signed).adds_nothing(other, one)


def test_a_copy_that_says_nothing_more_folds() -> None:
    assert folds(RULE)
    assert folds(RULE.replace("\n", " ").replace(". ", ".\n\n"))
    plain = RULE.partition(" What is left")[0]
    assert folds(" ".join(plain.split()[:30]), plain), "a piece of it"
    assert folds(COPY), "a word among sixty"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("30 days", "90 days"),
        ("may not be", "may be"),
        ("is kept until", "is never kept until"),
        ("head of the yard", "head of the Wharf"),
        ("end of March", "end of April"),
        ("brings a note", "brings a note by form HR-12a"),
        ("before eight", "except before eight"),
        ("30 days before", "30 % before"),
    ],
)
def test_another_number_name_code_or_negation_keeps_it_apart(old: str, new: str) -> None:
    assert old in RULE
    assert not folds(RULE.replace(old, new))


def test_numbers_that_change_places_keep_it_apart() -> None:
    filler = (
        " The desk keeps a list of both and tells whoever asks, by telephone or in writing, on every day of the working week."
    )
    rule = "Crane drivers wait 30 days for a berth and pilots wait 90 days for a licence." + filler
    assert not folds(rule.replace("30", "x").replace("90", "30").replace("x", "90"), rule)
    assert folds(rule.replace("telephone", "phone"), rule)


def test_a_longer_one_does_not_fold_into_a_shorter() -> None:
    assert not folds(RULE + " The yard closes for two weeks in summer while the cranes are overhauled and inspected.")


def test_versions_of_one_document_stay_apart() -> None:
    assert not folds(RULE, same_document=True)


def test_equal_passages_of_documents_that_are_not_alike_do_not_fold_by_nearness() -> None:
    one, other = chunk(1, RULE), chunk(2, RULE)
    unlike = signature("Cranes lift cargo from the hold, and the foreman counts what comes out of each ship in port.") or b""
    assert not Nearness({one.version_id: signature(RULE) or b"", other.version_id: unlike}).adds_nothing(other, one)
    assert not Nearness({}).adds_nothing(other, one), "without signatures nothing is near"


def test_each_way_of_counting_copies() -> None:
    found = [Confirmed(chunk(1, RULE), 0.9), Confirmed(chunk(2, RULE), 0.8), Confirmed(chunk(3, COPY), 0.7)]
    signed = {c.chunk.version_id: signature(c.chunk.text) or b"" for c in found}

    def ranked(dedup: Dedup) -> list[tuple[str, tuple[str, ...]]]:
        return [(p.chunk.document_name, p.duplicates) for p in rank([found[2], *found[:2]], 5, dedup, signed)]

    assert ranked("near") == [("d1", ("d2", "d3"))]
    assert ranked("exact") == [("d1", ("d2",)), ("d3", ())]
    assert ranked("off") == [("d1", ()), ("d2", ()), ("d3", ())]
