"""`portcullis --help` is for people who wait: nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

HEAVY = (
    "torch",
    "prefect",
    "unstructured",
    "fastapi",
    "sqlalchemy",
    "transformers",
    "sentence_transformers",
    "llama_index",
    "presidio_analyzer",
    "spacy",
    "qdrant_client",
    "qdrant_edge",
    "numpy",
    "alembic",
    "uvicorn",
)


@pytest.mark.parametrize("words", [["--help"], ["ingest", "--help"], ["groups", "--help"], ["search", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys, json\n"
        "from cli.main import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, timeout=60)
    seconds = time.monotonic() - began
    imported = set(json.loads(done.stderr.splitlines()[-1]))
    assert not imported & set(HEAVY)
    assert "Usage:" in done.stdout
    assert seconds < 15, "a busy machine may be slow, but not this slow"
