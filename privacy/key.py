"""The key of the pseudonyms. Without it nothing is redacted, so nothing is stored; with another one every pseudonym changes."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from privacy.errors import KeyUnavailable

KEY_BYTES = 32
FILE_NAME = "privacy.key"


def decode_key(given: str) -> bytes:
    """The key that `given` spells: 64 hexadecimal characters, or 32 bytes in base64. Raises `KeyUnavailable`."""
    text = given.strip()
    for decode in (bytes.fromhex, _base64):
        try:
            key = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise KeyUnavailable(
        f"PRIVACY_KEY is not a key: it must be {KEY_BYTES} bytes as {2 * KEY_BYTES} hexadecimal characters or in base64. "
        "Make one with `openssl rand -hex 32`."
    )


def open_key(path: Path) -> bytes:
    """The key in the file at `path`, made once, readable by its owner alone. Raises `KeyUnavailable`.

    Two processes that start at once get the same key: the file appears whole, and whoever comes second takes what is there.
    """
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise KeyUnavailable(
            f"The key file {path} cannot be used ({error.strerror or type(error).__name__}). "
            "Give this user access to it, or set PRIVACY_KEY."
        ) from None
    if len(key) != KEY_BYTES:
        raise KeyUnavailable(
            f"The key file {path} holds {len(key)} bytes, not {KEY_BYTES}. Restore it from your backup: with another one "
            "every person gets another pseudonym."
        )
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)


def _base64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
