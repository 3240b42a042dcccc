"""What Prefect is told: places that any process understands, without passwords; failures without their words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import CatalogUnavailable
from flows.artifacts import artifact_key
from flows.errors import SecretInUrl, UnexpectedFault, told_by_place
from flows.location import absolute
from flows.progress import listening, tell


def test_a_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("docs") == str(tmp_path / "docs")
    assert absolute("s3://bucket/docs") == "s3://bucket/docs"
    assert absolute("zip://inner::https://example.org/a.zip") == "zip://inner::https://example.org/a.zip"


@pytest.mark.parametrize("url", ["sftp://ana:hunter2@host/docs", "zip://inner::https://u:hunter2@example.org/a.zip"])
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SecretInUrl) as refused:
        absolute(url)
    assert "hunter2" not in str(refused.value)


@given(st.text(), st.text(max_size=300))
def test_artifact_keys_are_what_prefect_accepts(kind: str, name: str) -> None:
    key = artifact_key("ingest", kind + name)
    assert key.startswith("ingest")
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not key.endswith("-")


def test_an_unforeseen_failure_is_told_by_place_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTCULLIS_DEBUG", raising=False)
    with pytest.raises(UnexpectedFault) as told, told_by_place():
        b"secret of a document \xff".decode("ascii")
    assert "UnicodeDecodeError at test_location.py" in str(told.value)
    assert "secret" not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_our_own_failure_passes_without_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTCULLIS_DEBUG", raising=False)

    def fail() -> None:
        try:
            raise ValueError("INSERT ... a document's text")
        except ValueError as error:
            raise CatalogUnavailable("cannot be used now") from error

    with pytest.raises(CatalogUnavailable) as told, told_by_place():
        fail()
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_with_debugging_everything_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_DEBUG", "1")
    with pytest.raises(ValueError, match="words"), told_by_place():
        raise ValueError("words")


def test_progress_reaches_a_listener_and_nobody_else() -> None:
    heard: list[tuple[int, int]] = []
    tell(1, 2)
    with listening(lambda done, total: heard.append((done, total))):
        tell(1, 2)
    tell(2, 2)
    assert heard == [(1, 2)]
