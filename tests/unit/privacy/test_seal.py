"""What is sealed opens whole, in its place, for its purpose, or not at all."""

from __future__ import annotations

from secrets import token_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.errors import SealBroken
from privacy.seal import NONCE_BYTES, Seal

SECRET = token_bytes(32)


@given(st.binary(max_size=200), st.text(max_size=30))
def test_what_was_sealed_opens_and_says_nothing(plain: bytes, bound: str) -> None:
    seal = Seal(SECRET, "test")
    sealed = seal.seal(plain, bound)
    assert seal.open(sealed, bound) == plain
    assert seal.seal(plain, bound) != sealed
    assert len(plain) < 8 or plain not in sealed


@given(st.binary(max_size=50), st.integers(0, 10_000))
def test_one_bit_is_enough(plain: bytes, at: int) -> None:
    seal = Seal(SECRET, "test")
    sealed = bytearray(seal.seal(plain, "here"))
    sealed[at // 8 % len(sealed)] ^= 1 << at % 8
    with pytest.raises(SealBroken):
        seal.open(bytes(sealed), "here")


def test_moved_cut_for_another_purpose_or_by_another_key_it_does_not_open() -> None:
    sealed = Seal(SECRET, "test").seal(b"text", "here")
    tries = [
        (Seal(SECRET, "test"), sealed, "there"),
        (Seal(SECRET, "other"), sealed, "here"),
        (Seal(token_bytes(32), "test"), sealed, "here"),
        *((Seal(SECRET, "test"), sealed[:length], "here") for length in (0, 5, NONCE_BYTES, len(sealed) - 1)),
    ]
    for seal, spoiled, bound in tries:
        with pytest.raises(SealBroken):
            seal.open(spoiled, bound)
    assert SECRET.hex() not in repr(Seal(SECRET, "test"))
