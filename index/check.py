"""What every engine refuses before it writes or searches: odd names and broken vectors. Edge itself would store a NaN."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from index.errors import BadCollection, BadVector
from index.point import IndexedChunk, Lexical, Vector

NORM_TOLERANCE = 0.01
MOST_TERM_NUMBER = 2**32 - 1
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


def check_collection(name: str) -> None:
    """Raises `BadCollection` unless `name` is plain: it becomes a folder's name and a part of URLs."""
    if not _NAME.fullmatch(name):
        raise BadCollection(
            f"{name[:100]!r} names no collection. Use up to 80 small letters, digits, `-` and `_`, a letter or digit first."
        )


def check_points(points: Sequence[IndexedChunk], dimensions: int) -> None:
    """Raises `BadVector` unless every point can stand in a collection of this width."""
    for point in points:
        _check(point.dense, point.lexical, dimensions, f"The chunk {point.chunk_id}")


def check_query(dense: Vector | None, lexical: Lexical | None, dimensions: int) -> None:
    """Raises `BadVector` unless a collection of this width can be asked for these."""
    _check(dense, lexical, dimensions, "The question")


def _check(dense: Vector | None, lexical: Lexical | None, dimensions: int, whose: str) -> None:
    if dense is not None:
        if dense.shape != (dimensions,):
            raise BadVector(
                f"{whose} has a vector of shape {dense.shape}, the collection holds ({dimensions},). Was the model changed?"
            )
        if not abs(float(np.dot(dense, dense)) - 1) <= NORM_TOLERANCE:  # also false for what is not finite
            raise BadVector(f"{whose} has a vector whose length is not 1. Embed it again.")
    if lexical is not None:
        if len(lexical.indices) != len(lexical.values) or len(set(lexical.indices)) != len(lexical.indices):
            raise BadVector(f"{whose} has a lexical vector whose terms do not pair with weights, or repeat.")
        if lexical.indices and not (
            min(lexical.indices) >= 0 and max(lexical.indices) <= MOST_TERM_NUMBER and math.isfinite(sum(lexical.values))
        ):
            raise BadVector(f"{whose} has a lexical vector with a weight or a term number out of range.")
