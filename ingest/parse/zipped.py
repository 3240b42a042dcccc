"""Open a zip that a document is made of, within bounds, before any library unpacks it.

The sizes in its directory are bounds that hold: Python's zipfile gives no more of a member than the directory states.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.errors import Quarantine
from ingest.parse.engine import Options

BOMB_BYTES = 20_000_000
BOMB_RATIO = 200
"""What unpacks to more than both of these is a bomb: honest documents and logs shrink by up to a hundred times."""


@contextmanager
def open_zip(data: bytes, options: Options) -> Iterator[zipfile.ZipFile]:
    """Raises `Quarantine`: bomb, too_large, encrypted or corrupt."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError):
        raise Quarantine("corrupt", "its zip directory is broken; open and save it again in its program") from None
    with archive:
        infos = archive.infolist()
        check_size(sum(info.file_size for info in infos), len(data), options)
        if any(info.flag_bits & 1 for info in infos):
            raise Quarantine("encrypted", "it is protected by a password; save it without one")
        yield archive


def check_size(unpacked: int, packed: int, options: Options) -> None:
    """Raises `Quarantine`, bomb or too_large, when `packed` bytes hold more than is sound or allowed."""
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
        raise Quarantine(
            "bomb", f"{packed} bytes unpack to more than {BOMB_RATIO} times as many; unpack it by hand if you trust it"
        )
    if unpacked > options.unpacked_bytes:
        raise Quarantine("too_large", f"it unpacks to more than the {options.unpacked_bytes} bytes of INGEST_MAX_UNPACKED_BYTES")
