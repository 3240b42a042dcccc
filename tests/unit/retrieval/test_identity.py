"""Reading the headers that say who asks."""

from __future__ import annotations

import pytest

from retrieval.errors import AmbiguousHeader, UserTokenUnsupported
from retrieval.identity import Credentials, credentials


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b"Bearer pck_a_b", "pck_a_b"),
        (b"bearer   pck_a_b ", "pck_a_b"),
        (b"Basic pck_a_b", None),
        (b"pck_a_b", None),
        (b"Bearer", None),
        (b"", None),
    ],
)
def test_the_bearer_scheme(value: bytes, key: str | None) -> None:
    assert credentials([(b"Authorization", value)]) == Credentials(key, None)


def test_other_headers_play_no_part() -> None:
    assert credentials([(b"x-tenant", b"other"), (b"x-on-behalf-of", b" ana ")]) == Credentials(None, "ana")


@pytest.mark.parametrize("name", [b"Authorization", b"X-On-Behalf-Of"])
def test_a_header_that_comes_twice_is_refused_even_if_equal(name: bytes) -> None:
    with pytest.raises(AmbiguousHeader):
        credentials([(name, b"x"), (name.lower(), b"x")])


def test_a_persons_token_is_refused() -> None:
    with pytest.raises(UserTokenUnsupported):
        credentials([(b"X-User-Token", b"")])
