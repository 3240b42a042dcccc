"""Count finds as presidio-research does, so that our figures can stand beside those that it publishes.

Written after what `SpanEvaluator` of presidio-evaluator (MIT licence) does with characters and with its own list of skip words.
It compares stretches (`evals.stretches`); at least .75 alike is a hit. It has counted in more than one way:

- Release 0.3.2 (`by_label`, `by_any`). A gold stretch that one find touches is right when the two are alike and bear one label.
  Where several touch it, those of a label are pooled and count as one find: right when they bear its label and are alike
  together. A find counts once for each gold stretch that it touches, and once when it touches none. Tests hold this against the
  package's own counts on made-up texts.
- Its main branch after 0.3.2 (`by_any_later`), to be released. A find belongs to one gold stretch, the one that it is most alike
  to, and each find counts once: right when it, or it together with others of that stretch, is alike to it.

In `by_label` names of labels matter. By any label everything is one label, which the package calls binary and its notebooks give
as the figure for all personal data. In 0.3.2 that joins neighbours: a person next to a title is one stretch with it, and who does
not look for titles may miss both. Later a stretch stays with its own label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evals.score import Counts
from evals.stretches import Stretch, pooled, shared, stretches
from privacy.span import Span

ALIKE = 0.75
"""Of the notebooks, which set it; the package's own default is .9."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The counts of one text by label, and the stretches that were judged wrong: gold ones and finds."""

    counts: dict[str, Counts]
    missed: tuple[Stretch, ...]
    false: tuple[Stretch, ...]


def by_label(text: str, gold: Sequence[Span], found: Sequence[Span]) -> Compared:
    """Counts for each label of `gold` or `found`. Spans of one side must not overlap: `ValueError`."""
    return _compare(stretches(text, gold), stretches(text, found))


def by_any(text: str, gold: Sequence[Span], found: Sequence[Span]) -> Compared:
    """Counts under the one label `ANY`. Spans of one side must not overlap: `ValueError`."""
    return _compare(stretches(text, gold, any_label=True), stretches(text, found, any_label=True))


def by_any_later(text: str, gold: Sequence[Span], found: Sequence[Span]) -> Counts:
    """Counts whatever the label, as the main branch counts. Spans of one side must not overlap: `ValueError`."""
    wanted, got = stretches(text, gold), stretches(text, found)
    belonging: dict[int, list[Stretch]] = defaultdict(list)
    for find in got:
        alike = [shared(stretch, find) for stretch in wanted]
        if any(alike):
            belonging[alike.index(max(alike))].append(find)
    hits = [finds for n, finds in belonging.items() if _together(wanted[n], finds) >= ALIKE]
    return Counts(len(wanted), len(got), len(hits), sum(len(finds) for finds in hits))


def _compare(wanted: Sequence[Stretch], got: Sequence[Stretch]) -> Compared:
    gold_of: dict[str, int] = defaultdict(int)
    found_of: dict[str, int] = defaultdict(int)
    right_of: dict[str, int] = defaultdict(int)
    missed: list[Stretch] = []
    touched: set[int] = set()
    credited: set[int] = set()
    for stretch in wanted:
        gold_of[stretch.label] += 1
        near = [n for n, find in enumerate(got) if shared(stretch, find) > 0]
        touched.update(near)
        right = False
        for label in dict.fromkeys(got[n].label for n in near):
            pool = [n for n in near if got[n].label == label]
            found_of[label] += 1
            alike = shared(stretch, got[near[0]]) if len(near) == 1 else pooled(stretch, [got[n] for n in pool])
            if label == stretch.label and alike >= ALIKE:
                right_of[label] += 1
                right = True
                credited.update(pool)
        if not right:
            missed.append(stretch)
    for n, find in enumerate(got):
        if n not in touched:
            found_of[find.label] += 1
    counts = {
        label: Counts(gold_of[label], found_of[label], right_of[label], right_of[label])
        for label in sorted({*gold_of, *found_of})
    }
    return Compared(counts, tuple(missed), tuple(find for n, find in enumerate(got) if n not in credited))


def _together(gold: Stretch, finds: Sequence[Stretch]) -> float:
    return shared(gold, finds[0]) if len(finds) == 1 else pooled(gold, finds)
