"""The arithmetic of a BERT encoder as an OpenVINO graph, built from its weights.

After Devlin et al. 2018 and transformers' BertModel: embeddings, layers of attention and feed-forward, each followed by a layer
norm, then the mean over the tokens that are there, or the first token. All token types are 0: that row is added to the
positions. OpenVINO chooses the arithmetic by the processor: bfloat16 where it multiplies in it, else float32.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from index.bert import Bert
from index.weights import map_weights

SENDERS = ("openvino_telemetry", "openvino.tools.ovc")
"""`import openvino` imports its converter, which reports each import to a statistics service and writes into the home folder.
Where these are absent openvino does without them; nothing of ours converts models."""
HIDDEN = np.float32(-65504)  # the lowest float16: what attention adds for a token that is only padding


def quiet_openvino() -> Any:
    """The module, imported without what sends."""
    for name in SENDERS:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # the documented way to make an import fail
    import openvino

    return openvino


def compile_bert(bert: Bert, threads: int | None, streams: int = 1) -> Any:
    """A compiled model: (int32 ids [n, s], float32 mask [n, s], 1 where a token is) to float32 [n, width], not of unit norm.

    It answers so many requests at once as it has `streams`, each with its share of the `threads`.
    """
    core = quiet_openvino().Core()
    options: dict[str, Any] = {"NUM_STREAMS": str(streams), "ENABLE_CPU_PINNING": False}
    options["PERFORMANCE_HINT"] = "LATENCY" if streams == 1 else "THROUGHPUT"
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    return core.compile_model(build_bert(bert), "CPU", options)


def build_bert(bert: Bert) -> Any:
    """The graph. The weights stay where they are, mapped, and live as long as it does."""
    return _Builder(bert).model()


class _Builder:
    def __init__(self, bert: Bert) -> None:
        self._ov = quiet_openvino()
        self._op = self._ov.opset13
        self._bert = bert
        self._weights = map_weights(bert.weights)

    def model(self) -> Any:
        op, bert = self._op, self._bert
        ids = op.parameter([-1, -1], self._ov.Type.i32, name="ids")
        mask = op.parameter([-1, -1], self._ov.Type.f32, name="mask")
        hidden = op.multiply(op.subtract(op.constant(np.float32(1)), mask), op.constant(HIDDEN))
        hidden = op.unsqueeze(hidden, _whole(op, 1, 2))
        state = self._embed(ids)
        for layer in range(bert.layers):
            place = f"encoder.layer.{layer}."
            state = self._norm(op.add(self._attend(state, hidden, place), state), f"{place}attention.output.LayerNorm")
            inner = op.gelu(self._linear(state, f"{place}intermediate.dense"), "erf")
            state = self._norm(op.add(self._linear(inner, f"{place}output.dense"), state), f"{place}output.LayerNorm")
        return self._ov.Model([op.result(self._pool(state, mask))], [ids, mask], "bert")

    def _embed(self, ids: Any) -> Any:
        op = self._op
        words = op.gather(self._constant("embeddings.word_embeddings.weight"), ids, _one(op, 0))
        rows = self._tensor("embeddings.position_embeddings.weight") + self._tensor("embeddings.token_type_embeddings.weight")[0]
        length = op.gather(op.shape_of(ids), _whole(op, 1), _one(op, 0))
        positions = op.slice(op.constant(rows), _whole(op, 0), length, _whole(op, 1), _whole(op, 0))
        return self._norm(op.add(words, positions), "embeddings.LayerNorm")

    def _attend(self, state: Any, hidden: Any, place: str) -> Any:
        op, bert = self._op, self._bert
        split = _whole(op, 0, 0, bert.heads, bert.width // bert.heads)
        query, key, value = (
            op.transpose(op.reshape(self._linear(state, f"{place}attention.self.{name}"), split, True), _whole(op, 0, 2, 1, 3))
            for name in ("query", "key", "value")
        )
        seen = op.scaled_dot_product_attention(query, key, value, hidden)
        joined = op.reshape(op.transpose(seen, _whole(op, 0, 2, 1, 3)), _whole(op, 0, 0, bert.width), True)
        return self._linear(joined, f"{place}attention.output.dense")

    def _pool(self, state: Any, mask: Any) -> Any:
        op = self._op
        if self._bert.first_token:
            return op.gather(state, _one(op, 0), _one(op, 1))
        there = op.unsqueeze(mask, _whole(op, 2))
        total = op.reduce_sum(op.multiply(state, there), _whole(op, 1), False)
        return op.divide(total, op.reduce_sum(there, _whole(op, 1), False))

    def _linear(self, state: Any, name: str) -> Any:
        op = self._op
        return op.add(op.matmul(state, self._constant(f"{name}.weight"), False, True), self._constant(f"{name}.bias"))

    def _norm(self, state: Any, name: str) -> Any:
        op = self._op
        even = op.mvn(state, _whole(op, -1), True, self._bert.epsilon, "inside_sqrt")
        return op.add(op.multiply(even, self._constant(f"{name}.weight")), self._constant(f"{name}.bias"))

    def _constant(self, name: str) -> Any:
        return self._op.constant(self._tensor(name), shared_memory=True)

    def _tensor(self, name: str) -> Any:
        return self._weights[self._bert.prefix + name]


def _whole(op: Any, *numbers: int) -> Any:
    return op.constant(np.array(numbers, np.int64))


def _one(op: Any, number: int) -> Any:
    return op.constant(np.array(number, np.int64))
