"""Whether any file of a folder holds one of these byte strings: the last look of an erasure. It trusts no store's own word."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WINDOW_BYTES = 1 << 20
LONGEST_BYTES = 1 << 10
_HEAD = 8


def search_files(folder: Path, needles: Collection[bytes]) -> dict[str, int]:
    """Files (relative to the folder) to how many of the needles stand in them, if any. Up to 20 s a gigabyte.

    Needles have 8 to 1,024 bytes. A file that vanishes meanwhile holds nothing. Raises OSError for one that cannot be read.
    """
    table = _Table(needles)
    found: dict[str, int] = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and (hits := _in_file(file, table)):
            found[str(file.relative_to(folder))] = hits
    return found


def search_bytes(data: bytes, needles: Collection[bytes]) -> set[bytes]:
    """Which of the needles stand in `data`."""
    return _Table(needles).among(data)


class _Table:
    """The needles by their first eight bytes; `pairs` says of two bytes at each of four places whether any needle has them."""

    def __init__(self, needles: Collection[bytes]) -> None:
        if any(not _HEAD <= len(needle) <= LONGEST_BYTES for needle in needles):
            raise ValueError("a needle has 8 to 1,024 bytes")
        self.by_head: dict[bytes, list[bytes]] = {}
        for needle in set(needles):
            self.by_head.setdefault(needle[:_HEAD], []).append(needle)
        heads = np.frombuffer(b"".join(self.by_head), "<u2").reshape(-1, _HEAD // 2)
        self.pairs = np.zeros((_HEAD // 2, 1 << 16), np.bool_)
        for place in range(_HEAD // 2):
            self.pairs[place, heads[:, place]] = True

    def among(self, window: bytes) -> set[bytes]:
        if len(window) < _HEAD or not self.by_head:
            return set()
        return {
            needle
            for at in self._likely(window).tolist()
            for needle in self.by_head.get(window[at : at + _HEAD], ())
            if window.startswith(needle, at)
        }

    def _likely(self, window: bytes) -> NDArray[np.intp]:
        """Where all four pairs of bytes are some needle's: in random bytes at one place of 10^11 for 100 needles."""
        data = np.frombuffer(window, np.uint8)
        starts = []
        for odd in (0, 1):
            pairs = np.frombuffer(window, "<u2", count=(len(window) - odd) // 2, offset=odd)
            starts.append(np.flatnonzero(self.pairs[0].take(pairs)) * 2 + odd)
        found = np.concatenate(starts)
        found = found[found <= len(window) - _HEAD]
        for place in range(1, _HEAD // 2):
            low, high = data.take(found + 2 * place), data.take(found + 2 * place + 1)
            found = found[self.pairs[place].take(low | high.astype(np.uint16) << np.uint16(8))]
        return found


def _in_file(file: Path, table: _Table) -> int:
    found: set[bytes] = set()
    try:
        for window in _windows(file):
            if window.count(0) < len(window):  # engines reserve far more than they fill
                found |= table.among(window)
    except FileNotFoundError:
        return 0
    return len(found)


def _windows(file: Path) -> Iterator[bytes]:
    """The file in pieces that overlap by the longest needle."""
    rest = b""
    with file.open("rb") as opened:
        while piece := opened.read(WINDOW_BYTES):
            yield rest + piece
            rest = (rest + piece)[-LONGEST_BYTES:]
