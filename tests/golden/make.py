"""Write the golden inputs, and what we read of them.

    python -m tests.golden.make              says what would change, changes nothing; exit 1 when anything would
    python -m tests.golden.make --write      writes tests/golden/inputs and tests/golden/expected

Look at `git diff` after --write: the difference is what users will see.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.errors import Quarantine
from ingest.parse.engine import Options
from ingest.read import read
from tests.golden import office, papers, texts

FOLDER = Path(__file__).parent
INPUTS: dict[str, Callable[[], bytes]] = {
    "two-columns.pdf": papers.two_columns,
    "table.pdf": papers.ruled_table,
    "scan.pdf": papers.scanned_page,
    "notice.png": papers.notice,
    "report.docx": office.report,
    "stock.xlsx": office.stock,
    "slides.pptx": office.slides,
    "poems.epub": office.poem_book,
    "memo.odt": office.memo_odt,
    "notes.md": texts.NOTES.encode,
    "page.html": texts.PAGE.encode,
    "guide.rst": texts.GUIDE.encode,
    "season.org": texts.OUTLINE.encode,
    "memo.rtf": texts.MEMO.encode,
    "letter.eml": lambda: texts.LETTER.replace(b"\n", b"\r\n"),
    "record.json": texts.RECORDS.encode,
    "log.xml": texts.FEED.encode,
    "prices-utf16.csv": lambda: texts.PRICES.encode("utf-16"),
    "quay-cp1252.txt": lambda: texts.QUAY.encode("cp1252"),
    "log.txt": texts.RECORDING.encode,
    "bundle.zip": texts.archive_zip,
    "bundle.tar.gz": texts.archive_tar_gz,
}


def reading(name: str, data: bytes) -> dict[str, Any]:
    """What `read` makes of a file, as JSON: its elements without their confidence, its members by name and size."""
    try:
        document = read(name, data, Options())
    except Quarantine as bad:
        return {"quarantined": bad.reason}
    elements = [
        {
            "kind": element.kind,
            **({"level": element.level} if element.level else {}),
            **({"page": element.page} if element.page else {}),
            "text": element.text,
        }
        for element in document.elements
    ]
    members = [{"name": member.name, "bytes": len(member.data)} for member in document.members]
    said: dict[str, Any] = {"media_type": document.media_type, "title": document.title, "elements": elements}
    return said | ({"members": members} if members else {}) | ({"repairs": dict(document.repairs)} if document.repairs else {})


def as_text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def changes(folder: Path, write: bool) -> Iterator[str]:
    """What differs from the files in `folder`; with `write` it does not any more."""
    for name, make in INPUTS.items():
        data = make()
        for path, wanted in (
            (folder / "inputs" / name, data),
            (folder / "expected" / f"{name}.json", as_text(reading(name, data)).encode()),
        ):
            if path.is_file() and path.read_bytes() == wanted:
                continue
            yield path.relative_to(folder).as_posix()
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(wanted)


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    write = list(arguments) == ["--write"]
    if arguments and not write:
        print(__doc__)
        return 2
    changed = list(changes(folder, write))
    for path in changed:
        print(f"{'written' if write else 'differs'}  {path}")
    return 0 if write or not changed else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
