"""Files, machine and operator choose the engine; whatever is not a plain BERT encoder goes through torch."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from catalog.cores import cores
from index.bert import Bert, describe_bert
from index.choose import choose_engine
from index.embedder import FileEmbedder
from index.errors import EmbedderFault, EmbedderMismatch, EmbedderUnfit
from index.model_files import PACKAGED, find_model
from index.open import open_embedder
from index.openvino_engine import OpenvinoEngine
from index.settings import IndexSettings
from index.torch_engine import TorchEngine
from index.weights import map_weights, read_shapes
from tests.unit.index.bert_folders import change, small_model, write


def test_the_packaged_model_needs_no_torch() -> None:
    opened = open_embedder(IndexSettings(device="cpu"))
    assert isinstance(opened, FileEmbedder)
    assert isinstance(opened.engine, OpenvinoEngine)
    bert = describe_bert(find_model(PACKAGED))
    assert isinstance(bert, Bert)
    assert (bert.width, bert.heads, bert.layers, bert.inner, bert.first_token) == (384, 12, 6, 1536, False)


@pytest.mark.parametrize(
    ("engine", "device", "gpu", "expected"),
    [
        ("auto", "auto", False, OpenvinoEngine),
        ("auto", "cpu", True, OpenvinoEngine),
        ("auto", "auto", True, TorchEngine(device="auto")),
        ("auto", "cuda", False, TorchEngine(device="cuda")),
        ("openvino", "auto", True, OpenvinoEngine),
        ("torch", "auto", False, TorchEngine(device="cpu")),
        ("torch", "auto", True, TorchEngine(device="auto")),
        ("torch", "cpu", True, TorchEngine(device="cpu")),
    ],
)
def test_the_operator_and_the_machine_choose(engine: str, device: str, gpu: bool, expected: object) -> None:
    chosen = choose_engine(find_model(PACKAGED), engine, device, None, gpu=gpu)
    assert isinstance(chosen, OpenvinoEngine) if expected is OpenvinoEngine else chosen == expected


def test_documents_go_through_every_core_and_questions_through_one() -> None:
    documents, questions = (choose_engine(find_model(PACKAGED), "auto", "cpu", None, questions=alone) for alone in (False, True))
    assert documents.streams == cores()
    assert questions.streams == 1
    for alone, streams in ((False, 3), (True, 1)):
        chosen = choose_engine(find_model(PACKAGED), "auto", "cpu", 3, questions=alone)
        assert isinstance(chosen, OpenvinoEngine)
        assert (chosen.threads, chosen.streams) == (3, streams)


def test_openvino_on_a_gpu_is_refused() -> None:
    with pytest.raises(EmbedderUnfit, match="INDEX_DEVICE=cpu"):
        choose_engine(find_model(PACKAGED), "openvino", "cuda", None)


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_told() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(EmbedderUnfit, match="INDEX_DEVICE=cpu"):
        open_embedder(IndexSettings(device="cuda")).embed(["text"])


CHANGES: dict[str, Callable[[Path], None]] = {
    "another activation": lambda f: change(f / "config.json", hidden_act="gelu_new"),
    "another architecture": lambda f: change(f / "config.json", model_type="roberta"),
    "relative positions": lambda f: change(f / "config.json", position_embedding_type="relative_key"),
    "a decoder": lambda f: change(f / "config.json", is_decoder=True),
    "code of its own": lambda f: change(f / "config.json", auto_map={"AutoModel": "own.Model"}),
    "a quantised one": lambda f: change(f / "config.json", quantization_config={"bits": 4}),
    "fewer layers than tensors": lambda f: change(f / "config.json", num_hidden_layers=1),
    "more layers than tensors": lambda f: change(f / "config.json", num_hidden_layers=3),
    "another width": lambda f: change(f / "config.json", hidden_size=96),
    "no layer norm stated": lambda f: change(f / "config.json", layer_norm_eps=None),
    "pooling by nothing": lambda f: change(f / "1_Pooling/config.json", pooling_mode_mean_tokens=0),
    "two poolings": lambda f: change(f / "1_Pooling/config.json", pooling_mode_cls_token=True),
    "prompts left out": lambda f: change(f / "1_Pooling/config.json", include_prompt=False),
    "texts lowered": lambda f: change(f / "sentence_bert_config.json", do_lower_case=True),
    "texts cut at the left": lambda f: change(f / "tokenizer_config.json", truncation_side="left"),
    "two tokenizers": lambda f: change(f / "tokenizer_config.json", do_lower_case=False),
    "two weights": lambda f: shutil.copyfile(f / "model.safetensors", f / "1_Pooling" / "model.safetensors") and None,
    "a module more": lambda f: _module(f, "sentence_transformers.models.Dense"),
    "a module of its own": lambda f: _module(f, "own.Normalize"),
    "a tensor more": lambda f: save_file(
        load_file(f / "model.safetensors") | {"encoder.adapter": np.zeros(3, np.float32)}, f / "model.safetensors"
    ),
    "numbers of another kind": lambda f: save_file(
        {name: value.astype(np.float64) for name, value in load_file(f / "model.safetensors").items()}, f / "model.safetensors"
    ),
}  # fmt: skip


def _module(folder: Path, kind: str) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    write(folder / "modules.json", [*modules[:2], {"idx": 2, "name": "2", "path": "2", "type": kind}])


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_not_plain_goes_through_torch(what: str, tmp_path: Path) -> None:
    folder = small_model(tmp_path / "model")
    assert isinstance(choose_engine(folder, "auto", "cpu", None), OpenvinoEngine)
    CHANGES[what](folder)
    assert isinstance(choose_engine(folder, "auto", "cpu", None), TorchEngine)
    with pytest.raises(EmbedderUnfit, match="INDEX_ENGINE=auto"):
        choose_engine(folder, "openvino", "cpu", None)


@pytest.mark.slow
@pytest.mark.parametrize(
    "made", [{}, {"pooling": "cls"}, {"prefix": "bert."}, {"kind": np.float16}], ids=["mean", "first", "prefix", "half"]
)
def test_a_small_model_answers_as_torch_does(made: dict[str, object], tmp_path: Path) -> None:
    folder = small_model(tmp_path / "model", **made)  # type: ignore[arg-type]
    ours = FileEmbedder(folder, choose_engine(folder, "openvino", "cpu", None))
    theirs = FileEmbedder(folder, TorchEngine(bfloat16=False))
    texts = ["", "Ship.", "A whale is a mammal that lives in the sea.", "word " * 500, "naïve 日本語 😀 \ud800"]
    vectors = ours.embed(texts)
    nearest = (vectors @ vectors.T)[~np.eye(len(texts), dtype=bool)].max()
    assert (vectors * theirs.embed(texts)).sum(axis=1).min() > max(0.99, nearest)  # or any answer would do
    assert ours.fingerprint == theirs.fingerprint


def test_damaged_weights_are_told(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "model")
    file = folder / "model.safetensors"
    whole = file.read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    for broken in (
        b"",
        whole[:5],
        whole[:200],
        whole[:-1],
        b"\xff" * 8 + whole[8:],
        whole[:8] + b"?" * length + whole[8 + length :],
    ):
        file.write_bytes(broken)
        with pytest.raises(EmbedderMismatch, match="Install the model again"):
            choose_engine(folder, "auto", "cpu", None)


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader_of_weights(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.safetensors"
        file.write_bytes(data)
        try:
            read_shapes(file)
        except EmbedderMismatch:
            return
        map_weights(file)


def test_weights_are_read_as_safetensors_reads_them(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "model")
    ours, theirs = map_weights(folder / "model.safetensors"), load_file(folder / "model.safetensors")
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)


def test_bfloat16_is_widened(tmp_path: Path) -> None:
    numbers = np.array([1.0, -2.5, 0.15625, 3e20], np.float32)
    body = (numbers.view(np.uint32) >> 16).astype("<u2").tobytes()
    header = json.dumps({"x": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}}).encode()
    (tmp_path / "w").write_bytes(struct.pack("<Q", len(header)) + header + body)
    assert np.allclose(map_weights(tmp_path / "w")["x"], numbers, rtol=2**-7)


@pytest.mark.slow
def test_numbers_that_are_none_are_told(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    weights["encoder.layer.1.output.LayerNorm.bias"][:] = np.nan
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(EmbedderFault, match="not finite"):
        FileEmbedder(folder, choose_engine(folder, "openvino", "cpu", None)).embed(["text"])


@pytest.mark.slow
def test_a_tokenizer_of_another_model_is_told(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "model")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["a-word-too-many"] = 30522
    write(folder / "tokenizer.json", tokenizer)
    with pytest.raises(EmbedderMismatch, match="30523"):
        FileEmbedder(folder, choose_engine(folder, "openvino", "cpu", None)).embed(["text"])


@pytest.mark.slow
def test_nothing_is_sent_and_home_stays_empty(tmp_path: Path) -> None:
    """openvino's converter reports each import to a statistics service and keeps its number in the home folder: not from here."""
    code = """
import sys
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "subprocess.Popen", "os.posix_spawn", "os.fork"):
        raise RuntimeError(f"{event}: {arguments}")
sys.addaudithook(watch)
from index.open import open_embedder
from index.settings import IndexSettings
assert open_embedder(IndexSettings(device="cpu")).embed(["a text"]).shape == (1, 384)
loaded = {name.partition(".")[0] for name, module in sys.modules.items() if module is not None}
assert "openvino" in loaded
heavy = loaded & {"torch", "transformers", "sentence_transformers", "openvino_telemetry", "huggingface_hub"}
assert not heavy, heavy
"""
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
