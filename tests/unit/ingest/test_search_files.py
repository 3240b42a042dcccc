"""Whatever a file holds and wherever, it is found; what it does not hold is not."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import search_files as module
from ingest.search_files import search_bytes, search_files

needles = st.binary(min_size=8, max_size=20)


@given(st.lists(needles, min_size=1, max_size=6), st.binary(max_size=60), st.binary(max_size=60), st.data())
def test_what_stands_there_is_found_and_nothing_else(some: list[bytes], before: bytes, after: bytes, data: st.DataObject) -> None:
    planted = data.draw(st.sampled_from(some))
    haystack = before + planted + after
    assert search_bytes(haystack, some) == {needle for needle in some if needle in haystack}
    assert search_bytes(before, some) == {needle for needle in some if needle in before}


def test_a_needle_across_the_edge_of_a_window_is_found(tmp_path: Path) -> None:
    needle = secrets.token_bytes(16)
    (tmp_path / "deep").mkdir()
    file = tmp_path / "deep" / "file"
    for offset in (0, 1, 7, 8, 15, 16):
        file.write_bytes(bytes(module.WINDOW_BYTES - offset) + needle + b"\0")
        assert search_files(tmp_path, [needle, secrets.token_bytes(16)]) == {"deep/file": 1}
    assert search_files(tmp_path, []) == {}
    with pytest.raises(ValueError, match="8 to 1,024"):
        search_files(tmp_path, [b"short"])
