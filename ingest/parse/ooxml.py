"""Office Open XML in the one dialect that its readers know: Strict becomes Transitional, a macro file or template a plain one."""

from __future__ import annotations

import io
import re
import zipfile

_PURL = re.compile(rb"http://purl\.oclc\.org/ooxml/([\w/.]+)")
_TRANSITIONAL = {
    b"wordprocessingml/main": b"wordprocessingml/2006/main",
    b"spreadsheetml/main": b"spreadsheetml/2006/main",
    b"presentationml/main": b"presentationml/2006/main",
    b"officeDocument/math": b"officeDocument/2006/math",
    b"officeDocument/relationships": b"officeDocument/2006/relationships",
    b"officeDocument/extendedProperties": b"officeDocument/2006/extended-properties",
    b"officeDocument/customProperties": b"officeDocument/2006/custom-properties",
    b"officeDocument/docPropsVTypes": b"officeDocument/2006/docPropsVTypes",
    b"officeDocument/sharedTypes": b"officeDocument/2006/sharedTypes",
    b"officeDocument/customXml": b"officeDocument/2006/customXml",
    b"officeDocument/bibliography": b"officeDocument/2006/bibliography",
    b"schemaLibrary/main": b"schemaLibrary/2006/main",
    b"drawingml/main": b"drawingml/2006/main",
    b"drawingml/chart": b"drawingml/2006/chart",
    b"drawingml/chartDrawing": b"drawingml/2006/chartDrawing",
    b"drawingml/diagram": b"drawingml/2006/diagram",
    b"drawingml/picture": b"drawingml/2006/picture",
    b"drawingml/lockedCanvas": b"drawingml/2006/lockedCanvas",
    b"drawingml/spreadsheetDrawing": b"drawingml/2006/spreadsheetDrawing",
    b"drawingml/wordprocessingDrawing": b"drawingml/2006/wordprocessingDrawing",
}
_MAIN = re.compile(
    rb"application/vnd\.(?:ms-(?:word|excel|powerpoint)\.(?:document|template|sheet|addin|presentation|slideshow)\.macroEnabled"
    rb"|openxmlformats-officedocument\.(?:wordprocessingml|spreadsheetml|presentationml)\.(?:template|slideshow)"
    rb"|ms-word\.template\.macroEnabledTemplate|ms-word\.template\.macroEnabled)\.main\+xml"
)
_PLAIN = {
    b"word": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    b"excel": b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    b"spreadsheetml": b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    b"powerpoint": b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    b"presentationml": b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}
_TYPES = "[Content_Types].xml"
_RELATIONS = "_rels/.rels"


def transitional(data: bytes, archive: zipfile.ZipFile) -> bytes:
    """`data` itself where nothing needs to change, which is what nearly every file is."""
    types = archive.read(_TYPES)
    plain = _MAIN.sub(_plain, types)
    strict = b"purl.oclc.org/ooxml" in (archive.read(_RELATIONS) if _RELATIONS in archive.namelist() else b"")
    if plain == types and not strict:
        return data
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for info in archive.infolist():
            part = plain if info.filename == _TYPES else archive.read(info)
            if strict and info.filename.endswith((".xml", ".rels")):
                part = _PURL.sub(_renamed, part)
            written.writestr(info.filename, part)
    return buffer.getvalue()


def _plain(stated: re.Match[bytes]) -> bytes:
    return next((plain for word, plain in _PLAIN.items() if word in stated.group()), _PLAIN[b"word"])


def _renamed(strict: re.Match[bytes]) -> bytes:
    path = strict.group(1)
    for prefix, renamed in sorted(_TRANSITIONAL.items(), key=lambda pair: -len(pair[0])):
        if path == prefix or path.startswith(prefix + b"/"):
            return b"http://schemas.openxmlformats.org/" + renamed + path[len(prefix) :]
    return strict.group()
