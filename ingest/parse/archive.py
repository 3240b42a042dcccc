"""Archives give their files as members; nothing touches the disk. How deep they lie in each other the caller bounds."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import IO, cast

from ingest.errors import Quarantine
from ingest.parse.encoding import likeliest
from ingest.parse.engine import Options, Reading
from ingest.parse.members import Members, is_clutter, safe_name
from ingest.sniff import BZIP2, GZIP, LZMA, TAR, XZ, sniff

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
LZMA_BYTES = 128 * 1024 * 1024
"""The memory that one xz stream may ask for: more than any compressor's own levels need."""


def parse_zip(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`: bomb, too_large, encrypted, corrupt, empty."""
    members = Members(options, len(data))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise Quarantine("corrupt", "its zip directory is broken or one part of several; put the parts together") from None
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        names = _zip_names(infos)
        for info, name in zip(infos, names, strict=True):
            if is_clutter(name):
                members.skipped += 1
            else:
                members.add(name, _unzipped(archive, info, members, options))
    return _reading(members)


def parse_tar(data: bytes, options: Options) -> Reading:
    """Only regular files count: links and devices are skipped. Raises `Quarantine`."""
    return _tar(data, Members(options, len(data)))


def parse_compressed(data: bytes, options: Options) -> Reading:
    """gzip, bzip2, xz, lzma: a tar inside gives its members, anything else is the one member."""
    members = Members(options, len(data))
    try:
        content = members.read(_opened(data))
    except (OSError, EOFError, ValueError) as error:
        raise Quarantine("corrupt", f"it does not decompress ({type(error).__name__}); compress it again") from None
    if sniff(content, "") == TAR:
        return _tar(content, members)
    if content:
        members.add(_gzip_name(data) or "content", content)
    return _reading(members)


def _tar(data: bytes, members: Members) -> Reading:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for info in archive:
                name = safe_name(info.name)
                if not info.isreg() or is_clutter(name):
                    members.skipped += 1
                elif (stream := archive.extractfile(info)) is not None:
                    members.add(name, members.read(stream))
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Quarantine("corrupt", f"its tar headers are broken ({type(error).__name__}); pack it again") from None
    return _reading(members)


def _reading(members: Members) -> Reading:
    if not members.members:
        raise Quarantine("empty", f"there is no file in it ({members.skipped} hidden or special ones were skipped)")
    return Reading(None, [], members.members)


def _zip_names(infos: list[zipfile.ZipInfo]) -> list[str]:
    """Names are UTF-8 where the archive says so, else in what its writer's system used."""
    raw = [info.filename.encode("cp437", "replace") for info in infos if not info.flag_bits & _UTF8_NAME]
    joined = b"\n".join(raw)
    encoding = "ascii" if joined.isascii() else likeliest(joined)
    decoded = (name.decode(encoding, "replace") for name in raw)
    return [safe_name(info.filename if info.flag_bits & _UTF8_NAME else next(decoded)) for info in infos]


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, members: Members, options: Options) -> bytes:
    passwords = [p.encode() for p in options.passwords] if info.flag_bits & _ENCRYPTED else [None]
    for password in passwords:
        before = members.unpacked
        try:
            with archive.open(info, pwd=password) as stream:
                return members.read(stream)
        except Quarantine:
            raise
        except NotImplementedError:
            break
        except Exception as error:  # zipfile, zlib, bz2 and lzma each have their own; a wrong password looks like damage
            members.unpacked = before
            if password is None:
                raise Quarantine("corrupt", f"a file in it does not unpack ({type(error).__name__}); pack it again") from None
    if info.flag_bits & _ENCRYPTED:
        raise Quarantine("encrypted", "files in it are protected by a password; give it, or pack them without one")
    raise Quarantine("unsupported", "it is packed by a method that is not known here; pack it again as a plain zip")


def _opened(data: bytes) -> IO[bytes]:
    import bz2
    import gzip
    import lzma

    kind = sniff(data, "")
    if kind == GZIP:
        return cast(IO[bytes], gzip.GzipFile(fileobj=io.BytesIO(data)))
    if kind == BZIP2:
        return cast(IO[bytes], bz2.BZ2File(io.BytesIO(data)))
    assert kind in (XZ, LZMA)
    form = lzma.FORMAT_XZ if kind == XZ else lzma.FORMAT_ALONE
    return cast(IO[bytes], io.BufferedReader(_Xz(data, lzma.LZMADecompressor(form, memlimit=LZMA_BYTES))))


class _Xz(io.RawIOBase):
    """`lzma.LZMAFile` with a limit on memory, which that has not. One stream; what follows it is ignored."""

    def __init__(self, data: bytes, decompressor: object) -> None:
        self._data = data
        self._decompressor = decompressor

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        import lzma

        decompressor = cast(lzma.LZMADecompressor, self._decompressor)
        if decompressor.eof:
            return 0
        try:
            block = decompressor.decompress(self._data, max_length=len(buffer))
        except lzma.LZMAError:
            raise OSError("broken") from None
        self._data = b""
        if not block and not decompressor.eof:
            raise EOFError
        buffer[: len(block)] = block
        return len(block)


def _gzip_name(data: bytes) -> str | None:
    """The name that gzip noted in its header (RFC 1952, FNAME), if it did."""
    if len(data) < 12 or data[:2] != b"\x1f\x8b" or not data[3] & 8:
        return None
    start = 10
    if data[3] & 4:
        start += 2 + int.from_bytes(data[10:12], "little")
    end = data.find(b"\0", start)
    return data[start:end].decode("latin-1") if end > start else None
