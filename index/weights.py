"""A model's numbers in a safetensors file, mapped into memory: nothing is copied before it is used.

The format: 8 bytes (little-endian length), a JSON header of that length, then the tensors end to end
(https://huggingface.co/docs/safetensors). float16 and bfloat16 are widened to float32, which loses nothing.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import EmbedderMismatch

HEADER_BYTES = 100_000_000
TYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
    "I64": np.dtype("<i8"),
}
Shapes = dict[str, tuple[str, tuple[int, ...]]]


def read_shapes(file: Path) -> Shapes:
    """Type and shape of each tensor, by name, without reading the tensors. Raises `EmbedderMismatch` when the file is damaged."""
    return {name: (entry["dtype"], tuple(entry["shape"])) for name, entry in _header(file)[0].items()}


def map_weights(file: Path) -> dict[str, NDArray[Any]]:
    """Every tensor of a type that we know, by name. Raises `EmbedderMismatch` when the file is damaged."""
    header, start = _header(file)
    whole = np.memmap(file, np.uint8, "c")  # copy on write: engines refuse read-only memory, and the file stays as it is
    found: dict[str, NDArray[Any]] = {}
    for name, entry in header.items():
        if entry["dtype"] in TYPES:
            first, last = entry["data_offsets"]
            flat = whole[start + first : start + last].view(TYPES[entry["dtype"]])
            found[name] = _wide(flat, entry["dtype"]).reshape(entry["shape"])
    return found


def _wide(flat: NDArray[Any], kind: str) -> NDArray[Any]:
    if kind == "BF16":
        return (flat.astype(np.uint32) << 16).view(np.float32)
    return flat.astype(np.float32) if kind == "F16" else flat


def _header(file: Path) -> tuple[dict[str, Any], int]:
    """The entries of the tensors, each held against the file's size, and where the tensors start."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        try:
            if not 0 < length <= min(size - 8, HEADER_BYTES):
                raise ValueError
            header = json.loads(opened.read(length))
            header.pop("__metadata__", None)
            for entry in header.values():
                first, last = entry["data_offsets"]
                count = math.prod(entry["shape"])
                fits = 0 <= first <= last <= size - 8 - length and all(side >= 0 for side in entry["shape"])
                if not fits or (entry["dtype"] in TYPES and last - first != count * TYPES[entry["dtype"]].itemsize):
                    raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EmbedderMismatch(
                f"The weights in {file} cannot be read: the file is damaged. Install the model again."
            ) from error
    return header, 8 + length
