"""Only a well-formed `traceparent` is read; whatever else comes in its place is as if nothing had come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.traceparent import Caller, read_traceparent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{SPAN}-01"


def read(*values: str | bytes) -> Caller | None:
    raw = [value.encode("latin-1") if isinstance(value, str) else value for value in values]
    return read_traceparent([(b"host", b"x"), *((b"TraceParent", value) for value in raw)])


def test_the_caller_is_read() -> None:
    assert read(GOOD) == Caller(bytes.fromhex(TRACE), bytes.fromhex(SPAN), sampled=True)
    assert read(f" 00-{TRACE}-{SPAN}-00 ") == Caller(bytes.fromhex(TRACE), bytes.fromhex(SPAN), sampled=False)
    later = read(f"42-{TRACE}-{SPAN}-03-what-may-come")  # a version to come may say more (W3C Trace Context, 4.3)
    assert later is not None
    assert later.sampled


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "-", "00", GOOD.upper(), GOOD[:-1], f"{GOOD}0", f"{GOOD}-more", f"ff-{TRACE}-{SPAN}-01", GOOD.replace("-", "_")),
        *(
            f"00-{'0' * 32}-{SPAN}-01",
            f"00-{TRACE}-{'0' * 16}-01",
            f"01-{TRACE}-{SPAN}-01-{'x' * 500}",
            f"00-{TRACE}\n-{SPAN}-01",
        ),
    ],
)
def test_what_is_not_in_the_form_is_nothing(wrong: str) -> None:
    assert read(wrong) is None


def test_one_that_came_twice_is_nothing() -> None:
    assert read(GOOD, GOOD) is None
    assert read() is None


@given(st.binary(max_size=300))
def test_no_bytes_break_it(value: bytes) -> None:
    found = read(value)
    assert found is None or (len(found.trace_id), len(found.span_id)) == (16, 8)
