"""The reranker orders what was found and confirmed, and nothing else; without it there is still an answer, which says so."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from index.model_files import PACKAGED, find_model
from privacy.stand_in import as_read
from retrieval.errors import RerankerLate, RerankerUnfit
from retrieval.rerank import best_first
from retrieval.reranker import CrossEncoderReranker, Reranker, open_reranker
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
TEXTS = [f"The boiler number {n} stands in the {place}." for n, place in enumerate(("cellar", "attic", "yard", "hall", "shed"))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of two layers with random numbers and the packaged model's tokenizer."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    made, packaged = tmp_path_factory.mktemp("cross-encoder"), find_model(PACKAGED)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=json.loads((packaged / "config.json").read_text())["vocab_size"],
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, num_labels=1,
        max_position_embeddings=128, initializer_range=0.5,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(made)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copyfile(packaged / name, made / name)
    return made


@pytest.fixture(scope="module")
def reranker(folder: Path) -> CrossEncoderReranker:
    opened = open_reranker(str(folder), device="cpu")
    opened.scores("ready?", ["ready"], within_seconds=120)
    return opened


@pytest.fixture(autouse=True)
def _documents(corpus: Corpus) -> None:
    for n, text in enumerate(TEXTS):
        corpus.publish(f"boiler/{n}", text, allow=["everyone"])
    corpus.publish("secret", "The boiler of the board is green.", allow=["group:leads"])


def with_reranker(services: Services, settings: RetrievalSettings, corpus: Corpus, reranker: Reranker | None) -> Service:
    return Service(replace(services, reranker=reranker), settings, corpus.key()[1])


def test_the_order_is_the_rerankers_over_more_than_is_asked_for(
    services: Services, settings: RetrievalSettings, corpus: Corpus, reranker: CrossEncoderReranker
) -> None:
    service = with_reranker(services, settings, corpus, reranker)
    scores = reranker.scores(as_read("boiler"), TEXTS, within_seconds=60)
    assert len(set(scores)) == len(TEXTS)
    order = [f"boiler/{n}" for n in sorted(range(len(TEXTS)), key=lambda n: -scores[n])]
    assert service.found("boiler", "ben", rerank=True) == order
    body = service.retrieve("boiler", "ben", rerank=True, top_k=2).json()
    assert [result["document_id"] for result in body["results"]] == order[:2]
    assert [result["ref"] for result in body["results"]] == [1, 2]
    assert body["context"]["text"].startswith(f"[1] Boiler/{order[0][-1]}")
    assert (body["complete"], body["warnings"]) == (True, [])
    assert "rerank" in body["usage"]["stages"]
    assert "rerank" not in service.retrieve("boiler", "ben").json()["usage"]["stages"]


def test_it_sees_redacted_text_of_what_the_asker_may_read_alone(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    seen: list[str] = []

    class Watching:
        def scores(self, question: str, texts: Sequence[str], within_seconds: float) -> list[float]:
            seen.extend((question, *texts))
            return [0.0] * len(texts)

    corpus.publish("mail", "Ask kim.lee@example.org about the boiler.", allow=["everyone"])
    service = with_reranker(services, settings, corpus, Watching())
    assert len(service.found("boiler of kim.lee@example.org", "ben", rerank=True)) == 6
    assert "green" not in str(seen)
    assert "kim" not in str(seen)


def test_a_reranker_that_fails_or_is_late_costs_its_order_and_no_more(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    class Failing:
        def __init__(self, fault: Exception | None) -> None:
            self.fault = fault

        def scores(self, question: str, texts: Sequence[str], within_seconds: float) -> list[float]:
            if self.fault is not None:
                raise self.fault
            return [float("nan")] * len(texts)

    plain = with_reranker(services, settings, corpus, None).retrieve("boiler", "ben", top_k=3).json()
    for fault in (RuntimeError("boiler"), RerankerLate(), None):
        body = with_reranker(services, settings, corpus, Failing(fault)).retrieve("boiler", "ben", top_k=3, rerank=True).json()
        assert [warning["code"] for warning in body["warnings"]] == ["reranker_down"]
        assert [r["document_id"] for r in body["results"]] == [r["document_id"] for r in plain["results"]]
        assert body["complete"] is True


def test_without_one_it_is_refused_by_name(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    body = problem(with_reranker(services, settings, corpus, None).retrieve("boiler", rerank=True), 422, "no_reranker")
    assert "RETRIEVAL_RERANKER" in body["detail"]


def test_long_passages_are_cut_and_its_time_is_kept(reranker: CrossEncoderReranker) -> None:
    long = ["boiler " * 3000] * 60
    assert len(reranker.scores("boiler", long[:9], within_seconds=60)) == 9
    began = time.monotonic()
    with pytest.raises(RerankerLate):
        reranker.scores("boiler", long, within_seconds=0.02)
    assert time.monotonic() - began < 20
    assert reranker.scores("boiler", [], within_seconds=1) == []


def test_what_is_no_cross_encoder_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in (PACKAGED, str(tmp_path), "./nowhere", "somebody/nothing-there"):
        with pytest.raises(RerankerUnfit, match="RETRIEVAL_RERANKER"):
            open_reranker(name)
    two = shutil.copytree(folder, tmp_path / "two")
    config = json.loads((two / "config.json").read_text()) | {"id2label": {"0": "no", "1": "yes"}}
    (two / "config.json").write_text(json.dumps(config))
    with pytest.raises(RerankerUnfit, match="one output"):
        open_reranker(str(two))


def test_equal_scores_keep_the_order_and_no_number_is_no_score() -> None:
    assert best_first([0.5, 0.9, 0.5, 0.9]) == [1, 3, 0, 2]
    with pytest.raises(ValueError, match="no number"):
        best_first([0.1, float("nan")])
