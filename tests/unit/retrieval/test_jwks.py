"""A provider's keys: asked for once for all, rotated, used a bounded while longer when it is down."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import BadToken, IssuerUnavailable
from retrieval.jwks import FRESH_SECONDS, MOST_BYTES, PAUSE_SECONDS, KeySet, choose, fetch_keys, parse_keys
from tests.unit.retrieval.provider import Provider, jwk

STALE = 3600.0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider() -> Provider:
    return Provider("rsa")


@pytest.fixture
def keys(provider: Provider, clock: Clock) -> KeySet:
    return KeySet("https://id.example.org/keys", STALE, provider.fetch, clock)


def test_keys_are_asked_for_once_while_they_are_fresh(provider: Provider, keys: KeySet, clock: Clock) -> None:
    for _ in range(5):
        assert keys.find("rsa", "RS256")["kid"] == "rsa"
    assert provider.asked == 1
    clock.now += FRESH_SECONDS + 1
    keys.find("rsa", "RS256")
    assert provider.asked == 2


def test_a_new_key_is_found_and_one_that_was_taken_back_is_not(provider: Provider, keys: KeySet, clock: Clock) -> None:
    keys.find("rsa", "RS256")
    provider.keys = [jwk("rsa-new")]
    clock.now += PAUSE_SECONDS
    assert keys.find("rsa-new", "RS256")["kid"] == "rsa-new"
    with pytest.raises(BadToken):
        keys.find("rsa", "RS256")


def test_strangers_do_not_make_us_hammer_the_provider(provider: Provider, keys: KeySet, clock: Clock) -> None:
    keys.find("rsa", "RS256")
    for number in range(100):
        clock.now += PAUSE_SECONDS / 50
        with pytest.raises(BadToken):
            keys.find(f"made up {number}", "RS256")
    assert provider.asked <= 1 + 100 / 50 + 1


def test_while_the_provider_is_down_its_keys_last_a_bounded_while(provider: Provider, keys: KeySet, clock: Clock) -> None:
    keys.find("rsa", "RS256")
    provider.down = True
    clock.now += STALE - 1
    assert keys.find("rsa", "RS256")["kid"] == "rsa"
    clock.now += 2
    with pytest.raises(IssuerUnavailable):
        keys.find("rsa", "RS256")
    provider.down = False
    with pytest.raises(IssuerUnavailable):
        keys.find("rsa", "RS256")  # not asked again so soon
    clock.now += PAUSE_SECONDS
    assert keys.find("rsa", "RS256")["kid"] == "rsa"


def test_a_provider_that_never_answered_vouches_for_nobody(provider: Provider, keys: KeySet) -> None:
    provider.down = True
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            keys.find("rsa", "RS256")
    assert provider.asked == 1


def test_without_staleness_keys_end_when_they_are_no_longer_fresh(provider: Provider, clock: Clock) -> None:
    keys = KeySet("x", 0, provider.fetch, clock)
    keys.find("rsa", "RS256")
    provider.down = True
    clock.now += FRESH_SECONDS + 1
    with pytest.raises(IssuerUnavailable):
        keys.find("rsa", "RS256")


def test_many_who_ask_at_once_share_one_fetch() -> None:
    start, provider = threading.Barrier(8), Provider("rsa")

    def slow(place: str) -> bytes:
        threading.Event().wait(0.1)
        return provider.fetch(place)

    keys = KeySet("x", STALE, slow)

    def ask(_: int) -> Any:
        start.wait(10)
        return keys.find("rsa", "RS256")["kid"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["rsa"] * 8
    assert provider.asked == 1


def test_a_key_fits_its_algorithm_and_is_the_only_one() -> None:
    keys = [jwk("rsa"), jwk("ec"), jwk("ed"), jwk("rsa-pss", alg="PS256")]
    assert [choose(keys, None, algorithm) is not None for algorithm in ("ES256", "EdDSA", "ES384", "RS256", "PS256")] == [
        True, True, False, True, False,
    ]  # fmt: skip
    assert choose(keys, "rsa-pss", "RS256") is None
    assert choose(keys, "ec", "RS256") is None
    assert choose([jwk("rsa"), jwk("rsa")], "rsa", "RS256") is None  # two of one name: which is meant?


def test_only_public_keys_for_signatures_are_kept() -> None:
    listed = [jwk("rsa"), jwk("ec", use="enc"), jwk("ed", d="private"), "text", {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"}]
    kept = parse_keys(json.dumps({"keys": listed}).encode())
    assert [key["kid"] for key in kept] == ["rsa", "oct"]
    assert choose(kept, "oct", "RS256") is None
    for wrong in (b"", b"[]", b"{}", b'{"keys": {}}', json.dumps({"keys": [{}] * 101}).encode(), b"\xff"):
        with pytest.raises(ValueError):  # noqa: PT011
            parse_keys(wrong)


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        bodies = {"/keys": json.dumps({"keys": [jwk("rsa")]}).encode(), "/huge": b" " * (MOST_BYTES + 1)}
        body = bodies.get(self.path, b"{}")
        self.send_response(302 if self.path == "/away" else 500 if self.path == "/broken" else 200)
        self.send_header("Location", "/keys")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("localhost", 0), _Answer)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    serving.join()


def test_keys_are_fetched_from_an_address_without_following_it_elsewhere(address: str) -> None:
    assert KeySet(f"{address}/keys", STALE).find("rsa", "RS256")["kid"] == "rsa"
    for path in ("/away", "/broken", "/huge"):
        with pytest.raises(OSError):  # noqa: PT011
            fetch_keys(address + path)
    with pytest.raises(OSError):  # noqa: PT011
        fetch_keys("http://localhost:1/keys")


def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [jwk("ec")]}))
    assert KeySet(str(tmp_path / "keys.json"), STALE).find("ec", "ES256")["kid"] == "ec"
    with pytest.raises(IssuerUnavailable):
        KeySet(str(tmp_path / "absent.json"), STALE).find("ec", "ES256")
