"""The keys of the vault, from where the settings say: the newest first. They are never made here: a lost key is a lost vault."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from privacy.errors import KeyUnavailable, VaultKeyUnavailable
from privacy.key import decode_key

COMMAND_SECONDS = 30.0
HOW = "Make one with `openssl rand -hex 32`."


def decode_keys(given: str, where: str) -> tuple[bytes, ...]:
    """The keys that `given` spells, separated by white space or commas. Raises `VaultKeyUnavailable`, which shows none of it."""
    found = []
    for place, word in enumerate(given.replace(",", " ").split(), start=1):
        try:
            found.append(decode_key(word))
        except KeyUnavailable:
            raise VaultKeyUnavailable(
                f"Key {place} of {where} is no key: it must be 32 bytes as 64 hexadecimal characters or in base64. {HOW}"
            ) from None
    if not found:
        raise VaultKeyUnavailable(f"{where} holds no key for the vault. {HOW}")
    return tuple(dict.fromkeys(found))


def read_keys(path: Path) -> tuple[bytes, ...]:
    """The keys in the file at `path`, one a line. Raises `VaultKeyUnavailable`."""
    try:
        return decode_keys(path.read_text(encoding="ascii"), f"the file {path}")
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise VaultKeyUnavailable(f"The vault's key file {path} cannot be read ({why}). Give this user access to it.") from None


def run_for_keys(command: str) -> tuple[bytes, ...]:
    """The keys that `command` prints, one a line; it runs without a shell. Raises `VaultKeyUnavailable`."""
    try:
        words = shlex.split(command)
        done = subprocess.run(words, capture_output=True, timeout=COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL)
        why = f"it ended with {done.returncode}" if done.returncode else None
        printed = done.stdout.decode("ascii")
    except subprocess.TimeoutExpired:
        why = f"it took longer than {COMMAND_SECONDS:.0f} seconds"
    except (OSError, UnicodeError, ValueError, IndexError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
    if why is not None:
        raise VaultKeyUnavailable(f"PRIVACY_VAULT_KEY_COMMAND gave no key: {why}. Run it by hand to see.")
    return decode_keys(printed, "the output of PRIVACY_VAULT_KEY_COMMAND")
