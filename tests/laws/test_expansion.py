"""Laws 4 and 10 for what stands around a result: it is text of the same version, and the asker may read it at that moment."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from catalog.documents import get_document
from catalog.ids import DEFAULT_TENANT
from catalog.session import reading
from catalog.text import document_chunks
from index.memory import MemoryIndex
from privacy.redactor import Redactor
from retrieval.answer import ask
from retrieval.expand import Around
from retrieval.identity import Asker, asker_by_operator
from retrieval.query import Expand, Passage, Query
from retrieval.screening import Screening
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.surroundings import surroundings
from retrieval.wire import RetrieveRequest
from retrieval.wire_answer import RetrieveResponse
from tests.faults import Fault, planted
from tests.laws.house import READERS, House, fresh
from tests.service.corpus import Corpus
from tests.service.words import WordEmbedder

lists = st.frozensets(st.sampled_from(["user:ana", "user:ben", "everyone"]))
expands: st.SearchStrategy[Expand] = st.sampled_from(["neighbours", "section", "auto"])
versions = st.lists(st.tuples(lists, st.integers(1, 4)), min_size=1, max_size=3)


def text(document: int, version: int, sections: int) -> str:
    """Each section has words of its own, so that a text tells which version of which document it is from."""
    parts = [f"## Part {n}\n\nThe boiler of d{document} v{version} part {n}. " + "It hums along. " * 60 for n in range(sections)]
    return "# Boiler\n\n" + "\n\n".join(parts)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(planned=st.lists(versions, min_size=1, max_size=2), expand=expands, every=st.booleans(), compress=st.booleans())
def test_a_context_holds_only_what_its_reader_may_read(
    planned: list[list[tuple[frozenset[str], int]]], expand: Expand, every: bool, compress: bool,
    sqlite_template: Path, redactor: Redactor,
) -> None:  # fmt: skip
    with fresh(sqlite_template, redactor) as house:
        house.ingest([_line(d, v, made) for d, made in enumerate(planned) for v in range(len(made))])
        for person, held in READERS.items():
            body = _asked(house, person, expand=expand if not compress else "none", compress=compress, every=every)
            assert body.context is not None
            for d, made in enumerate(planned):
                now = made[-1][0]
                for v, (own, _) in enumerate(made):
                    # law 10: whoever reads an earlier version must be on its list and on today's
                    may = bool(held & own) and bool(held & now) and (every or v == len(made) - 1)
                    assert may or f"d{d} v{v}" not in body.context.text
            for cited in body.context.citations:
                assert cited.document_id in {result.document_id for result in body.results}


def _line(document: int, version: int, made: list[tuple[frozenset[str], int]]) -> dict[str, object]:
    allow, sections = made[version]
    return {
        "path": f"d{document}-{version}.md", "document": f"d{document}", "version": str(version),
        "modified_at": f"2024-05-0{version + 1}T00:00:00Z", "allow": sorted(allow), "text": text(document, version, sections),
    }  # fmt: skip


def _asked(house: House, person: str, *, expand: Expand, compress: bool, every: bool) -> RetrieveResponse:
    context = {"expand": expand, "compress": compress, "max_tokens": 4000}
    asked = {"query": "boiler part", "top_k": 2, "context": context, "dedup": "off", "versions": "all" if every else "current"}
    return ask(house.services, RetrievalSettings(), DEFAULT_TENANT, person, RetrieveRequest.model_validate(asked))


TEXTS = ("one", "two boilers", "three")


@pytest.fixture
def corpus(catalog: Engine, redactor: Redactor) -> Corpus:
    made = Corpus(Services(catalog, MemoryIndex(), WordEmbedder(), redactor))
    made.people("ana", "ben")
    made.publish("handbook", *TEXTS, allow=["user:ana"], headings=["House"])
    return made


def _around(corpus: Corpus, asker: Asker, found: list[Passage]) -> Around:
    return surroundings(corpus.services, asker, Query("boilers", 1), found, "section", Screening("flag"))


def _found(corpus: Corpus) -> tuple[Asker, list[Passage]]:
    """Ana, and the middle of the handbook as a result of hers."""
    asker = asker_by_operator(corpus.services.catalog, DEFAULT_TENANT, "ana", uuid4(), "retrieve")
    with reading(corpus.services.catalog) as session:
        chunk = document_chunks(session, get_document(session, corpus.tenant_id, "handbook").key)[1]
    return asker, [Passage(1, chunk, 1.0, ())]


def test_what_stands_around_is_there_while_it_may_be_read(corpus: Corpus) -> None:
    asker, found = _found(corpus)
    assert [c.text for c in _around(corpus, asker, found).chunks.values()] == list(TEXTS)


def test_a_right_that_is_taken_after_the_search_takes_what_stands_around(corpus: Corpus) -> None:
    asker, found = _found(corpus)
    corpus.relabel("handbook", allow=["user:ben"])
    assert _around(corpus, asker, found).chunks == {}


def test_so_does_a_person_who_leaves(corpus: Corpus) -> None:
    asker, found = _found(corpus)
    corpus.people("ben")
    assert _around(corpus, asker, found).chunks == {}


def test_so_does_a_document_that_is_retired_or_replaced(corpus: Corpus) -> None:
    asker, found = _found(corpus)
    corpus.publish("handbook", "quite another", allow=["user:ana"], version="2")
    assert _around(corpus, asker, found).chunks == {}
    asker, found = _found_again(corpus)
    corpus.retire("handbook")
    assert _around(corpus, asker, found).chunks == {}


def _found_again(corpus: Corpus) -> tuple[Asker, list[Passage]]:
    corpus.publish("handbook", *TEXTS, allow=["user:ana"], version="3")
    return _found(corpus)


def test_what_stands_around_obeys_the_sources_that_were_asked_for(corpus: Corpus) -> None:
    asker, found = _found(corpus)
    query = Query("boilers", 1, sources=("wiki",))
    assert surroundings(corpus.services, asker, query, found, "section", Screening()).chunks == {}


def test_faults_in_the_recheck_of_what_stands_around_are_found(corpus: Corpus) -> None:
    with planted(Fault(surroundings, "!= scope.policy_epoch", "== -1")), pytest.raises(AssertionError):
        test_so_does_a_person_who_leaves(corpus)
    corpus.people("ana", "ben")
    corpus.publish("handbook", *TEXTS, allow=["user:ana"], version="2")
    with planted(Fault(surroundings, "readable(chunk)", "True")), pytest.raises(AssertionError):
        test_a_right_that_is_taken_after_the_search_takes_what_stands_around(corpus)
