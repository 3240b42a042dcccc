"""`portcullis request-log`, `replay` and `feedback`: through the command line, over a home of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from catalog.ids import DEFAULT_TENANT, DocumentId
from catalog.judgements import judge
from catalog.open import open_catalog
from catalog.requests import find_request
from catalog.session import transaction
from catalog.settings import CatalogSettings
from catalog.tenants import find_tenant
from cli.main import app
from cli.replay import described
from index.memory import MemoryIndex
from privacy.open import open_question_key, open_redactor
from privacy.settings import PrivacySettings
from retrieval.services import Services
from tests.service.replayed import Kept
from tests.service.words import WordEmbedder


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_HOME", str(tmp_path))


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words])
    return done.exit_code, done.stdout


def told(*words: str) -> Any:
    code, said = run(*words, "--json")
    assert code == 0, said
    return json.loads(said)


@pytest.fixture
def kept() -> Kept:
    """A tenant in the home's own catalog, with its own key; an index in memory."""
    settings = PrivacySettings()
    catalog, key = open_catalog(CatalogSettings()), open_question_key(settings)
    redactor = open_redactor(settings.model_copy(update={"names": "off"}))
    made = Kept(Services(catalog, MemoryIndex(), WordEmbedder(), redactor, question_key=key))
    made.put("a", "The boiler stands in the quetzal hall.")
    made.put("b", "The boiler hall is closed.")
    return made


def test_it_is_off_until_it_is_switched_on_and_off_again() -> None:
    assert told("request-log", "on")["days"] == 30
    assert told("request-log", "on", "--days", "7") == {"days": 7, "dropped": 0}
    assert told("request-log", "show") == {"days": 7, "requests": 0, "judged": 0, "oldest": None}
    assert "7 days: 0 now" in run("request-log", "show")[1]
    assert told("request-log", "off") == {"days": None, "dropped": 0}
    assert "not kept" in run("request-log", "show")[1]
    assert run("request-log", "on", "--days", "0")[0] == 2
    assert run("request-log", "on", "--tenant", "nobody")[0] == 1
    entries = [json.loads(line) for line in run("audit", "export")[1].splitlines() if line.startswith("{")]
    assert [entry["action"] for entry in entries] == ["request_log.on", "request_log.on", "request_log.off"]


def test_what_is_judged_is_listed_and_exported(kept: Kept, tmp_path: Path) -> None:
    assert run("feedback", "list") == (0, "Nothing is judged.\n")
    answer = kept.ask()
    with transaction(kept.services.catalog) as session:
        request = find_request(session, find_tenant(session, DEFAULT_TENANT), answer.request_id, answer.permissions_as_of)
        assert request is not None
        grades = {one.document_id: DocumentId(one.place) for one in request.results}
        judge(session, kept.tenant_id, answer.request_id, grades, answer.permissions_as_of)
    (listed,) = told("feedback", "list")["requests"]
    assert (listed["request_id"], listed["person"]) == (str(answer.request_id), "user:ana")
    assert listed["grades"] == {result.document_id: result.ref for result in answer.results}
    assert "1 of 2, 1 of 1" in run("feedback", "list")[1]
    assert told("feedback", "export", "--out", str(tmp_path / "out"))["judgements"] == 2
    assert (tmp_path / "out" / "qrels.tsv").read_text().splitlines()[0] == "query-id\tcorpus-id\tscore"
    (tmp_path / "file").touch()
    assert run("feedback", "export", "--out", str(tmp_path / "file"))[0] == 2
    assert told("request-log", "show")["judged"] == 1


def test_no_text_is_shown_unless_it_is_asked_for(kept: Kept) -> None:
    answer = kept.ask(query="quetzal boiler")
    done = kept.replay(answer)
    assert "quetzal" not in json.dumps(described(done, text=False), default=str)
    shown = described(done, text=True)
    assert shown["question"] == "quetzal boiler"
    assert "The boiler stands in the quetzal hall." in shown["texts"].values()
    assert [one["reason"] for one in shown["passages"]] == ["same", "same"]
    kept.erase("a")
    lost = [one["then"] for one in described(kept.replay(answer), text=True)["passages"] if one["reason"] == "erased"]
    assert lost == [{"place": 1}]


def test_a_request_that_is_not_there_is_one_error(kept: Kept) -> None:
    code, said = run("replay", str(uuid4()), "--json")
    assert (code, json.loads(said)["error"]["code"]) == (1, "unknown_request")
    assert run("replay", "no-id")[0] == 2
    assert run("replay", str(uuid4()), "--now", "--as-it-was")[0] == 2
