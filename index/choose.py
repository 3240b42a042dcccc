"""Which engine computes a model's vectors: from its files, the machine and what the operator asks for. Imports no engine."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from catalog.cores import cores
from index.bert import describe_bert
from index.embedder import Engine
from index.errors import EmbedderUnfit
from index.openvino_engine import OpenvinoEngine
from index.torch_engine import TorchEngine

SMALL = 384
"""A model at most so wide reads a question in one thread almost as fast as in two, for half of the processor time."""


def choose_engine(
    folder: Path, engine: str, device: str, threads: int | None, *, gpu: bool | None = None, questions: bool = False
) -> Engine:
    """`engine` and `device` as in the settings. `gpu`: whether there is one; None looks. `questions`: it reads those alone.

    Raises `EmbedderUnfit` when openvino is asked for what it cannot do, `EmbedderMismatch` when the model's weights are damaged.
    """
    if engine == "torch" or (engine == "auto" and device == "cuda"):
        return TorchEngine(threads, device=device if device != "auto" or _gpu(gpu) else "cpu")
    if engine == "openvino" and device == "cuda":
        raise EmbedderUnfit("INDEX_ENGINE=openvino computes on the processor: set INDEX_ENGINE=torch, or INDEX_DEVICE=cpu.")
    if engine == "auto" and device == "auto" and _gpu(gpu):
        return TorchEngine(threads, device="auto")
    bert = describe_bert(folder)
    if find_spec("openvino") is None:
        bert = "openvino is not installed"
    if not isinstance(bert, str):
        if questions:
            return OpenvinoEngine(bert, threads or (1 if bert.width <= SMALL else None))
        threads = threads or cores()
        return OpenvinoEngine(bert, threads, streams=threads)
    if engine == "openvino":
        raise EmbedderUnfit(f"INDEX_ENGINE=openvino cannot compute the model in {folder}: {bert}. Set INDEX_ENGINE=auto.")
    return TorchEngine(threads)


def _gpu(known: bool | None) -> bool:
    """Whether a GPU of NVIDIA's is here and torch is built for it, told without importing torch."""
    if known is not None:
        return known
    if not any(re.fullmatch(r"nvidia\d+", path.name) for path in Path("/dev").glob("nvidia*")):
        return False
    spec = find_spec("torch")
    version = Path(spec.origin).with_name("version.py") if spec is not None and spec.origin else None
    built = version.read_text(encoding="utf-8") if version is not None and version.is_file() else ""
    return re.search(r"^cuda\b[^=\n]*=\s*['\"]", built, re.MULTILINE) is not None
