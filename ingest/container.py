"""What a zip archive or an OLE file holds, by the names in its directory: nothing is unpacked."""

from __future__ import annotations

import io
import zipfile

ZIP = "application/zip"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
EPUB = "application/epub+zip"
IWORK = "application/vnd.apple.iwork"

OLE = "application/x-ole-storage"
DOC = "application/msword"
PPT = "application/vnd.ms-powerpoint"
XLS = "application/vnd.ms-excel"
MSG = "application/vnd.ms-outlook"
LOCKED_OFFICE = "application/x-encrypted-office"
"""An OOXML package inside OLE streams, encrypted by a password or by rights management."""

_DECLARED = {ODT, ODS, ODP, EPUB} | {f"{kind}-template" for kind in (ODT, ODS, ODP)}
_IN_ZIP = (("word/", DOCX), ("ppt/", PPTX), ("xl/", XLSX))
_IN_OLE = (
    ("encryptedpackage", LOCKED_OFFICE),
    ("\x06dataspaces", LOCKED_OFFICE),
    ("worddocument", DOC),
    ("powerpoint document", PPT),
    ("pp97_dualstorage", PPT),
    ("workbook", XLS),
    ("book", XLS),
    ("__properties_version1.0", MSG),
)


def kind_of_zip(data: bytes) -> str:
    """The media type of what is zipped; `application/zip` for a plain archive and for one whose directory is broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            declared = _declared(archive) if "mimetype" in names else ""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return ZIP
    if declared:
        return declared
    if "[Content_Types].xml" in names:
        if "xl/workbook.bin" in names:
            return XLSB
        for folder, media_type in _IN_ZIP:
            if any(name.startswith(folder) for name in names):
                return media_type
    if "META-INF/container.xml" in names:
        return EPUB
    if (
        any(name.endswith(("Index/Document.iwa", "/Index.zip")) for name in names)
        or {"index.xml", "buildVersionHistory.plist"} <= set(names)
        or "index.apxl" in names
    ):
        return IWORK
    return ZIP


def _declared(archive: zipfile.ZipFile) -> str:
    """What OpenDocument and EPUB say of themselves in their first member."""
    with archive.open("mimetype") as member:
        stated = member.read(100).decode("ascii", "replace").strip()
    return stated.removesuffix("-template") if stated in _DECLARED else ""


def kind_of_ole(data: bytes) -> str:
    """The media type of what lies in the OLE file; `application/x-ole-storage` when no program known here wrote it."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            names = {entry[0].casefold() for entry in ole.listdir(streams=True, storages=True)}
    except Exception:  # a directory that loops or lies: whatever it raises, the file is none that a program can open
        return OLE
    for name, media_type in _IN_OLE:
        if name in names:
            return media_type
    return OLE
