"""Which model folders hold a plain BERT encoder, told from their files alone: what it is, or why it is none.

Plain is: modules Transformer, Pooling by mean or by the first token, perhaps Normalize; the architecture of BertModel with the
exact GELU and absolute positions; one safetensors file with the tensors that go with it and none besides. Whatever is not plain
goes through sentence-transformers, so a doubt costs time and never an answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.model_files import WEIGHTS, pooling_of
from index.weights import Shapes, read_shapes

FLOATS = {"F32", "F16", "BF16"}
FIRST_TOKEN = (["cls"], ["cls_token"])  # the two formats of the file
UNUSED = ("pooler.", "embeddings.position_ids", "cls.")
"""Tensors that the encoder does not read, and that files of it carry."""


@dataclass(frozen=True, slots=True)
class Bert:
    """`prefix` stands before the name of each tensor; `first_token` pools by [CLS] instead of the mean."""

    weights: Path
    prefix: str
    width: int
    heads: int
    layers: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    first_token: bool

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The tensors that the encoder reads, by name without the prefix."""
        width, inner = self.width, self.inner
        found: dict[str, tuple[int, ...]] = {
            "embeddings.word_embeddings.weight": (self.vocabulary, width),
            "embeddings.position_embeddings.weight": (self.positions, width),
            "embeddings.token_type_embeddings.weight": (self.types, width),
        }
        norms, linears = ["embeddings.LayerNorm"], []
        for layer in range(self.layers):
            place = f"encoder.layer.{layer}."
            norms += [f"{place}attention.output.LayerNorm", f"{place}output.LayerNorm"]
            linears += [(f"{place}attention.self.{name}", width, width) for name in ("query", "key", "value")]
            linears += [
                (f"{place}attention.output.dense", width, width),
                (f"{place}intermediate.dense", inner, width),
                (f"{place}output.dense", width, inner),
            ]
        for name in norms:
            found |= {f"{name}.weight": (width,), f"{name}.bias": (width,)}
        for name, out, into in linears:
            found |= {f"{name}.weight": (out, into), f"{name}.bias": (out,)}
        return found


def describe_bert(folder: Path) -> Bert | str:
    """The encoder in `folder`, or in a few words why it is not plain. Raises `EmbedderMismatch` when its weights are damaged."""
    modules = _json(folder / "modules.json") or []
    kinds = [str(module.get("type", "")) for module in modules]
    names = [kind.rpartition(".")[2] for kind in kinds]
    if names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return f"its modules are {', '.join(names) or 'not stated'}"
    if not all(kind.startswith("sentence_transformers.") for kind in kinds):
        return "it brings code of its own"
    body = folder / modules[0].get("path", "")
    config = _json(body / "config.json")
    for why in (_architecture(config), _reading(body, folder), _pooling(folder / modules[1]["path"])):
        if why:
            return why
    files = [path for pattern in WEIGHTS for path in folder.rglob(pattern)]
    if files != [body / "model.safetensors"]:
        return "its weights are not in one model.safetensors"
    shapes = read_shapes(files[0])
    bert = Bert(
        weights=files[0],
        prefix="bert." if "bert.embeddings.word_embeddings.weight" in shapes else "",
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        layers=config["num_hidden_layers"],
        inner=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
        types=config["type_vocab_size"],
        epsilon=float(config["layer_norm_eps"]),
        first_token=pooling_of(_json(folder / modules[1]["path"] / "config.json"))[1] in FIRST_TOKEN,
    )
    if bert.width % bert.heads:
        return "its sizes do not fit together"
    return _tensors(bert, shapes) or bert


def _architecture(config: Mapping[str, Any]) -> str:
    """Why this config.json is not that of a plain encoder."""
    whole = ("hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "vocab_size", "type_vocab_size")
    numbers = (*whole, "max_position_embeddings")
    if config.get("model_type") != "bert" or not all(isinstance(config.get(name), int) and config[name] > 0 for name in numbers):
        return "its config.json is not that of a BERT encoder"
    if not isinstance(config.get("layer_norm_eps"), float):
        return "its config.json does not state layer_norm_eps"
    odd = [
        name
        for name in ("is_decoder", "add_cross_attention", "auto_map", "quantization_config", "pruned_heads")
        if config.get(name)
    ]
    if odd:
        return f"its config.json asks for {odd[0]}"
    if config.get("hidden_act") != "gelu" or config.get("position_embedding_type", "absolute") != "absolute":
        return "its activation or its positions are of another kind"
    return ""


def _reading(body: Path, folder: Path) -> str:
    """Why `tokenizer.json` alone may not read texts as transformers would."""
    if body != folder:
        return "its transformer has a folder of its own"
    sentence, stated = _json(body / "sentence_bert_config.json"), _json(body / "tokenizer_config.json")
    if sentence.get("do_lower_case") or stated.get("truncation_side", "right") != "right":
        return "its texts are cut or lowered in another way"
    tokenizer = _json(body / "tokenizer.json")
    normalizer = tokenizer.get("normalizer") or {}
    if normalizer.get("type") != "BertNormalizer" or (tokenizer.get("model") or {}).get("type") != "WordPiece":
        return "its tokenizer is not BERT's"
    pairs = (
        ("do_lower_case", "lowercase"),
        ("strip_accents", "strip_accents"),
        ("tokenize_chinese_chars", "handle_chinese_chars"),
    )
    for ours, theirs in pairs:
        if ours in stated and stated[ours] != normalizer.get(theirs):
            return "tokenizer_config.json and tokenizer.json differ"
    return ""


def _pooling(folder: Path) -> str:
    config = _json(folder / "config.json")
    if config.get("include_prompt", True) is not True:
        return "its pooling leaves prompts out"
    try:
        modes = pooling_of(config)[1]
    except KeyError:
        return "its pooling is not stated"
    return "" if modes == ["mean"] or modes in FIRST_TOKEN else f"it pools by {' and '.join(modes) or 'nothing'}"


def _tensors(bert: Bert, shapes: Shapes) -> str:
    """Why these tensors are not the encoder's."""
    wanted = {bert.prefix + name: shape for name, shape in bert.shapes().items()}
    for name, shape in wanted.items():
        kind, there = shapes.get(name, ("", ()))
        if kind not in FLOATS or there != shape:
            return f"its weights lack {name} of the shape that its config.json states"
    spare = [name for name in shapes if name not in wanted and not name.removeprefix(bert.prefix).startswith(UNUSED)]
    return f"its weights hold {spare[0]} besides" if spare else ""


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
