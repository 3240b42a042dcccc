"""What the conversations of `evals/conversations` are about, as files with a manifest: four of the sets of real data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.judged import read_rows

SETS = ("retrieval/xquad-en", "retrieval/medquad-small", "versions/peps", "versions/k8s-community")
MEDQUAD_PART = "5-"
"""The articles of one of MedQuAD's sources: each is cut into a row for each question there, and put together again here."""


def lay(data: Path, folder: Path) -> int:
    """Write every document and `manifest.jsonl` into `folder`; how many there are."""
    lines = []
    for number, (document, title, text, suffix) in enumerate(_documents(data)):
        path = f"{number:04}{suffix}"
        (folder / path).write_text(text, encoding="utf-8")
        lines.append({"path": path, "document": document, "title": title, "allow": ["everyone"]})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return len(lines)


def _documents(data: Path) -> Iterator[tuple[str, str, str, str]]:
    """Name, title, text and suffix of each."""
    for row in read_rows(data / SETS[0] / "corpus.jsonl"):
        yield row["_id"], row["title"], row["text"], ".txt"
    yield from _articles(read_rows(data / SETS[1] / "corpus.jsonl"))
    for name in SETS[2:]:
        yield from _latest(data / name)


def _articles(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    articles: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["_id"].startswith(MEDQUAD_PART):
            articles.setdefault(row["_id"].rpartition("-")[0], []).append(row)
    for name, parts in articles.items():
        yield name, parts[0]["title"], "\n\n".join(part["text"] for part in parts), ".txt"


def _latest(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    for row in read_rows(folder / "versions.jsonl"):
        if row["is_latest"]:
            file = folder / row["file"]
            text = file.read_bytes().decode("utf-8", "replace")
            yield row["doc_id"], row.get("title") or row["doc_id"], text, file.suffix
