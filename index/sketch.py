"""How alike two texts are: the share of word triples that they have in common, told from signatures of 512 bytes.

Resemblance is the Jaccard coefficient of the sets of shingles (Broder, "On the resemblance and containment of documents", 1997).
A signature holds, for each of 128 random orders of all shingles, the least one of the text (MinHash, by datasketch): two
signatures agree in a position with the probability of the resemblance, so the estimate's standard error is at most .045.
"""

from __future__ import annotations

import re
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PERMUTATIONS = 128
SHINGLE_WORDS = 3
NEAR = 0.5
"""Documents that resemble each other this much are near-duplicates: measured in `evals/duplicates.py`."""
BAND_ROWS = 3
BANDS = PERMUTATIONS // BAND_ROWS
"""Signatures that agree on some band of 3 rows are compared: .996 of those that resemble each other by .5 do, 1 in 24,000 of
those that do by .01 (1 - (1 - s^3)^42; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4)."""

SEED = 20_261
AT_ONCE = 16_384  # shingles: 8 MB of numbers
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_BASE = np.uint64(0x9E3779B97F4A7C15)

Shingles: TypeAlias = NDArray[np.uint64]
"""uint64 [n], distinct and rising: 32-bit hashes of runs of `SHINGLE_WORDS` words."""


def words(text: str) -> list[str]:
    """The words of a text without case; a sign of a script that has no spaces is a word."""
    return _WORD.findall(text.casefold())


def shingles(text: str) -> Shingles:
    """The shingles of a text; one of fewer words is a shingle by itself, and a text without words has none."""
    found = words(text)
    if not found:
        return np.empty(0, np.uint64)
    hashes = np.fromiter((_hash(word) for word in found), np.uint64, len(found))
    length = min(SHINGLE_WORDS, len(found))
    runs = np.full(len(found) - length + 1, len(found) if length < SHINGLE_WORDS else 0, np.uint64)
    for start in range(length):
        runs = runs * _BASE + hashes[start : len(found) - length + 1 + start]
    runs ^= runs >> np.uint64(29)
    runs *= np.uint64(0xBF58476D1CE4E5B9)
    return np.unique(runs >> np.uint64(32))


def signature(text: str) -> bytes | None:
    """The signature of a text: uint32 [128], little-endian. None for a text without words, which resembles nothing."""
    found = shingles(text)
    if not len(found):
        return None
    minhash = _empty().copy()
    for start in range(0, len(found), AT_ONCE):
        minhash.update_batch(found[start : start + AT_ONCE].tolist())
    return bytes(minhash.hashvalues.astype("<u4").tobytes())


def estimate(one: bytes, other: bytes) -> float:
    """About how much the texts of two signatures resemble each other, from 0 to 1."""
    return float(np.mean(np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")))


def estimates(one: bytes, others: Sequence[bytes]) -> NDArray[np.float64]:
    """`estimate` of one against each of `others`, in one go: float64 [n]."""
    every = np.frombuffer(b"".join(others), "<u4").reshape(len(others), PERMUTATIONS)
    found: NDArray[np.float64] = (every == np.frombuffer(one, "<u4")).mean(axis=1)
    return found


def resemblance(one: Shingles, other: Shingles) -> float:
    """How much two texts resemble each other, from 0 to 1; a text without words resembles nothing."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / max(1, len(one) + len(other) - common)


def containment(inner: Shingles, outer: Shingles) -> float:
    """How much of `inner` is in `outer`, from 0 to 1; nothing of a text without words is."""
    return len(np.intersect1d(inner, outer, assume_unique=True)) / max(1, len(inner))


def bands(signature: bytes) -> Iterable[tuple[int, bytes]]:
    """The bands of a signature: equal ones make a pair that is worth comparing."""
    step = 4 * BAND_ROWS
    return ((band, signature[band * step : (band + 1) * step]) for band in range(BANDS))


@cache
def _empty() -> Any:
    from datasketch import MinHash

    return MinHash(PERMUTATIONS, seed=SEED, hashfunc=_same, scheme="affine32")


def _same(shingle: int) -> int:
    return shingle


def _hash(word: str) -> int:
    """64 bits of a word, the same everywhere; they are mixed when words become a shingle."""
    raw = word.encode("utf-8", "replace")
    return zlib.crc32(raw) << 32 | zlib.adler32(raw)
