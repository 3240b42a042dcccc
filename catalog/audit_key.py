"""The keys of the audit's chain, from where the settings say: the newest first. They are never made here: a key that lies beside
the database protects nothing from whoever takes both."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from catalog.errors import AuditKeyUnavailable

KEY_BYTES = 32
HOW = "Make one with `openssl rand -hex 32`."


def decode_keys(given: str, where: str) -> tuple[bytes, ...]:
    """The keys that `given` spells, separated by white space or commas. Raises `AuditKeyUnavailable`, which shows none of it."""
    words = given.replace(",", " ").split()
    if not words:
        raise AuditKeyUnavailable(f"{where} holds no key for the audit. {HOW}")
    return tuple(dict.fromkeys(_decode(word, place, where) for place, word in enumerate(words, start=1)))


def read_keys(path: Path) -> tuple[bytes, ...]:
    """The keys in the file at `path`, one a line. Raises `AuditKeyUnavailable`."""
    try:
        return decode_keys(path.read_text(encoding="ascii"), f"the file {path}")
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise AuditKeyUnavailable(f"The audit's key file {path} cannot be read ({why}). Give this user access to it.") from None


def _decode(word: str, place: int, where: str) -> bytes:
    for decode in (bytes.fromhex, _base64):
        try:
            key = decode(word)
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    wanted = f"{KEY_BYTES} bytes as {2 * KEY_BYTES} hexadecimal characters or in base64"
    raise AuditKeyUnavailable(f"Key {place} of {where} is no key: it must be {wanted}. {HOW}")


def _base64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
