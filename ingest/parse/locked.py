"""Office files that a password closes, opened with one of those given. By msoffcrypto."""

from __future__ import annotations

import io

from ingest.container import DOC, LOCKED_OFFICE, PPT, XLS
from ingest.errors import Quarantine
from ingest.parse.engine import Options

DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105 - Excel's own, for workbooks that are only protected against change
_RIGHTS = "rights management protects it; save a copy without protection"
_REMEDY = "it is protected by a password; give it, or save the file without one"


def unlocked(data: bytes, media_type: str, options: Options) -> bytes:
    """`data` itself if nothing closes it. Raises `Quarantine` encrypted."""
    if media_type not in (LOCKED_OFFICE, DOC, PPT, XLS):
        return data
    import msoffcrypto
    from msoffcrypto.exceptions import FileFormatError

    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        closed = file.is_encrypted() or media_type == LOCKED_OFFICE
    except Exception:  # of another kind than it knows (Word 6, rights management), or broken: its engine will say
        if media_type == LOCKED_OFFICE:
            raise Quarantine("encrypted", _RIGHTS) from None
        return data
    if not closed:
        return data
    for password in (*options.passwords, DEFAULT_PASSWORD):
        opened = io.BytesIO()
        try:
            file.load_key(password=password)
            file.decrypt(opened)
        except FileFormatError:
            raise Quarantine("encrypted", _REMEDY) from None
        except Exception:  # noqa: S112 - a wrong password shows itself in many ways
            continue
        if opened.getvalue():
            return opened.getvalue()
    raise Quarantine("encrypted", _REMEDY)
