"""E-books (EPUB): the chapters in the order of their spine, each read as HTML.

unstructured goes through pandoc, which takes five times as long.
"""

from __future__ import annotations

import posixpath
import zipfile
from typing import Any
from urllib.parse import unquote

from ingest.documents import Element
from ingest.errors import Quarantine
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.html import read_html
from ingest.parse.zipped import open_zip

_CONTAINER = "META-INF/container.xml"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_ALGORITHMS = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")


def parse_epub(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`: encrypted where rights management closed it, corrupt, bomb, too_large."""
    with open_zip(data, options) as archive:
        names = {name.casefold(): name for name in archive.namelist()}
        if _ENCRYPTION in archive.namelist() and _closes_text(archive.read(_ENCRYPTION)):
            raise Quarantine("encrypted", "rights management protects it; get a copy that may be read")
        package_path = _package_path(archive)
        package = _xml(archive.read(package_path))
        folder = posixpath.dirname(package_path)
        items = {item.get("id"): item for item in package.iter(f"{_OPF}item")}
        elements: list[Element] = []
        for reference in package.iter(f"{_OPF}itemref"):
            item = items.get(reference.get("idref"))
            if item is None or "html" not in (item.get("media-type") or "") or "nav" in (item.get("properties") or "").split():
                continue
            path = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
            if path.casefold() in names:
                elements += read_html(decode(archive.read(names[path.casefold()]))).elements
        stated = package.find(f".//{_DC}title")
    return Reading("".join(stated.itertext()) if stated is not None else None, elements)


def _package_path(archive: zipfile.ZipFile) -> str:
    if _CONTAINER in archive.namelist():
        for root in _xml(archive.read(_CONTAINER)).iter("{*}rootfile"):
            path = unquote(root.get("full-path") or "")
            if path in archive.namelist():
                return path
    for name in archive.namelist():
        if name.endswith(".opf"):
            return name
    raise Quarantine("corrupt", "it does not say where its text is; convert it again, with Calibre for example")


def _closes_text(encryption: bytes) -> bool:
    """Whether more than fonts is encrypted: fonts are only scrambled."""
    return encryption.count(b"EncryptionMethod") > sum(encryption.count(algorithm) for algorithm in _FONT_ALGORITHMS)


def _xml(data: bytes) -> Any:
    from lxml import etree

    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    if root is None:
        raise Quarantine("corrupt", "what describes it cannot be read; convert it again, with Calibre for example")
    return root
