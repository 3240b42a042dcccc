"""The default model is the published one, works offline, and gives unit vectors in order whatever the batching."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.bert import Bert, describe_bert
from index.embedder import FileEmbedder, Forward
from index.errors import EmbedderFault, EmbedderMismatch, EmbedderMissing
from index.model_files import PACKAGED, PACKAGED_SHA256, ModelFiles, describe_model, find_model, pinned_sha256
from index.open import open_embedder
from index.openvino_engine import OpenvinoEngine
from index.settings import IndexSettings
from index.tokens import FastTokens
from index.torch_engine import TorchEngine
from tests.architecture.layout import ROOT

TEXTS = [
    "A whale is a mammal that lives in the sea.",
    "Ship.",
    "",
    "The board approved the travel policy on the third of May, and it applies to all employees. " * 8,
    "Paris is the capital of France.",
    " \n\t ",
    "naïve café 日本語 😀",
    "broken \ud800 surrogate",
    "Whales are mammals and live in oceans.",
    "word " * 1000,
]


def plain() -> Bert:
    bert = describe_bert(find_model(PACKAGED))
    assert isinstance(bert, Bert)
    return bert


@pytest.fixture(scope="module")
def embedder() -> FileEmbedder:
    return FileEmbedder(find_model(PACKAGED), OpenvinoEngine(plain()), weights_sha256=PACKAGED_SHA256)


def test_the_default_is_the_packaged_model() -> None:
    opened = open_embedder(IndexSettings())
    assert (opened.dimensions, opened.max_tokens) == (384, 254)
    assert pinned_sha256("sentence-transformers/all-MiniLM-L6-v2") == PACKAGED_SHA256


@pytest.mark.slow
def test_vectors_are_unit_float32_in_the_order_given(embedder: FileEmbedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert embedder.embed([text])[0] @ vector > 0.99
    assert vectors[0] @ vectors[8] > 0.8 > 0.3 > vectors[0] @ vectors[4]


@pytest.mark.slow
def test_no_texts_give_no_vectors(embedder: FileEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.slow
def test_the_fast_arithmetic_stays_near_the_exact_one(embedder: FileEmbedder) -> None:
    fast = FileEmbedder(find_model(PACKAGED), TorchEngine(bfloat16=True))
    exact = FileEmbedder(find_model(PACKAGED), TorchEngine(bfloat16=False))
    assert (fast.embed(TEXTS) * exact.embed(TEXTS)).sum(axis=1).min() > 0.99
    assert fast.fingerprint == exact.fingerprint == embedder.fingerprint


def real_texts() -> list[str]:
    """Our own pages in pieces of 10 to 250 words, so that batches hold several lengths."""
    words = " ".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("**/*.md"))).split()
    found: list[str] = []
    at = 0
    while at < len(words) and len(found) < 60:
        size = 10 + (len(found) * 37) % 240
        found.append(" ".join(words[at : at + size]))
        at += size
    return found


@pytest.mark.slow
def test_without_torch_the_answers_are_those_of_torch(embedder: FileEmbedder) -> None:
    texts = [*real_texts(), *TEXTS]
    exact = FileEmbedder(find_model(PACKAGED), TorchEngine(bfloat16=False))
    assert (embedder.embed(texts) * exact.embed(texts)).sum(axis=1).min() > 0.99
    assert embedder.embed_query(texts[0]) @ exact.embed_query(texts[0]) > 0.99
    assert embedder.fingerprint == exact.fingerprint


@pytest.mark.slow
def test_a_text_has_one_vector_whatever_goes_with_it(embedder: FileEmbedder) -> None:
    texts = real_texts()[:24]
    alone = np.stack([embedder.embed([text])[0] for text in texts])
    assert np.abs(embedder.embed(texts) - alone).max() < 1e-3
    assert np.abs(embedder.embed(texts[::-1])[::-1] - alone).max() < 1e-3
    assert np.abs(embedder.embed([texts[3]] * 9) - alone[3]).max() < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("streams", [1, 2, 5])
def test_batches_at_once_are_the_same_vectors(streams: int, embedder: FileEmbedder) -> None:
    texts = real_texts()[:40]
    several = FileEmbedder(find_model(PACKAGED), OpenvinoEngine(plain(), threads=streams, streams=streams, batch=3))
    assert np.abs(several.embed(texts) - embedder.embed(texts)).max() < 1e-3


class Failing:
    """An engine whose third batch fails."""

    batch, streams = 2, 2

    def load(self, files: ModelFiles, tokens: FastTokens) -> Forward:
        turns = itertools.count(1)

        def forward(texts: list[str]) -> np.ndarray:
            if next(turns) == 3:
                raise EmbedderFault("the third batch")
            return np.ones((len(texts), files.dimensions), np.float32)

        return forward


def test_a_batch_that_fails_fails_all_and_blocks_nobody() -> None:
    embedder = FileEmbedder(find_model(PACKAGED), Failing())
    with pytest.raises(EmbedderFault, match="the third batch"):
        embedder.embed(["text"] * 40)
    assert embedder.embed(["text"] * 40).shape == (40, embedder.dimensions)


@pytest.mark.slow
def test_threads_at_once_get_each_their_own_vectors(embedder: FileEmbedder) -> None:
    texts = real_texts()[:16]
    alone = embedder.embed(texts)
    found: dict[int, np.ndarray] = {}

    def ask(turn: int) -> None:
        found[turn] = embedder.embed(texts[turn:]) if turn % 2 else embedder.embed_query(texts[turn])[None]

    threads = [threading.Thread(target=ask, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    for turn, vectors in found.items():
        assert np.abs(vectors - alone[turn : turn + len(vectors)]).max() < 1e-3


@pytest.mark.slow
def test_max_tokens_is_exactly_what_the_model_reads(embedder: FileEmbedder) -> None:
    full = "cat " * embedder.max_tokens
    assert embedder.tokens.count(full) == embedder.max_tokens
    same, less = embedder.embed_query(full + "zebra"), embedder.embed_query("cat " * (embedder.max_tokens - 1) + "zebra")
    whole = embedder.embed_query(full)
    assert np.allclose(whole, same, atol=1e-3)
    assert whole @ less < 0.9995


@pytest.mark.slow
def test_an_instruction_stands_before_questions_and_changes_nothing_that_is_stored(embedder: FileEmbedder) -> None:
    told = open_embedder(IndexSettings(query_instruction="query: "))
    assert told.embed_query("whale") @ embedder.embed(["query: whale"])[0] > 0.9999
    assert told.embed_query("whale") @ embedder.embed_query("whale") < 0.999
    assert told.embed(["whale"])[0] @ embedder.embed(["whale"])[0] > 0.9999
    assert (told.fingerprint, told.max_tokens) == (embedder.fingerprint, embedder.max_tokens)


def test_many_threads_load_one_model_and_agree() -> None:
    fresh = FileEmbedder(find_model(PACKAGED), OpenvinoEngine(plain()))
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(fresh.embed_query("whale"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.allclose(vector, found[0], atol=1e-6) for vector in found)


@pytest.mark.slow
def test_counting_tokens_does_not_load_torch() -> None:
    code = """
