"""Where the vault's keys come from; what goes wrong is named and shows no key."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import pytest

from privacy.errors import VaultKeyUnavailable
from privacy.open import open_vault, open_vault_keys
from privacy.settings import PrivacySettings
from privacy.vault import key_id
from privacy.vault_key import decode_keys, read_keys, run_for_keys

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)


def test_the_newest_comes_first_wherever_they_come_from(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{NEW.hex()}\n\n{OLD.hex()}\n")
    ids = (key_id(NEW), key_id(OLD))
    places = ({"vault_key": f"{NEW.hex()}, {OLD.hex()}"}, {"vault_key_file": file}, {"vault_key_command": f"cat '{file}'"})
    for place in places:
        vault = open_vault_keys(PrivacySettings(**place))  # type: ignore[arg-type]
        assert (vault.key_ids, vault.newest) == (ids, ids[0])


def test_originals_are_not_kept_unless_the_policy_says_so() -> None:
    assert open_vault(PrivacySettings(vault_key=OLD.hex())) is None  # type: ignore[arg-type]


def test_to_be_kept_they_must_be_sealed() -> None:
    with pytest.raises(VaultKeyUnavailable, match="none is set"):
        open_vault(PrivacySettings(keep_originals=True))
    with pytest.raises(VaultKeyUnavailable, match="more than one"):
        open_vault(PrivacySettings(keep_originals=True, vault_key=OLD.hex(), vault_key_command="true"))  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["", " , ", "short", f"{OLD.hex()} {NEW.hex()[:-2]}", "\u00e9" * 32])
def test_what_is_no_key_is_not_shown(given: str) -> None:
    with pytest.raises(VaultKeyUnavailable) as caught:
        decode_keys(given, "HERE")
    assert "HERE" in str(caught.value)
    assert OLD.hex() not in str(caught.value)
    assert NEW.hex()[:-2] not in str(caught.value)


@pytest.mark.parametrize("command", ["false", "there-is-no-such-command", "'", "", f"{sys.executable} -c 'print(1)'"])
def test_a_command_that_gives_no_key_is_named(command: str) -> None:
    with pytest.raises(VaultKeyUnavailable, match="PRIVACY_VAULT_KEY_COMMAND"):
        run_for_keys(command)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(VaultKeyUnavailable, match="nowhere"):
        read_keys(tmp_path / "nowhere")
    (tmp_path / "raw").write_bytes(bytes([255]) * 32)
    with pytest.raises(VaultKeyUnavailable, match="not text"):
        read_keys(tmp_path / "raw")
