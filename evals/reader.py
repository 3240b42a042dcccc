"""A process that reads one file after another, ours or the peer's way: `python -m evals.reader ours|peer`.

On standard input one JSON object a line: `{"path", "passwords"}`. On standard output one a line: `{"text", "seconds", "reason",
"detail"}`; `reason` is null for a file that was read. What libraries print goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Read = Callable[[Path, Sequence[str]], str]


def read_as_ours(path: Path, passwords: Sequence[str] = ()) -> str:
    """What a document of ours says after `parse` and `clean`, without the files inside it. Raises `Quarantine`."""
    from ingest.documents import SEPARATOR
    from ingest.parse.engine import Options
    from ingest.read import read

    document = read(path.name, path.read_bytes(), Options(passwords=tuple(passwords)))
    return SEPARATOR.join(element.text for element in document.elements)


def answer(read: Read, question: dict[str, Any]) -> dict[str, Any]:
    """The file's text, or the reason why not: ours by its code, an exception by its type."""
    from ingest.errors import Quarantine

    since = time.monotonic()
    text = ""
    reason: str | None = None
    detail: str | None = None
    try:
        text = read(Path(question["path"]), question.get("passwords", ()))
    except Quarantine as bad:
        reason, detail = bad.reason, bad.detail
    except Exception as error:
        reason, detail = type(error).__name__, str(error)[:200]
    return {"text": text, "seconds": time.monotonic() - since, "reason": reason, "detail": detail}


def main() -> int:
    from evals.peer import read_as_peer

    read: Read = {"ours": read_as_ours, "peer": read_as_peer}[sys.argv[1]]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for line in sys.stdin:
            out.write(json.dumps(answer(read, json.loads(line))) + "\n")
            out.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
