"""Values as JSON has them, strictly: no text for a number, but `33.0` is a whole number and a time is a text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from catalog.ids import storable

NO_NUL = r"^[^\x00]*$"
_SPACE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What `str.strip` takes away, spelt out: each language of regular expressions has another `\\s`."""
NOT_BLANK = rf"^[^\x00]*[^\x00{_SPACE}][^\x00]*$"


def _storable(text: str) -> str:
    if not storable(text):
        raise ValueError("holds a NUL character or half of a surrogate pair; send well-formed text")
    return text


def _moment(value: object) -> object:
    """A text as a time: the framework hands JSON over as values, among which strictly no text is a time."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError("is no time as in RFC 3339; write it like 2024-05-01T09:00:00Z") from None


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is no time within the years 1 to 9999 in UTC") from None


def _id(value: object) -> object:
    """A text as an id, in the one form that ids are given out in; the framework hands JSON over as values, as with times."""
    if not isinstance(value, str):
        return value
    try:
        found = UUID(value)
    except ValueError:
        found = None
    if found is None or str(found) != value.lower():
        raise ValueError("is no id as in answers: 8-4-4-4-12 hexadecimal digits")
    return found


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Text = Annotated[str, AfterValidator(_storable), Field(json_schema_extra={"pattern": NO_NUL})]
Id = Annotated[UUID, BeforeValidator(_id)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_utc)]
WHOLE = BeforeValidator(_whole)
"""Stands last, behind an integer's bounds: pydantic describes only those that it finds on the integer itself."""
