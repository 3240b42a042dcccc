"""Bytes sealed for one purpose: AES-256-GCM, bound to what they belong to. Changed or moved they do not open.

What is sealed is a nonce of 96 random bits and the ciphertext with its tag. A random nonce is good for 2^32 values a key (NIST
SP 800-38D, 8.3).
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.errors import SealBroken

NONCE_BYTES = 12


class Seal:
    """Seals and opens for one `purpose`, by a key of its own that is made of `secret` (32 bytes). Threads may share it."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._cipher = AESGCM(hmac.new(secret, purpose.encode(), hashlib.sha256).digest())
        self._purpose = purpose

    def __repr__(self) -> str:
        return f"Seal({self._purpose!r})"

    def seal(self, plain: bytes, bound: str) -> bytes:
        """Opens with the same `bound` alone."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, bound.encode())

    def open(self, sealed: bytes, bound: str) -> bytes:
        """Raises `SealBroken`: what cannot be trusted is not shown."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound.encode())
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise SealBroken from None
