"""Outlook's compressed RTF (MS-OXRTFCP): a 4096-byte ring that begins with words every RTF holds."""

from __future__ import annotations

_RING = 4096
_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
LARGEST = 50_000_000


def decompress(data: bytes) -> bytes:
    """The RTF. Raises ValueError for what is none."""
    if len(data) < 16:
        raise ValueError("no compressed RTF")
    size, kind = int.from_bytes(data[4:8], "little"), data[8:12]
    if kind == b"MELA":
        return data[16 : 16 + size]
    if kind != b"LZFu":
        raise ValueError("no compressed RTF")
    ring = bytearray(_START.ljust(_RING, b"\0"))
    at, position = len(_START), 16
    out = bytearray()
    while position < len(data) and len(out) < min(size, LARGEST):
        control = data[position]
        position += 1
        for bit in range(8):
            if position >= len(data):
                break
            if control >> bit & 1:
                token = int.from_bytes(data[position : position + 2], "big")
                position += 2
                offset, length = token >> 4, (token & 15) + 2
                if offset == at:
                    return bytes(out)
                for step in range(length):
                    byte = ring[(offset + step) % _RING]
                    out.append(byte)
                    ring[at] = byte
                    at = (at + 1) % _RING
            else:
                out.append(data[position])
                ring[at] = data[position]
                at = (at + 1) % _RING
                position += 1
    return bytes(out)
