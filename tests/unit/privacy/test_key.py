"""The key: made once, kept to its owner, refused when it is not one."""

from __future__ import annotations

import base64
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from privacy.errors import BadPolicy, KeyUnavailable
from privacy.key import decode_key, open_key
from privacy.open import open_redactor
from privacy.settings import PrivacySettings


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "privacy.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: open_key(path), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["privacy.key"]


def test_a_damaged_file_is_refused_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "privacy.key"
    path.write_bytes(b"short")
    with pytest.raises(KeyUnavailable, match="5 bytes"):
        open_key(path)
    assert path.read_bytes() == b"short"
    with pytest.raises(KeyUnavailable):
        open_key(path / "below-a-file")
    with pytest.raises(KeyUnavailable):
        open_key(tmp_path)


def test_a_key_is_given_in_hexadecimal_or_base64() -> None:
    key = secrets.token_bytes(32)
    assert decode_key(key.hex()) == key
    assert decode_key(base64.b64encode(key).decode()) == key
    assert decode_key(base64.urlsafe_b64encode(key).decode().rstrip("=")) == key
    for bad in ("", "secret", "ab" * 31):
        with pytest.raises(KeyUnavailable) as refused:
            decode_key(bad)
        assert not bad or bad not in str(refused.value)


def test_settings_open_a_redactor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_HOME", str(tmp_path))
    by_file = open_redactor(PrivacySettings())
    assert (tmp_path / "privacy.key").is_file()
    assert open_redactor(PrivacySettings()).fingerprint == by_file.fingerprint
    monkeypatch.setenv("PRIVACY_KEY", secrets.token_hex(32))
    assert open_redactor(PrivacySettings()).fingerprint != by_file.fingerprint
    monkeypatch.setenv("PRIVACY_OPERATORS", '{"IP_ADDRESS": "burn"}')
    with pytest.raises(BadPolicy):
        open_redactor(PrivacySettings())


def test_no_key_is_printed(tmp_path: Path) -> None:
    redactor = open_redactor(PrivacySettings(key_file=tmp_path / "k"))
    assert str((tmp_path / "k").read_bytes()) not in repr(redactor)
