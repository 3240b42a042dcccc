"""Law 4, through the whole search: a person gets exactly what `may_read` permits, less what a stale index hides."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acl.access import AccessList, may_read
from catalog.ids import PrincipalId
from catalog.session import open_engine
from index.memory import MemoryIndex
from privacy.open import open_redactor
from privacy.redactor import Redactor
from privacy.settings import PrivacySettings
from retrieval.answer import ask
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from tests.service.corpus import Corpus
from tests.service.words import WordEmbedder

NAMES = ("user:ana", "user:ben", "group:leads", "everyone")
HELD = {"ana": ("user:ana", "group:leads", "everyone"), "ben": ("user:ben", "everyone")}
NUMBER = {name: PrincipalId(n) for n, name in enumerate(NAMES)}

lists = st.tuples(st.frozensets(st.sampled_from(NAMES), max_size=2), st.frozensets(st.sampled_from(NAMES), max_size=1))


@dataclass(frozen=True)
class Planned:
    """A document: its list when it was indexed, what its points carry, its list now, and whether it is retired now."""

    first: tuple[frozenset[str], frozenset[str]]
    believed: frozenset[str] | None
    now: tuple[frozenset[str], frozenset[str]] | None
    retired: bool
    chunks: int


documents = st.builds(
    Planned, lists, st.none() | st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=2), st.none() | lists,
    st.booleans(), st.integers(1, 12),
)  # fmt: skip


@pytest.fixture(scope="module")
def redactor(tmp_path_factory: pytest.TempPathFactory) -> Redactor:
    return open_redactor(PrivacySettings(key_file=tmp_path_factory.mktemp("privacy") / "key"))


def readable(person: str, access: tuple[frozenset[str], frozenset[str]]) -> bool:
    allow, deny = (frozenset(NUMBER[name] for name in names) for names in access)
    return may_read([NUMBER[name] for name in HELD[person]], AccessList(allow, deny))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(planned=st.lists(documents, min_size=1, max_size=6), top_k=st.integers(1, 60))
def test_the_answer_is_what_catalog_and_index_both_permit(
    sqlite_template: Path, redactor: Redactor, planned: list[Planned], top_k: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "catalog.db"
        shutil.copy(sqlite_template, file)
        engine = open_engine(f"sqlite:///{file}")
        try:
            corpus = Corpus(Services(engine, MemoryIndex(), WordEmbedder(), redactor))
            corpus.people("ana", "ben", groups={"leads": ["user:ana"]})
            for n, plan in enumerate(planned):
                label = None if plan.believed is None else corpus.label(*plan.believed)
                allow, deny = plan.first
                texts = [f"boiler {n} {m} " * (m + 1) for m in range(plan.chunks)]
                corpus.publish(f"d{n}", *texts, allow=allow, deny=deny, index_label=label)
                if plan.now is not None:
                    corpus.relabel(f"d{n}", allow=plan.now[0], deny=plan.now[1])
                if plan.retired:
                    corpus.retire(f"d{n}")
            for person in HELD:
                expected = sum(
                    plan.chunks
                    for plan in planned
                    if not plan.retired
                    and readable(person, plan.now or plan.first)
                    and readable(person, plan.first if plan.believed is None else (plan.believed, frozenset()))
                )
                request = RetrieveRequest(query="boiler", top_k=top_k, include=["text"])
                body = ask(corpus.services, RetrievalSettings(), "default", person, request)
                for result in body.results:
                    plan = planned[int(result.document_id[1:])]
                    assert not plan.retired
                    assert readable(person, plan.now or plan.first)
                assert len(body.results) == min(top_k, expected)
                assert body.complete
        finally:
            engine.dispose()
