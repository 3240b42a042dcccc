"""How well personal data is found: made-up texts beside presidio-research's published figures, and names in real text.

The policy that is measured looks for all entities. What counts as found is what redaction finds, read from its own report.

Made-up texts (presidio-research's synth_dataset_v2, in part) are counted by `evals.span_counts` in its two ways, each over every
gold label and without those that are no personal data to us (`NOT_OURS`). Real texts are counted by `evals.names`: an edited one
(wikigold, the rows that nothing was trained on) and a social one (the development part of WNUT-17).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from catalog.ids import TenantId
from evals import names
from evals.pii_sets import Marked, read_set
from evals.score import SEED, Counts, Score, score
from evals.span_counts import by_any, by_any_later, by_label
from evals.stretches import ANY, Stretch
from privacy.names.finder import NameFinder
from privacy.open import TextRedactor
from privacy.policy import Policy
from privacy.span import Span

Find = Callable[[Sequence[str]], list[list[Span]]]
"""The spans of each text, in order, not overlapping."""

SYNTHETIC = "presidio_synth_v2.jsonl"
REAL = (("edited", "wikigold_1.jsonl", 600), ("social", "wnut17_dev.jsonl", 0))
"""What the text is, its file, and the first row (zero-based) that is measured."""

OURS = {
    "STREET_ADDRESS": "ADDRESS",
    "ZIP_CODE": "ADDRESS",
    "GPE": "LOCATION",
}
"""What we call a gold label of the made-up texts; one that is not here keeps its name."""

NOT_OURS = frozenset({"AGE", "TITLE", "DATE_TIME", "NRP", "DOMAIN_NAME"})
"""Gold labels that name nobody on their own (`privacy.entities` says why), which we do not look for."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the made-up texts, as we call it. `hidden` is the share of its gold characters that lie in any find."""

    name: str
    gold_names: tuple[str, ...]
    looked_for: bool
    ours: bool
    score: Score
    hidden: float | None


@dataclass(frozen=True, slots=True)
class Overall:
    """Whatever the label: over every gold label, and over those that are personal data to us."""

    every: Score
    personal: Score

    def described(self) -> dict[str, Any]:
        return {"every_label": self.every.described(), "personal_labels": self.personal.described()}


