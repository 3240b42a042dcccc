"""Rich text, by pandoc, which takes every `\\'xx` for Windows-1252: those of other code pages are rewritten as Unicode before."""

from __future__ import annotations

import codecs
import re

from ingest.parse.engine import Options, Reading
from ingest.parse.html import read_html
from ingest.parse.pandoc import converted

_BINARY = re.compile(rb"\\bin(\d+) ?")
_TOKEN = re.compile(
    rb"(?P<open>\{)|(?P<close>\})|(?P<unicode>\\u-?\d+ ?)|\\uc(?P<count>\d)|(?P<bytes>(?:\\'[0-9a-fA-F]{2}[\r\n]*)+)"
    rb"|\\f(?P<font>\d+)(?![\d-])|\\ansicpg(?P<page>\d+)|\\fcharset(?P<charset>\d+)|\\deff(?P<default>\d+)|\\[\\{}]"
)
_STAND_IN = b"\\'3f"
"""For a character in Unicode: pandoc skips one byte so written, whatever `\\uc` says, and loses a letter after a bare `?`."""
_HEX = re.compile(rb"'([0-9a-fA-F]{2})")
_CHARSETS = {
    128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255",
    178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip


def parse_rtf(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`: timeout, engine_missing, too_large, corrupt."""
    return read_html(converted(in_unicode(without_binary(data)), "rtf"))


def rtf_to_text(data: bytes) -> str:
    """The paragraphs of an RTF, parted by blank lines."""
    return "\n\n".join(element.text for element in read_html(converted(in_unicode(without_binary(data)), "rtf")).elements)


def without_binary(data: bytes) -> bytes:
    """Without the raw bytes behind `\\binN`, which pandoc takes for text."""
    out, position = [], 0
    while match := _BINARY.search(data, position):
        out.append(data[position : match.start()])
        position = match.end() + int(match.group(1)[:12])
    return b"".join([*out, data[position:]]) if out else data


def in_unicode(data: bytes) -> bytes:
    """`data` with bytes of the code page in force, the font's or else the document's, as `\\uN`. Groups restore the font."""
    page, fonts = "cp1252", dict[int, str]()
    font, stack = -1, list[int]()
    count, spoken = 1, -1  # how many bytes stand in for a character that was given as Unicode, and where such a one ended
    out, position = [], 0
    for token in _TOKEN.finditer(data):
        kind = token.lastgroup
        if kind == "open":
            stack.append(font)
        elif kind == "close":
            font = stack.pop() if stack else -1
        elif kind == "page":
            page = _known(f"cp{int(token['page'][:6])}") or page
        elif kind in ("font", "default"):
            font = int(token[kind][:9])
        elif kind == "charset":
            charset = _CHARSETS.get(int(token["charset"][:9]))
            if charset is not None:
                fonts[font] = charset
        elif kind == "count":
            count = int(token["count"])
        elif kind == "unicode":
            spoken = token.end()
        elif kind == "bytes":
            encoding = fonts.get(font, page)
            standing_in = 4 * count if spoken == token.start() else 0
            if encoding == "cp1252" and standing_in <= 4:
                continue
            raw = bytes(int(digits, 16) for digits in _HEX.findall(token["bytes"][standing_in:]))
            out += [data[position : token.start()], _STAND_IN * bool(standing_in), _escaped(raw.decode(encoding, "replace"))]
            position = token.end()
    return b"".join([*out, data[position:]]) if out else data


def _escaped(text: str) -> bytes:
    units = text.encode("utf-16-le", "replace")
    numbers = [int.from_bytes(units[i : i + 2], "little", signed=True) for i in range(0, len(units), 2)]
    return b"".join(b"\\uc1\\u%d%b" % (number, _STAND_IN) for number in numbers)


def _known(encoding: str) -> str | None:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return None
