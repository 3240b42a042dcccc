"""What a filter means, what of it is refused, and that it is written and read back as the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from retrieval.errors import BadFilter
from retrieval.fields import Declared, hidden_texts, typed, values_of, with_texts
from retrieval.filter import MOST_DEPTH, MOST_PARTS, And, Compare, Exists, Filter, In, Not, Or, leaves, matcher
from retrieval.filter_text import parse, write
from retrieval.wire_filter import FilterBody, body_of, tree_of

DECLARED: Declared = {"status": "string", "year": "number", "final": "boolean", "due": "date", "two words": "string"}
BODY: TypeAdapter[Any] = TypeAdapter(FilterBody)

well_formed = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
names = st.sampled_from(["status", "year", "Füße", "a.b", "and", "NOT", "two words", "x-1", "true", '"', "7up", ""]) | well_formed
texts = st.sampled_from(["final", "to do", "in", "-", "2024-05-01", "12", "true", "a,b", "é", "1e5"]) | well_formed
scalars = (
    texts | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(-1e20, 1e20).filter(lambda x: x == 0 or abs(x) > 1e-20)
)
some = st.lists(scalars, min_size=1, max_size=3).map(tuple)
single = (
    st.builds(In, names, some)
    | st.builds(Compare, names, st.sampled_from(["<", "<=", ">", ">="]), texts | st.integers())
    | st.builds(Exists, names)
)


def grown(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(And, parts) | st.builds(Or, parts) | st.builds(Not, inner)


trees = st.recursive(single, grown, max_leaves=8)


@given(trees)
def test_what_is_written_is_read_back_as_the_same(tree: Filter) -> None:
    assert parse(write(tree)) == tree


@given(trees)
def test_what_is_sent_says_the_same(tree: Filter) -> None:
    assume(all(leaf.field for leaf in leaves(tree)))
    assert tree_of(BODY.validate_python(body_of(tree))) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("status = final", In("status", ("final",))),
        ("a = 1 or b = 2 and c = 3", Or((In("a", (1,)), And((In("b", (2,)), In("c", (3,))))))),
        ("NOT (a != true)", Not(Not(In("a", (True,))))),
        ('tags in (x, "to do",3.5)', In("tags", ("x", "to do", 3.5))),
        ("due>=2024-05-01 and due<2025-01-01", And((Compare("due", ">=", "2024-05-01"), Compare("due", "<", "2025-01-01")))),
        ('"two words" exists', Exists("two words")),
    ],
)
def test_how_people_write_it(text: str, tree: Filter) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a =",
        "= a",
        "a = b c",
        "(a = b",
        "a = b)",
        "a in ()",
        "a in (b",
        'a = "b',
        'a = "\\x"',
        "a = b and",
        "!a",
        "(" * 9999,
    ],
)
def test_what_cannot_be_read_is_said_by_its_place(text: str) -> None:
    with pytest.raises(BadFilter, match="character"):
        parse(text)


def holds(tree: Filter, **says: Any) -> bool:
    """Whether a version that says this passes."""
    known = {name: values_of(DECLARED[name], value) for name, value in says.items()}
    return matcher(typed(tree, DECLARED), lambda field: lambda item: item.get(field, ()))(known)


@pytest.mark.parametrize(
    ("text", "says", "right"),
    [
        ("status = final", {"status": "final"}, True),
        ("status = final", {"status": "Final"}, False),
        ("status = final", {"status": ["draft", "final"]}, True),
        ("status = final", {}, False),
        ("status != final", {}, True),
        ("status exists", {"status": None}, False),
        ("status exists", {"status": []}, False),
        ("status exists", {"status": {"of": "x"}}, False),
        ("not status exists", {"status": 7}, True),
        ("year >= 2020", {"year": 2020}, True),
        ("year > 2020", {"year": 2020.5}, True),
        ("year = 1", {"year": True}, False),
        ("year < 2020", {"year": "2019"}, False),
        ("year < 2020", {"year": float("nan")}, False),
        ("final = true", {"final": True}, True),
        ("final = true", {"final": 1}, False),
        ("due = 2024-05-01", {"due": "2024-05-01"}, True),
        ("due = 2024-05-01", {"due": "2024-05-01T23:59:59.999999Z"}, True),
        ("due = 2024-05-01", {"due": "2024-05-02T00:30:00+02:00"}, True),
        ("due > 2024-05-01", {"due": "2024-05-01T09:00:00Z"}, False),
        ("due <= 2024-05-01", {"due": "2024-05-01T09:00:00Z"}, True),
        ("due < 2024-05-01T10:00:00Z", {"due": "2024-05-01T09:00:00"}, True),
        ("due >= 2024-05-01", {"due": "soon"}, False),
    ],
)
def test_what_it_means(text: str, says: dict[str, Any], right: bool) -> None:
    assert holds(parse(text), **says) is right


said = st.fixed_dictionaries({}, optional={"status": texts, "year": st.integers(0, 3), "final": st.booleans()})
plain = (
    st.builds(In, st.just("status"), st.lists(texts, min_size=1, max_size=2).map(tuple))
    | st.builds(In, st.just("year"), st.lists(st.integers(0, 3), min_size=1, max_size=2).map(tuple))
    | st.builds(Compare, st.just("year"), st.sampled_from(["<", "<=", ">", ">="]), st.integers(0, 3))
    | st.builds(Exists, st.sampled_from(["status", "year", "final"]))
)


def by_specification(tree: Filter, says: dict[str, Any]) -> bool:
    match tree:
        case And(parts):
            return all(by_specification(part, says) for part in parts)
        case Or(parts):
            return any(by_specification(part, says) for part in parts)
        case Not(part):
            return not by_specification(part, says)
        case In(field, values):
            return field in says and says[field] in values
        case Exists(field):
            return field in says
        case Compare(field, order, value):
            orders = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__}
            return field in says and bool(orders[order](says[field], value))
    raise AssertionError


@given(st.recursive(plain, grown, max_leaves=6), said)
def test_it_means_what_its_words_say(tree: Filter, says: dict[str, Any]) -> None:
    assert holds(tree, **says) == by_specification(tree, says)


@given(st.integers(-3, 3), st.integers(-3, 3), st.sampled_from(["<", "<=", ">", ">="]))
def test_days_are_ordered_as_days_are(one: int, other: int, order: Any) -> None:
    start = datetime(2024, 5, 1, tzinfo=UTC)
    day, moment = ((start + timedelta(days=n)) for n in (one, other))
    right = {"<": other < one, "<=": other <= one, ">": other > one, ">=": other >= one}[order]
    asked = Compare("due", order, f"{day:%Y-%m-%d}")
    assert holds(asked, due=(moment + timedelta(hours=5)).isoformat()) is right
    assert holds(asked, due=f"{moment:%Y-%m-%d}") is right


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stats = final", "`stats`.*document_id.*status.*RETRIEVAL_FIELDS"),
        ('"kim lee@x" = final', "No field a name is declared"),
        ("status = 7", "`status` is a string: compare it with text"),
        ("status > a", "`status` is a string, which has no order: `>`"),
        ("final >= true", "`final` is a boolean, which has no order"),
        ("year = final", "`year` is a number"),
        ("year = true", "`year` is a number"),
        ("final = 1", "`final` is a boolean: compare it with true or false"),
        ("due = soon", "`due` is a date: compare it with text like"),
        ("due = 2024", "`due` is a date"),
        ("modified_at > 2024-13-01", "`modified_at` is a date"),
    ],
)
def test_what_does_not_fit_a_field_is_refused_by_its_name(text: str, words: str) -> None:
    with pytest.raises(BadFilter, match=words):
        typed(parse(text), DECLARED)


def test_a_filter_is_bounded_in_depth_and_size() -> None:
    leaf: Filter = In("status", ("x",))
    deep = leaf
    for _ in range(MOST_DEPTH - 1):
        deep = Not(deep)
    typed(deep, DECLARED)
    typed(And((leaf,) * (MOST_PARTS - 1)), DECLARED)
    for tree in (Not(deep), And((leaf,) * MOST_PARTS), In("status", ("x",) * (MOST_PARTS + 1))):
        with pytest.raises(BadFilter, match="levels deep"):
            typed(tree, DECLARED)


def test_only_what_documents_hold_redacted_is_redacted() -> None:
    tree = And((In("status", ("Kim", "x")), Not(In("source", ("Kim",))), In("title", ("Kim",)), In("year", (7,))))
    assert hidden_texts(tree) == ("Kim", "x")
    assert with_texts(tree, {"Kim": "[P]", "x": "x"}) == And(
        (In("status", ("[P]", "x")), Not(In("source", ("Kim",))), In("title", ("[P]",)), In("year", (7,)))
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "status",
        None,
        {"and": []},
        {"and": {"field": "x", "eq": 1}},
        {"field": "x"},
        {"field": "x", "eq": None},
        {"field": "x", "eq": [1]},
        {"field": "x", "eq": 1, "in": [1]},
        {"field": "x", "eq": float("nan")},
        {"field": "x", "gte": True},
        {"field": "x", "gte": None},
        {"field": "x", "gte": 1, "eq": 1},
        {"field": "x", "exists": 1},
        {"field": "", "eq": 1},
        {"field": "x", "in": []},
        {"not": [{"field": "x", "eq": 1}]},
        {"and": [{"field": "x", "eq": 1}], "or": [{"field": "x", "eq": 1}]},
    ],
)
def test_what_is_no_filter_is_refused(body: Any) -> None:
    with pytest.raises(ValidationError):
        BODY.validate_python(body)