@dataclass(frozen=True, slots=True)
class Synthetic:
    """`release` is counted as presidio-evaluator 0.3.2 counts, as are the labels; `later` as its main branch does since."""

    texts: int
    release: Overall
    later: Overall
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Names:
    kind: str
    file: str
    first: int
    texts: int
    overlap: dict[str, Score]
    exact: dict[str, Score]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A span that was missed, or a find that hits nothing, with the text around it."""

    set: str
    kind: str
    label: str
    value: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Report:
    synthetic: Synthetic
    names: tuple[Names, ...]
    wrong: tuple[Wrong, ...]

    def described(self) -> dict[str, Any]:
        made_up = {
            "texts": self.synthetic.texts,
            "as_0.3.2": self.synthetic.release.described(),
            "as_later": self.synthetic.later.described(),
            "left_out": sorted(NOT_OURS),
            "labels": {
                label.name: {
                    "gold_labels": list(label.gold_names),
                    "looked_for": label.looked_for,
                    "personal": label.ours,
                    "hidden": None if label.hidden is None else round(label.hidden, 4),
                    **label.score.described(),
                }
                for label in self.synthetic.labels
            },
        }
        real = {
            each.kind: {
                "file": each.file,
                "first_row": each.first,
                "texts": each.texts,
                "overlap": {label: found.described() for label, found in each.overlap.items()},
                "exact": {label: found.described() for label, found in each.exact.items()},
            }
            for each in self.names
        }
        wrong = [{name: getattr(each, name) for name in Wrong.__slots__} for each in self.wrong]
        return {"synthetic": made_up, "names": real, "errors": wrong}


def finder(policy: Policy, names: NameFinder | None) -> Find:
    """What redaction by `policy` finds, each text by itself. The one place that says what is measured."""
    redactor = TextRedactor(policy, secrets.token_bytes(32), names=names)

    def find(texts: Sequence[str]) -> list[list[Span]]:
        return [list(redactor.redact(TenantId(0), [text])[0].found) for text in texts]

    return find


def measure(folder: Path, find: Find, entities: Sequence[str], errors: int = 0) -> Report:
    """The figures of `find`, which looks for `entities`, over the sets in `folder`, with up to `errors` of each kind and set.

    Raises `EvaluationSetMissing` and `BadEvaluationSet`, before anything is looked for.
    """
    made_up = read_set(folder / SYNTHETIC)
    real = [(kind, file, first, read_set(folder / file, first)) for kind, file, first in REAL]
    found = find([each.text for each in made_up])
    synthetic, wrong = _synthetic(made_up, found, entities), list(_wrong_synthetic(made_up, found, errors))
    measured = []
    for kind, file, first, texts in real:
        gold = [names.without_handles(each.text, each.spans) for each in texts]
        got = [names.without_handles(t.text, s) for t, s in zip(texts, find([t.text for t in texts]), strict=True)]
        measured.append(_names(kind, file, first, gold, got))
        wrong.extend(_wrong_names(kind, [each.text for each in texts], gold, got, errors))
    return Report(synthetic, tuple(measured), tuple(wrong))


def _synthetic(texts: Sequence[Marked], found: Sequence[Sequence[Span]], entities: Sequence[str]) -> Synthetic:
    groups = [each.group for each in texts]
    pairs = list(zip(texts, found, strict=True))
    by_name = [by_label(each.text, _called(each.spans), spans).counts for each, spans in pairs]
    kept = [(each.text, each.spans, _personal(each.spans), spans) for each, spans in pairs]
    release = Overall(
        score([_of_any(text, every, spans) for text, every, _, spans in kept], groups),
        score([_of_any(text, ours, _personal(spans)) for text, _, ours, spans in kept], groups),
    )
    later = Overall(
        score([by_any_later(text, _called(every), spans) for text, every, _, spans in kept], groups),
        score([by_any_later(text, _called(ours), _personal(spans)) for text, _, ours, spans in kept], groups),
    )
    gold_names = {span.label for each in texts for span in each.spans}
    labels = []
    for name in sorted({name for counts in by_name for name in counts}):
        given = tuple(sorted(gold for gold in gold_names if OURS.get(gold, gold) == name))
        counted = score([counts.get(name, Counts()) for counts in by_name], groups)
        labels.append(Label(name, given, name in entities, name not in NOT_OURS, counted, _hidden(pairs, given)))
    return Synthetic(len(texts), release, later, tuple(labels))


def _of_any(text: str, gold: Sequence[Span], found: Sequence[Span]) -> Counts:
    return by_any(text, gold, found).counts.get(ANY, Counts())


def _called(spans: Sequence[Span]) -> list[Span]:
    return [Span(s.start, s.end, OURS.get(s.label, s.label), s.score) for s in spans]


def _personal(spans: Sequence[Span]) -> list[Span]:
    return [span for span in spans if span.label not in NOT_OURS]


def _hidden(pairs: Sequence[tuple[Marked, Sequence[Span]]], labels: Sequence[str]) -> float | None:
    whole = covered = 0
    for each, spans in pairs:
        for gold in each.spans:
            if gold.label in labels:
                whole += gold.end - gold.start
                covered += sum(max(0, min(s.end, gold.end) - max(s.start, gold.start)) for s in spans)
    return covered / whole if whole else None


def _names(kind: str, file: str, first: int, gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> Names:
    pairs = list(zip(gold, found, strict=True))
    return Names(
        kind,
        file,
        first,
        len(gold),
        {label: score([names.overlapping(label, *pair) for pair in pairs]) for label in names.LABELS},
        {label: score([names.exact(label, *pair) for pair in pairs]) for label in names.LABELS},
    )


def _wrong_synthetic(texts: Sequence[Marked], found: Sequence[Sequence[Span]], most: int) -> Iterator[Wrong]:
    """Of the count over personal labels, under the names that stand inside."""
    missed, false = [], []
    for each, spans in zip(texts, found, strict=True):
        compared = by_any(each.text, _personal(each.spans), _personal(spans))
        missed += [_wrong("synthetic", "missed", each.text, _inside(s, each.spans), s.start, s.end) for s in compared.missed]
        false += [_wrong("synthetic", "false", each.text, _inside(s, spans), s.start, s.end) for s in compared.false]
    yield from (*_drawn(missed, most), *_drawn(false, most))


def _inside(stretch: Stretch, spans: Sequence[Span]) -> str:
    return "+".join(dict.fromkeys(s.label for s in spans if s.start < stretch.end and stretch.start < s.end))


def _wrong_names(
    kind: str, texts: Sequence[str], gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]], most: int
) -> Iterator[Wrong]:
    """Of people first, then of places and organisations."""
    for what in ("missed", "false"):
        left = most
        for label in names.LABELS:
            wrong = [
                _wrong(kind, what, text, label, span.start, span.end)
                for text, wanted, got in zip(texts, gold, found, strict=True)
                for span in (names.missed(wanted, got) if what == "missed" else names.missed(got, wanted))
                if span.label == label
            ]
            drawn = _drawn(wrong, left)
            left -= len(drawn)
            yield from drawn


def _wrong(kind: str, what: str, text: str, label: str, start: int, end: int) -> Wrong:
    return Wrong(kind, what, label, text[start:end], text[max(0, start - 30) : start], text[end : end + 30])


def _drawn(wrong: Sequence[Wrong], most: int) -> list[Wrong]:
    """At most so many, by chance that comes out equal each time, in the order of the texts."""
    chosen = Random(SEED).sample(range(len(wrong)), min(most, len(wrong)))
    return [wrong[n] for n in sorted(chosen)]
