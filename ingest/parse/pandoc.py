"""Org and, once prepared, RTF through pandoc's HTML, as unstructured does. Its sandbox reads no other file and no network."""

from __future__ import annotations

import subprocess
from functools import cache

from ingest.errors import Quarantine
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.html import read_html

SECONDS = 60
MEMORY_LIMIT = "-M1g"


def parse_org(data: bytes, options: Options) -> Reading:
    return read_html(converted(decode(data).encode("utf-8"), "org"))


def converted(data: bytes, kind: str) -> str:
    """HTML. Raises `Quarantine`: timeout, too_large, corrupt, engine_missing."""
    command = [_pandoc(), "+RTS", MEMORY_LIMIT, "-RTS", "--from", kind, "--to", "html", "--wrap", "none", "--sandbox", "--mathml"]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Quarantine("timeout", f"pandoc did not end in {SECONDS} s; save it as docx") from None
    if done.returncode == 251:
        raise Quarantine("too_large", "pandoc needs more memory for it than it may have; save it as docx")
    if done.returncode:
        raise Quarantine("corrupt", "pandoc cannot read it; open and save it again in its program")
    return done.stdout.decode("utf-8", "replace")


@cache
def _pandoc() -> str:
    import pypandoc

    try:
        return str(pypandoc.get_pandoc_path())
    except OSError:
        raise Quarantine("engine_missing", "pandoc is not here: pip install pypandoc-binary, or put pandoc on the PATH") from None
