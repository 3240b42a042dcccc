"""Whatever is asked and whatever changes, in whatever order: nobody is told what he may not read, and nothing that is over.

A short part of `python -m evals.sequences`, and faults that it must find: sequences that find nothing prove nothing.
PORTCULLIS_SEQUENCES_FAULTS=all plants all of them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import catalog.text
from acl.scopes import Scopes
from catalog import documents, erase, requests, turns
from evals.sequences.run import attempt
from evals.sequences.spread import IN_MEMORY
from evals.sequences.tally import Tally
from retrieval import cache_key, confirm, conversation, document, feedback, logged, recall, recheck, replay, search, session
from tests.faults import Fault, planted

SEQUENCES, STEPS, SEED = 12, 12, 1
ENOUGH = 300
"""Within so many sequences a planted fault must be found."""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder, in memory where that can be."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as name:
        yield Path(name)


def test_nothing_leaks_and_nothing_is_stale(home: Path) -> None:
    told = attempt(home, range(SEQUENCES), STEPS, SEED, in_memory=True)
    assert told.findings == []
    assert told.sequences == SEQUENCES
    assert {"retrieve", "search", "fetch", "replay", "feedback"} <= told.asked.keys()
    assert {"membership", "list", "version", "erasure"} <= told.changes.keys()
    assert min(told.results, told.refused, told.rewritten, told.interrupted, told.compared) > 0


FAULTS: dict[str, tuple[Fault, ...]] = {
    "the label is not rechecked": (
        Fault(
            recheck.may_pass,
            "chunk.label in scope.labels\n        and chunk.version_access in scope.labels",
            "chunk.label > 0",
        ),
    ),
    "a scope outlives its epoch": (Fault(Scopes.find, "kept is not None and kept.policy_epoch == epoch", "kept is not None"),),
    "what changes in the midst of a question is not seen": (Fault(confirm.confirm_in, "policy != scope.policy_epoch", "False"),),
    "a session quotes what may not be read any more": (
        Fault(conversation._readable, "        if may_pass(chunk, scope, None, gone)\n", ""),
    ),
    "a session is whoever's knows its id": (
        Fault(session.session_key, "{tenant_id}\\0{person_id}\\0", "{tenant_id}\\0"),
        Fault(turns._of, "table.person_id == key.person_id, ", ""),
    ),
    "a document is opened by whoever knows its name": (
        Fault(
            document.read_document,
            "row is not None and row.label in scope.labels\n"
            "        chunks = document_chunks(session, row.key if row is not None and readable else nowhere, When(at))\n"
            "    if not chunks or chunks[0].version_access not in scope.labels:",
            "row is not None\n"
            "        chunks = document_chunks(session, row.key if row is not None and readable else nowhere, When(at))\n"
            "    if not chunks:",
        ),
    ),
    "a version that is over is served": (
        Fault(catalog.text._statement, "Version.id == Document.current_version_id", "Version.held_from.is_not(None)"),
    ),
    "a retired document's past is served": (
        Fault(
            catalog.text._statement,
            "            Document.retired_at.is_(None),\n"
            "            Document.label.is_not(None),\n"
            "            Document.current_version_id.is_not(None),\n",
            "            Document.label.is_not(None),\n",
        ),
    ),
    "what another document replaces is served": (Fault(recheck.may_pass, "chunk.key.document_id not in superseded", "True"),),
    "answers are kept whoever may read what": (Fault(search._begin, "asker.scope.digest", '""'),),
    "answers are kept whatever is published": (
        Fault(search._begin, "start.corpus_epoch", "0"),
        Fault(recall.stands, "checked.corpus_epoch == look.place.corpus_epoch and ", ""),
    ),
    "answers are kept when the index catches up": (
        Fault(documents.note_indexed_label, "bump_corpus(session, tenant_id)", "pass"),
    ),
    "answers are kept whatever moment they are about": (
        Fault(cache_key.entry_name, "told(query)", 'told(query, frozenset({"when"}))'),
    ),
    "a replay says what its question took over": (Fault(replay._withheld, "return not all(", "return False and not all("),),
    "an erasure leaves questions that hold its words": (
        Fault(
            erase._conditions,
            "leant = documents_of(session, traces.tenant_id, traces.versions) | {*traces.documents}",
            "leant = ()",
        ),
        Fault(replay._withheld, "return not all(", "return False and not all("),
    ),
    "an answer is judged by whoever knows its id": (
        Fault(feedback._keep, "kept is None or kept.person_id != asker.person.id", "kept is None"),
    ),
    "what may not be read is judged by its name": (
        Fault(feedback._grades, "row is None or not _readable(session, row, labels)", "row is None"),
    ),
    "another tenant's requests are replayed": (
        Fault(
            requests.find_request,
            "(RequestRow.tenant_id == tenant_id, RequestRow.id == request_id)",
            "(RequestRow.id == request_id,)",
        ),
        Fault(logged.bound, "{tenant_id}\\0", ""),
    ),
}
FOUND_SOON = ("a scope outlives its epoch", "a session is whoever's knows its id")
"""Planted in every run of the tests."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FAULTS if os.environ.get("PORTCULLIS_SEQUENCES_FAULTS") == "all" else FOUND_SOON)
def test_a_planted_fault_is_found(home: Path, name: str) -> None:
    with ExitStack() as stack:
        for fault in FAULTS[name]:
            stack.enter_context(planted(fault))
        told: Tally = attempt(home, range(ENOUGH), STEPS, SEED, in_memory=True, at_most=1)
    print(f"{told.sequences} sequences: {told.findings[:3]}")
    assert told.findings
    assert not told.passed
