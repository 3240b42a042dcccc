"""The words in drawings that no Office reader here gives: SmartArt, text boxes over a sheet, the titles of charts."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

_MAIN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_PARTS = ("diagrams/data", "charts/chart", "drawings/drawing")


def drawing_texts(archive: zipfile.ZipFile, folder: str, parts: tuple[str, ...] = _PARTS) -> Iterator[str]:
    """Paragraph by paragraph, of the parts under `folder` whose names begin so; each text once in a part."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    for name in archive.namelist():
        if not name.endswith(".xml") or not name.startswith(tuple(folder + part for part in parts)):
            continue
        root = etree.fromstring(archive.read(name), parser)
        if root is None:
            continue
        seen: dict[str, None] = {}
        for paragraph in root.iter(f"{_MAIN}p"):
            text = " ".join("".join(run.text or "" for run in paragraph.iter(f"{_MAIN}t")).split())
            if text:
                seen[text] = None
        yield from seen
