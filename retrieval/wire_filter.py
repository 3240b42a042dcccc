"""The request's `filter` as it is sent: one object for each node, told apart by its keys. The other half of `wire.py`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError

from retrieval.errors import BadFilter
from retrieval.filter import MOST_PARTS, And, Compare, Exists, Filter, In, Not, Or, Order
from retrieval.filter_text import parse
from retrieval.wire_values import Text

BOUNDS: dict[str, Order] = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


Name = Annotated[Text, Field(min_length=1, max_length=200, description="A declared field")]
Word = Annotated[Text, Field(max_length=1000)]
Number = int | Annotated[float, Field(allow_inf_nan=False)]
Value = Word | Number | bool
Bound = Annotated[Word | Number, Field(json_schema_extra=lambda schema: schema.pop("default", None))]
NOT_SAID: Any = None
"""No value that can be sent: null is none."""


class FilterModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AllOf(FilterModel):
    """Every part holds."""

    parts: Annotated[list[FilterBody], Field(alias="and", min_length=1, max_length=MOST_PARTS)]


class AnyOf(FilterModel):
    """One part holds at least."""

    parts: Annotated[list[FilterBody], Field(alias="or", min_length=1, max_length=MOST_PARTS)]


class NoneOf(FilterModel):
    """The part does not hold; so it is true of a version that does not say the field."""

    part: Annotated[FilterBody, Field(alias="not")]


class Equals(FilterModel):
    """The field, or one of its values where it is a list, is this."""

    field: Name
    eq: Value


class IsIn(FilterModel):
    """The same with one of these."""

    field: Name
    values: Annotated[list[Value], Field(alias="in", min_length=1, max_length=MOST_PARTS)]


class InRange(FilterModel):
    """Numbers and dates within bounds. A day is all of its moments: `lte` takes it in, `gt` begins after it."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 2})

    field: Name
    lt: Bound = NOT_SAID
    lte: Bound = NOT_SAID
    gt: Bound = NOT_SAID
    gte: Bound = NOT_SAID


class Says(FilterModel):
    """The version says the field at all, or, with false, does not."""

    field: Name
    exists: bool


def _which(value: Any) -> str | None:
    """By its keys alone which node it is meant to be."""
    keys = set(value) if isinstance(value, dict) else set(getattr(value, "model_fields_set", ())) | {_TAGS.get(type(value), "")}
    tags = [tag for tag in ("and", "or", "not", "eq", "in", "exists") if tag in keys]
    if not tags and not keys.isdisjoint(BOUNDS):
        return "range"
    return tags[0] if tags else None


_TAGS: dict[type[FilterModel], str] = {AllOf: "and", AnyOf: "or", NoneOf: "not", IsIn: "in"}

FilterBody = Annotated[
    Annotated[AllOf, Tag("and")]
    | Annotated[AnyOf, Tag("or")]
    | Annotated[NoneOf, Tag("not")]
    | Annotated[Equals, Tag("eq")]
    | Annotated[IsIn, Tag("in")]
    | Annotated[InRange, Tag("range")]
    | Annotated[Says, Tag("exists")],
    Discriminator(
        _which,
        custom_error_type="filter_shape",
        custom_error_message='write {"field": ..., "eq"|"in"|"gte"|"gt"|"lte"|"lt"|"exists": ...} or {"and"|"or"|"not": ...}',
    ),
]

for model in (AllOf, AnyOf, NoneOf):
    model.model_rebuild()


_BODY: TypeAdapter[FilterBody] = TypeAdapter(FilterBody)


def tree_of(body: FilterBody) -> Filter:
    """What was sent as a tree."""
    match body:
        case AllOf(parts=parts):
            return And(tuple(map(tree_of, parts)))
        case AnyOf(parts=parts):
            return Or(tuple(map(tree_of, parts)))
        case NoneOf(part=part):
            return Not(tree_of(part))
        case Equals(field=field, eq=value):
            return In(field, (value,))
        case IsIn(field=field, values=values):
            return In(field, tuple(values))
        case Says(field=field, exists=exists):
            return Exists(field) if exists else Not(Exists(field))
        case InRange(field=field):
            bounds = [(sign, getattr(body, name)) for name, sign in BOUNDS.items()]
            compared = tuple(Compare(field, sign, value) for sign, value in bounds if value is not NOT_SAID)
            return compared[0] if len(compared) == 1 else And(compared)


def read_filter(text: str) -> FilterBody:
    """A filter as people write it, as it is sent. Raises `BadFilter`."""
    try:
        body: FilterBody = _BODY.validate_python(body_of(parse(text)))
    except ValidationError:
        raise BadFilter(f"A name has 1 to 200 characters, a text 1000, a list or a chain {MOST_PARTS} parts.") from None
    return body


def body_of(tree: Filter) -> dict[str, Any]:
    """A tree as JSON that says the same."""
    names = {sign: name for name, sign in BOUNDS.items()}
    match tree:
        case And(parts):
            return {"and": [body_of(part) for part in parts]}
        case Or(parts):
            return {"or": [body_of(part) for part in parts]}
        case Not(part):
            return {"not": body_of(part)}
        case In(field, values):
            return {"field": field, "eq": values[0]} if len(values) == 1 else {"field": field, "in": list(values)}
        case Compare(field, order, value):
            return {"field": field, names[order]: value}
        case Exists(field):
            return {"field": field, "exists": True}
