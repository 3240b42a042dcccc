"""Make span_counts.jsonl: made-up texts with gold spans and finds, and what presidio-evaluator itself counts in each.

Not part of the tests: it wants the package, in an environment of its own, for its dependencies are not ours.

    python -m venv judge && judge/bin/pip install presidio-evaluator==0.3.2
    judge/bin/python tests/unit/evals/make_span_counts.py > tests/unit/evals/span_counts.jsonl
"""

from __future__ import annotations

import json
import sys
from random import Random
from typing import Any

import pandas as pd
import spacy
from presidio_evaluator import span_to_tag
from presidio_evaluator.evaluation import SpanEvaluator

SEED, CASES = 7, 200
VALUES = {
    "PERSON": ("Ana Quay", "Ben de la Roe", "Zoë O'Neil-Park", "İnci Öz", "J. B. Lind", "Mr. Oduya", "Li", "Ada and Bo Ruiz"),
    "ADDRESS": ("12 Harbour Street", "Quay Lane 7\n Suite 3\n Oldport", "St. Ives Rd. 4-6", "P.O. Box 77, Unit 9", "The Corner"),
    "LOCATION": ("Oldport", "New Wharf", "the State of Tarn", "Ystad", "Côte d'Or"),
    "ORGANIZATION": ("Lind & Sons Inc.", "Wharf Bank", "The Day", "A. B. Co", "quay.io"),
    "PHONE_NUMBER": ("+49 (0)30 1234-567", "555-0142", "030/9087"),
    "TITLE": ("Dr.", "Mrs.", "Prof.", "Miss"),
    "EMAIL_ADDRESS": ("ana@example.com", "b.roe+x@example.org"),
}
BETWEEN = (" ", " ", ", ", "\n", "\n\n ", " and ", " of the ", " met ", " - ", "; call ", " (", ") ", "'s ", "", "/", ">>> ")
AROUND = ("", "Dear ", "Please write to ", "The address of ", "\n  ", "On this day ")
LABELS = tuple(VALUES)


def case(r: Random) -> tuple[str, list[tuple[int, int, str]], list[tuple[int, int, str, float]]]:
    """A text, its gold spans, and finds that are right, cut, split, spread, misnamed, missing or out of nothing."""
    text, gold = r.choice(AROUND), []
    for nth in range(r.randint(1, 6)):
        if nth:
            text += r.choice(BETWEEN)
        label = r.choice(LABELS)
        value = r.choice(VALUES[label])
        gold.append((len(text), len(text) + len(value), label))
        text += value
    text += r.choice(("", ".", "?\n", " is here.", " years ago"))
    found: list[tuple[int, int, str]] = []
    for start, end, label in gold:
        named = label if r.random() < 0.75 else r.choice(LABELS)
        way = r.randrange(8)
        if way <= 2:
            found.append((start, end, named))
        elif way == 3 and end - start > 4:
            found.append((start + r.randint(0, 3), end - r.randint(0, 3), named))
        elif way == 4 and end - start > 4:
            cut = r.randint(start + 1, end - 1)
            found += [(start, cut - r.randint(0, 1), named), (cut + r.randint(0, 1), end, r.choice((named, label)))]
        elif way == 5:
            found.append((max(0, start - r.randint(0, 9)), min(len(text), end + r.randint(0, 12)), named))
    if text and r.random() < 0.4:
        start = r.randrange(len(text))
        found.append((start, min(len(text), start + r.randint(1, 9)), r.choice(LABELS)))
    apart: list[tuple[int, int, str, float]] = []
    for start, end, label in sorted(found):
        if start < end and (not apart or start >= apart[-1][1]):
            apart.append((start, end, label, r.choice((0.4, 0.85, 1.0))))
    return text, gold, apart


def judged(evaluator: SpanEvaluator, tokens: Any, gold: list[Any], found: list[Any]) -> dict[str, Any]:
    """What the package counts: annotated, predicted and true positives, for all as one and for each label."""
    tags = [
        span_to_tag(
            scheme="IO",
            text=tokens.text,
            starts=[s[0] for s in spans],
            ends=[s[1] for s in spans],
            tags=[s[2] for s in spans],
            scores=[s[3] if len(s) > 3 else 0.5 for s in spans],
            tokens=tokens,
        )
        for spans in (gold, found)
    ]
    frame = pd.DataFrame(
        {
            "sentence_id": 0,
            "token": [token.text for token in tokens],
            "annotation": tags[0],
            "prediction": tags[1],
            "start_indices": [token.idx for token in tokens],
        }
    )
    result = evaluator.calculate_score_on_df(frame)
    return {
        "any": [result.pii_annotated, result.pii_predicted, result.pii_true_positives],
        "labels": {
            label: [found.num_annotated, found.num_predicted, found.true_positives]
            for label, found in sorted(result.per_type.items())
        },
    }


def main() -> None:
    r, evaluator, tokenizer = Random(SEED), SpanEvaluator(iou_threshold=0.75), spacy.blank("en")
    for _ in range(CASES):
        text, gold, found = case(r)
        line = {"text": text, "gold": gold, "found": found, **judged(evaluator, tokenizer(text), gold, found)}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
