"""`portcullis eval leaks` can fail: leaks that are planted are reported, and so is what is withheld."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from acl import store
from evals.canaries import plant, probes
from evals.grants import Grants, readers, wrapped
from evals.leaks_http import Verdict, judge
from retrieval import search
from retrieval.recheck import Recheck
from tests.service.client import Service
from tests.service.corpus import Corpus

GRANTS = Grants(
    people={"ana": True, "ben": True, "cyd": False},
    groups={"leads": frozenset({"user:ana"}), "all": frozenset({"group:leads", "user:ben", "user:cyd", "group:all"})},
    allow={"d/leads": frozenset({"group:leads"}), "d/all": frozenset({"group:all"}), "d/most": frozenset({"everyone"})},
    deny={"d/leads": frozenset(), "d/all": frozenset(), "d/most": frozenset({"user:ben"})},
)


@pytest.fixture
def words(tmp_path, corpus: Corpus) -> dict[str, str]:
    """The canaries of `GRANTS`, served; `d/leads` with a label in the index that everybody may read."""
    words = plant(GRANTS, tmp_path / "canaries")
    corpus.people("ana", "ben", disabled=["cyd"], groups={g: sorted(held) for g, held in GRANTS.groups.items()})
    open_to_all = corpus.label("everyone")
    for document, word in words.items():
        lists = {"allow": GRANTS.allow[document], "deny": GRANTS.deny[document]}
        wrong = {"index_label": open_to_all} if document == "d/leads" else {}
        corpus.publish(document, f"The thing called {word} is kept here.", **lists, **wrong)
    return words


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(service.app, headers={"Authorization": f"Bearer {service.key}"}) as made:
        yield made


def ask(client: TestClient, words: dict[str, str]) -> Verdict:
    return judge(client, probes(words, 2), GRANTS)


def test_the_oracle_follows_names_by_brute_force() -> None:
    assert readers(GRANTS) == {"d/leads": {"ana"}, "d/all": {"ana", "ben"}, "d/most": {"ana"}}


def test_a_wrapped_corpus_still_lets_some_through_and_denies_some() -> None:
    large = Grants(
        people={f"p{n}": True for n in range(60)},
        groups={f"g{n}": frozenset({f"user:p{n}", f"user:p{n + 1}"}) for n in range(50)},
        allow={f"d{n}": frozenset({f"group:g{n}", f"user:p{n + 5}"}) for n in range(50)},
        deny={f"d{n}": frozenset() for n in range(50)},
    )
    hard = wrapped(large, 1)
    before, after = readers(large), readers(hard)
    assert sum(map(len, after.values())) > 50
    assert any(before[d] - after[d] for d in before)
    assert any(after[d] - before[d] for d in before)
    assert any(hard.deny.values())
    assert not all(hard.people.values())
    assert wrapped(large, 1) == hard


def test_a_clean_service_passes_and_every_pair_is_asked_for(client: TestClient, words: dict[str, str]) -> None:
    told = ask(client, words)
    assert (told.leaks, told.missing) == ((), ())
    assert told.passed
    assert (told.retrieves, told.pairs, told.readable, told.refused) == (6, 9, 4, 2)
    assert {"scope", "recheck", "scope + recheck", "all"} <= told.milliseconds.keys()


def test_without_the_recheck_a_wrong_label_in_the_index_is_a_leak(
    client: TestClient, words: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = search.recheck

    def blind(hits, stored, scope, sources=None, superseded=frozenset()) -> Recheck:
        class Everything:
            def __contains__(self, label: object) -> bool:
                return True

        class Open:
            tenant_id, labels = scope.tenant_id, Everything()

        return genuine(hits, stored, Open(), sources, superseded)

    monkeypatch.setattr(search, "recheck", blind)
    told = ask(client, words)
    assert "ben got d/leads" in told.leaks
    assert not told.passed


def test_an_ignored_deny_is_a_leak(client: TestClient, words: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    statement = store._scope_statement()
    allowed = statement.selects[0]
    monkeypatch.setattr(store, "_scope_statement", lambda: allowed)
    told = ask(client, words)
    assert "ben got d/most" in told.leaks
    assert not told.passed


def test_what_is_withheld_is_missing(client: TestClient, words: dict[str, str], corpus: Corpus) -> None:
    corpus.retire("d/all")
    told = ask(client, words)
    assert set(told.missing) == {"ana did not get d/all", "ben did not get d/all"}
    assert not told.passed


def test_a_disabled_person_who_is_answered_is_a_leak(client: TestClient, words: dict[str, str], corpus: Corpus) -> None:
    corpus.people("ana", "ben", "cyd", groups={g: sorted(held) for g, held in GRANTS.groups.items()})
    told = ask(client, words)
    assert "cyd is not active and was answered" in told.leaks