import sys
from index.open import open_embedder
from index.settings import IndexSettings
embedder = open_embedder(IndexSettings())
assert embedder.tokens.count("hello world") == 2 and embedder.max_tokens == 254 and len(embedder.fingerprint) == 64
assert "torch" not in sys.modules and "transformers" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@settings(max_examples=50)
@given(st.text())
def test_tokens_cover_the_text_in_order(text: str) -> None:
    tokens = FileEmbedder(find_model(PACKAGED), OpenvinoEngine(plain())).tokens
    offsets = tokens.offsets(text)
    assert len(offsets) == tokens.count(text) == tokens.counts([text])[0]
    assert all(0 <= start <= end <= len(text) for start, end in offsets)
    assert offsets == sorted(offsets)


def test_offsets_count_code_points(embedder: FileEmbedder) -> None:
    text = "😀 Wörld 日本"
    assert [text[start:end] for start, end in embedder.tokens.offsets(text)] == ["😀", "Wörld", "日", "本"]


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(find_model(PACKAGED), folder)
    same = describe_model(folder, PACKAGED_SHA256)
    assert same.fingerprint == describe_model(find_model(PACKAGED)).fingerprint
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(EmbedderMismatch, match="pip install"):
        FileEmbedder(folder, TorchEngine(), weights_sha256=PACKAGED_SHA256).embed(["text"])
    assert describe_model(folder).fingerprint != same.fingerprint


def test_another_length_or_pooling_is_another_index(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(find_model(PACKAGED), folder)
    before = describe_model(folder).fingerprint
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 128}')
    shorter = describe_model(folder)
    assert shorter.max_tokens == 128
    assert shorter.fingerprint != before


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./nothing", "nobody/no-such-model", "plain", "a/b/c", ""])
def test_a_model_that_is_not_here_is_missing_without_a_connection(name: str) -> None:
    with pytest.raises(EmbedderMissing):
        find_model(name)
