"""Passwords of test files, as the projects that publish them state them: by name, since that is where they are stated."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import PurePosixPath

KNOWN = (
    ("*_passtika*", "tika"),  # Apache Tika: the password is the end of the name
    ("*/pdfminer/*aes-256-r6*", "usersecret"),  # pdfminer.six, samples/encryption
    ("*/pdfminer/aes-*", "foo"),
    ("*/pdfminer/rc4-*", "foo"),
    ("*/pdfminer/encryption/*", "foo"),
    ("*/unstructured/pdf/password.pdf", "password"),
    ("*/pdf_password/*", "1234"),  # docling
)
"""Patterns over the path, the first that fits counts."""
_QPDF = re.compile(r"(?:^|,)U=([^,]*)")
_QPDF_OWNER = re.compile(r"(?:^|,)O=([^,]*)")


def password_of(path: str) -> str | None:
    """The password that opens the file at `path` (with slashes), None when none is stated.

    qpdf's samples carry theirs in the name: `enc-R3,V2,U=view,O=master.pdf` opens with `view`; without `U=` anybody may open it.
    """
    name = PurePosixPath(path)
    if name.name.startswith("enc-") and (user := _QPDF.search(name.stem)):
        return user.group(1)
    if name.name.startswith("enc-") and (owner := _QPDF_OWNER.search(name.stem)):
        return owner.group(1)
    return next((password for pattern, password in KNOWN if fnmatch(f"/{path}", pattern)), None)
