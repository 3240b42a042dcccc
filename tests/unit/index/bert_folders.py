"""Small BERT models with random numbers, on disk as sentence-transformers writes them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from index.bert import Bert
from index.model_files import PACKAGED, find_model


def small_model(folder: Path, *, pooling: str = "mean", prefix: str = "", kind: Any = np.float32) -> Path:
    """A model of two layers with the packaged model's tokenizer."""
    packaged = find_model(PACKAGED)
    (folder / "1_Pooling").mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "modules.json"):
        shutil.copyfile(packaged / name, folder / name)
    config = json.loads((packaged / "config.json").read_text()) | {
        "hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 96,
        "max_position_embeddings": 64,
    }  # fmt: skip
    write(folder / "config.json", config)
    write(folder / "sentence_bert_config.json", {"max_seq_length": 40, "do_lower_case": False})
    write(
        folder / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": 48,
            "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_mean_tokens": pooling == "mean",
        },
    )
    shape = Bert(folder, prefix, 48, 4, 2, 96, config["vocab_size"], 64, 2, 1e-12, pooling == "cls").shapes()
    dice = np.random.default_rng(7)
    weights = {
        prefix + name: (dice.normal(1.0 if name.endswith("Norm.weight") else 0.0, 0.08, size)).astype(kind)
        for name, size in shape.items()
    }
    save_file(weights, folder / "model.safetensors")
    return folder


def write(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value), encoding="utf-8")


def change(file: Path, **values: Any) -> None:
    write(file, json.loads(file.read_text(encoding="utf-8")) | values)
