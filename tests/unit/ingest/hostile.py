"""A reader that a worker can be started with: what real hostile files do to a parser, on demand, by the first word of the file.

Real inputs that do this differ with every release of the libraries; what must happen then does not.
"""

from __future__ import annotations

import ctypes
import io
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from ingest.documents import Element, Member, PageQuality
from ingest.parse.engine import Options
from ingest.parse.progress import step_done
from ingest.read import ReadDocument, read

READER = "tests.unit.ingest.hostile:read_hostile"


def read_hostile(name: str, data: bytes, options: Options) -> ReadDocument:
    """A zip archive gives its members, a directive does what it says, everything else is read as always."""
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = tuple(Member(info.filename, archive.read(info)) for info in archive.infolist())
            text = archive.comment.decode()
        elements = (Element("paragraph", text),) if text else ()
        return ReadDocument("application/zip", None, elements, {}, (), members)
    word, _, rest = data.decode("utf-8", "replace").partition(" ")
    match word:
        case "HANG":
            time.sleep(3600)
        case "HANG-NATIVE":
            ctypes.PyDLL(None).sleep(3600)  # holds the interpreter's lock
        case "SLOW":
            for _ in range(int(rest)):
                time.sleep(0.25)
                step_done()
            return read(name, data, options)
        case "SCAN":  # its second page wants an engine, which is here when that file is
            here = Path(rest).exists()
            elements = (Element("paragraph", "Page 1 has text.", 0, 1), Element("paragraph", "Page 2 was read.", 0, 2))
            pages = (PageQuality(1, 1.0, "text_layer"), PageQuality(2, float(here), "ocr" if here else "nothing"))
            return ReadDocument("application/pdf", None, elements[: 1 + here], {}, pages)
        case "SEGV":
            ctypes.string_at(0)
        case "ABORT":
            os.abort()
        case "EXIT":
            os._exit(7)
        case "SWELL":
            kept = []
            while True:
                kept.append(b"x" * 10_000_000)
        case "CLAIM":
            bytes(1 << 45)
        case "RECURSE":
            return read_hostile(name, data, options)
        case "BABBLE":
            for descriptor in range(3, 1024):  # whatever number it has: who runs the tests may hold many
                if _is_socket(descriptor):
                    os.write(descriptor, b"\x00\x00\x00\x00\x00\x00\x00\x05hello")
        case "CALL":
            with socket.socket() as caller:
                caller.connect(("127.0.0.1", int(rest)))
        case "CHILD":
            subprocess.Popen(["sleep", "3600"])
            time.sleep(3600)
        case "SWELL-CHILD":
            subprocess.Popen([sys.executable, "-c", "import time; kept = b'x' * 500_000_000; time.sleep(3600)"])
            time.sleep(3600)
        case "DIE-ONCE":
            marker = Path(rest.strip())
            if not marker.exists():
                marker.write_text(str(os.getpid()))
                os.kill(os.getpid(), signal.SIGKILL)
        case "TELL":
            return ReadDocument("text/plain", None, (Element("paragraph", "\n".join(sorted(os.environ))),), {})
        case "PAGES":
            scores = [float(score) for score in rest.split()]
            elements = tuple(Element("paragraph", f"The text of page {n}.", 0, n) for n, _ in enumerate(scores, 1))
            pages = tuple(PageQuality(n, score, "ocr") for n, score in enumerate(scores, 1))
            return ReadDocument("image/tiff", None, elements, {"rejoined": 2}, pages)
        case "PASSWORD":
            if rest.strip() not in options.passwords:
                from ingest.errors import Quarantine

                raise Quarantine("encrypted", "it wants a password")
    return read(name, data, options)


def _is_socket(descriptor: int) -> bool:
    try:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith("socket:")
    except OSError:
        return False
