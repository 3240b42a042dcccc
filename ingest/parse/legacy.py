"""Word and PowerPoint files of before 2007: LibreOffice saves them as their successors, whose engines read them."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import Quarantine
from ingest.parse.docx import parse_docx
from ingest.parse.engine import Options, Reading
from ingest.parse.pptx import parse_pptx

SECONDS = 55
"""Less than a document may take in all, so that LibreOffice is ended by its own caller."""


def parse_doc(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`: engine_missing, timeout, corrupt, and what `parse_docx` raises."""
    return parse_docx(converted(data, "doc", "docx"), options)


def parse_ppt(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`: engine_missing, timeout, corrupt, and what `parse_pptx` raises."""
    return parse_pptx(converted(data, "ppt", "pptx"), options)


def converted(data: bytes, kind: str, successor: str) -> bytes:
    """`data` in the format that followed its own. A profile of its own, macros off, one conversion at a time on the machine."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise Quarantine(
            "engine_missing", f"reading .{kind} needs LibreOffice (soffice on the PATH); install it, or save as {successor}"
        )
    with tempfile.TemporaryDirectory(prefix="portcullis-office-") as folder, _turn():
        source = Path(folder, f"document.{kind}")
        source.write_bytes(data)
        command = [
            program, f"-env:UserInstallation={Path(folder, 'profile').as_uri()}", "--headless", "--norestore", "--nolockcheck",
            "--nodefault", "--nologo", "--convert-to", successor, "--outdir", folder, str(source),
        ]  # fmt: skip
        _run(command, folder)
        saved = source.with_suffix(f".{successor}")
        if not saved.is_file():
            raise Quarantine("corrupt", "LibreOffice cannot read it; open and save it again in its program")
        return saved.read_bytes()


def _run(command: list[str], folder: str) -> None:
    """LibreOffice starts children: all of its group end with it."""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        raise Quarantine("timeout", f"LibreOffice did not end in {SECONDS} s; save it in a newer format") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def _turn() -> Iterator[None]:
    """Wait until no other process of this user converts: LibreOffice takes a few hundred megabytes."""
    path = Path(tempfile.gettempdir(), f"portcullis-office-{os.getuid()}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
