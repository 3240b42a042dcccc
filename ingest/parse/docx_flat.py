"""Bring a Word document into the shape that its reader follows: content controls opened, text boxes behind their paragraph, notes
where they are referred to, equations as text. unstructured, through python-docx, silently leaves all of that out.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DOCUMENT = "word/document.xml"
_MARKS = (b"<w:sdt", b"txbxContent", b"oMath", b"footnoteReference", b"endnoteReference", b"AlternateContent")


def flat(data: bytes) -> bytes:
    """`data` itself where none of that is in it, or where its main part has another name than Word's own."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if _DOCUMENT not in archive.namelist():
            return data
        markup = archive.read(_DOCUMENT)
        if not any(mark in markup for mark in _MARKS):
            return data
        root = _xml(markup)
        if root is None:
            return data
        for kind in ("footnote", "endnote"):
            part = f"word/{kind}s.xml"
            if part in archive.namelist():
                _place_notes(root, _xml(archive.read(part)), kind)
        _open_alternatives(root)
        _write_equations(root)
        _move_boxes(root)
        _open_controls(root)
        return _repacked(archive, root)


def _place_notes(root: Any, notes: Any, kind: str) -> None:
    """A note's text in brackets where its mark stands."""
    if notes is None:
        return
    texts = {note.get(f"{_W}id"): _words(note) for note in notes.iter(f"{_W}{kind}") if note.get(f"{_W}type") is None}
    for mark in list(root.iter(f"{_W}{kind}Reference")):
        text = texts.get(mark.get(f"{_W}id"))
        if text:
            _replace(mark, [_text(f" [{text}]")])


def _open_alternatives(root: Any) -> None:
    """Of several ways to draw the same, the first that has text."""
    for node in list(root.iter(f"{_MC}AlternateContent")):
        ways = list(node.iterchildren(f"{_MC}Choice", f"{_MC}Fallback"))
        chosen = next((way for way in ways if next(way.iter(f"{_W}t"), None) is not None), ways[0] if ways else None)
        _replace(node, list(chosen) if chosen is not None else [])


def _write_equations(root: Any) -> None:
    for node in list(root.iter(f"{_M}oMathPara")):
        _replace(node, list(node.iterchildren(f"{_M}oMath")))
    for node in list(root.iter(f"{_M}oMath")):
        text = "".join(part.text or "" for part in node.iter(f"{_M}t", f"{_W}t"))
        run = node.makeelement(f"{_W}r")
        run.append(_text(text))
        _replace(node, [run])


def _move_boxes(root: Any) -> None:
    """Blocks of a text box become blocks behind the paragraph that anchors it; of nested ones the outer goes first."""
    for box in list(root.iter(f"{_W}txbxContent")):
        anchor = next((a for a in box.iterancestors(f"{_W}p")), None)
        if anchor is None or anchor.getparent() is None:
            continue
        blocks = list(box)
        for block in reversed(blocks):
            anchor.addnext(block)


def _open_controls(root: Any) -> None:
    """A content control gives its content; what only says `Click here` is none."""
    for node in list(root.iter(f"{_W}sdt")):
        properties = node.find(f"{_W}sdtPr")
        content = node.find(f"{_W}sdtContent")
        placeholder = properties is not None and properties.find(f"{_W}showingPlcHdr") is not None
        _replace(node, list(content) if content is not None and not placeholder else [])


def _replace(node: Any, others: list[Any]) -> None:
    parent = node.getparent()
    if parent is None:
        return
    at = parent.index(node)
    parent.remove(node)
    for offset, other in enumerate(others):
        parent.insert(at + offset, other)


def _text(text: str) -> Any:
    from lxml import etree

    node = etree.Element(f"{_W}t")
    node.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    node.text = text
    return node


def _words(node: Any) -> str:
    return " ".join("".join(part.text or "" for part in node.iter(f"{_W}t")).split())


def _xml(data: bytes) -> Any:
    from lxml import etree

    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True))


def _repacked(archive: zipfile.ZipFile, root: Any) -> bytes:
    from lxml import etree

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for info in archive.infolist():
            if info.filename == _DOCUMENT:
                written.writestr(_DOCUMENT, etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
            elif not info.filename.startswith("word/media/"):
                written.writestr(info.filename, archive.read(info))
            else:
                written.writestr(info.filename, b"")
    return buffer.getvalue()
