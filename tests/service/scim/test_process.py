"""`portcullis scim` as a process: it starts light, serves, and ends at a signal. Another process reads what it wrote at once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acl.listen import listen
from catalog.open import open_catalog
from catalog.settings import CatalogSettings
from tests.architecture.layout import ROOT
from tests.service.scim.client import new_key
from tests.service.scim.readers import Readers

ABOVE = {"index", "privacy", "ingest", "retrieval", "evals", "flows"}
HEAVY = {"fastapi", "torch", "qdrant_client", "prefect", "numpy", "spacy"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    environment = {**os.environ, "PORTCULLIS_HOME": str(home), "PYTHONPATH": str(ROOT)}
    log = tmp_path / "log"
    command = [sys.executable, "-m", "cli", "scim", "--port", "0"]
    with log.open("wb") as stream, subprocess.Popen(command, env=environment, cwd=ROOT, stderr=stream) as process:
        try:
            until = time.monotonic() + 60
            while not (found := re.search(r'"url": "([^"]+)"', log.read_text())):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until
                time.sleep(0.05)
            yield process, found[1]
        finally:
            process.kill()


@pytest.mark.slow
def test_it_serves_and_ends_and_others_see_what_it_did(home: Path, server: tuple[subprocess.Popen[bytes], str]) -> None:
    process, url = server
    catalog = open_catalog(CatalogSettings(url=f"sqlite:///{home / 'catalog.db'}"))
    readers = Readers(catalog)
    label = readers.label("group:leads")
    headers = {"Authorization": f"Bearer {new_key(catalog)}"}
    with httpx.Client(base_url=url, timeout=30) as client:
        assert client.get("/Users").status_code == 401
        assert client.get(url.replace("/scim/v2", "/readyz")).json() == {"status": "ready"}
        ana = client.post("/Users", json={"userName": "ana"}, headers=headers).json()["id"]
        made = client.post("/Groups", json={"displayName": "leads", "members": [{"value": ana}]}, headers=headers)
        assert made.json()["meta"]["location"].startswith("http://127.0.0.1:8001/scim/v2/Groups/"), (
            "the base URL is the setting's"
        )
        assert readers.may_read("ana", label)
        gone = {"Operations": [{"op": "Remove", "path": f'members[value eq "{ana}"]'}]}
        assert client.patch(f"/Groups/{made.json()['id']}", json=gone, headers=headers).status_code == 204
        assert not readers.may_read("ana", label)
    catalog.dispose()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_it_imports_nothing_of_index_ingestion_or_answering() -> None:
    program = "import sys, json, uvicorn, acl.scim.app; print(json.dumps(sorted({n.partition('.')[0] for n in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert not (ABOVE | HEAVY) & set(json.loads(done.stdout))


def test_a_taken_port_is_told_before_the_catalog_is_touched(home: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "cli", "scim", "--port", port]
        environment = {**os.environ, "PORTCULLIS_HOME": str(home), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 1
    assert "error[cannot_listen]" in done.stderr
    assert not (home / "catalog.db").exists()
