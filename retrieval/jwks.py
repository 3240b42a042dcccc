"""The public keys of a provider: fetched once for all who wait, kept for a while, used a bounded while longer when it is down.

A provider that takes a key back is obeyed after `FRESH_SECONDS` at most; one that is down for longer than the issuer's
`stale_minutes` vouches for nobody. A key id that nobody knows makes us ask again, but once in `PAUSE_SECONDS` at most: strangers
cannot make us hammer a provider.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import BadToken, IssuerUnavailable

FRESH_SECONDS = 300.0
PAUSE_SECONDS = 10.0
TIMEOUT_SECONDS = 5.0
MOST_BYTES = 256 * 1024
MOST_KEYS = 100
FITS = {
    "RS": ("RSA", None), "PS": ("RSA", None), "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", None),
}  # fmt: skip
"""The kind of key, and its curve, that an algorithm takes."""

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: tuple[Mapping[str, Any], ...]
    at: float


class KeySet:
    """The keys of one issuer, for several threads. One of them fetches; the others wait only if they have nothing to use."""

    def __init__(
        self, place: str, stale_seconds: float, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._place, self._stale_seconds = place, stale_seconds
        self._fetch = fetch or fetch_keys
        self._clock = clock
        self._gate = threading.Lock()
        self._kept: _Kept | None = None
        self._tried_at: float | None = None

    def find(self, key_id: str | None, algorithm: str) -> Mapping[str, Any]:
        """The key that a token names. Raises `BadToken` when there is none, `IssuerUnavailable` when nobody can tell."""
        now, kept = self._clock(), self._kept
        found = None if kept is None else choose(kept.keys, key_id, algorithm)
        if kept is not None and found is not None:
            if now - kept.at <= FRESH_SECONDS:
                return found
            if self._gate.locked() and now - kept.at <= self._stale_seconds:
                return found  # another one is asking
        with self._gate:
            kept = self._renewed()
        found = choose(kept.keys, key_id, algorithm)
        if found is None:
            raise BadToken
        return found

    def _renewed(self) -> _Kept:
        """What the provider says now, or said a bounded while ago. One thread at a time; whoever waited finds it just asked."""
        if self._tried_at is None or self._clock() - self._tried_at >= PAUSE_SECONDS:
            with suppress(OSError, ValueError, RecursionError):  # what is kept may do for a while
                self._kept = _Kept(parse_keys(self._fetch(self._place)), self._clock())
            self._tried_at = self._clock()
        if self._kept is None or self._clock() - self._kept.at > max(self._stale_seconds, FRESH_SECONDS):
            raise IssuerUnavailable
        return self._kept


def choose(keys: Sequence[Mapping[str, Any]], key_id: str | None, algorithm: str) -> Mapping[str, Any] | None:
    """The one key of this id that fits the algorithm; without an id the only one that does."""
    fitting = [key for key in keys if _fits(key, algorithm) and (key_id is None or key.get("kid") == key_id)]
    return fitting[0] if len(fitting) == 1 else None


def parse_keys(body: bytes) -> tuple[Mapping[str, Any], ...]:
    """The keys for signatures in a JWKS (RFC 7517). Raises ValueError for what is none."""
    whole = json.loads(body)
    listed = whole.get("keys") if isinstance(whole, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise ValueError("no JWKS")
    return tuple(key for key in listed if isinstance(key, dict) and key.get("use", "sig") == "sig" and "d" not in key)


def fetch_keys(place: str) -> bytes:
    """What lies at a URL or in a file. Follows no redirect. Raises OSError when it is not there, too large or too slow."""
    if "://" not in place:
        with Path(place).open("rb") as file:
            return _bounded(file.read(MOST_BYTES + 1))
    import httpx

    deadline, body = time.monotonic() + TIMEOUT_SECONDS, b""
    https = place.startswith("https:")  # a proxy of the environment may carry it, but see nothing
    try:
        with httpx.stream("GET", place, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=https) as answer:
            if answer.status_code != httpx.codes.OK:
                raise OSError(f"status {answer.status_code}")
            for part in answer.iter_bytes():
                body = _bounded(body + part)
                if time.monotonic() > deadline:
                    raise TimeoutError
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(type(error).__name__) from None
    return body


def _bounded(body: bytes) -> bytes:
    if len(body) > MOST_BYTES:
        raise OSError("too large")
    return body


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    kind, curve = FITS.get(algorithm) or FITS[algorithm[:2]]
    return key.get("kty") == kind and (curve is None or key.get("crv") == curve) and key.get("alg", algorithm) == algorithm
