"""Stretches: what presidio-research compares, so that `evals.span_counts` can count as it does.

- A text is cut into spaCy's English tokens. A token has the label of the span that it starts in, or that lies within it.
- Tokens of one label in a row are a stretch. One of skip words alone is none; two of one label with nothing but skip words
  between them are one. A stretch reaches from its first token that is no skip word to the end of its last such token.
- Two stretches are as alike as the characters of both reaches are shared: intersection over union.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from privacy.span import Span

ANY = "PII"

_SKIPPED = """
    a and as de do of or the this via 's
    address apt box city corner country p.o. po rue st st. state street suite unit zip
    miss mr. mrs. inc inc. ltd
    afternoon age ago day days evening first last month months morning night noon old week weekend weeks y/o year years
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tokens `first` up to, not including, `behind`, which reach over the characters `start` to `end` of the text."""

    label: str
    first: int
    behind: int
    start: int
    end: int


def stretches(text: str, spans: Sequence[Span], any_label: bool = False) -> list[Stretch]:
    """Those of `spans`, in order; with `any_label` all bear `ANY`. Spans that overlap are a `ValueError`."""
    words = _words(text)
    return _stretches(words, _labels(words, spans, any_label))


def shared(one: Stretch, other: Stretch) -> float:
    """How alike two stretches are, from 0 to 1."""
    both = min(one.end, other.end) - max(one.start, other.start)
    return both / (max(one.end, other.end) - min(one.start, other.start)) if both > 0 else 0.0


def pooled(gold: Stretch, finds: Sequence[Stretch]) -> float:
    """How alike a stretch is to several together.

    The package counts the character behind each reach too, and takes finds after the first one character earlier.
    """
    wanted = set(range(gold.start, gold.end + 1))
    got: set[int] = set()
    for nth, find in enumerate(finds):
        back = 1 if nth else 0
        got.update(range(find.start - back, find.end + 1 - back))
    return len(wanted & got) / len(wanted | got)


def _labels(words: Sequence[tuple[int, str]], spans: Iterable[Span], same: bool) -> list[str | None]:
    """The label of each word. Where two spans meet the less sure one gives a character, the first one when they are equal."""
    ordered = sorted(spans)
    edges = [[span.start, span.end] for span in ordered]
    for nth in range(1, len(ordered)):
        before, here = edges[nth - 1], edges[nth]
        if ordered[nth].start < ordered[nth - 1].end:
            raise ValueError(f"spans overlap at {ordered[nth].start}")
        if here[0] == before[1]:
            if ordered[nth - 1].score > ordered[nth].score:
                here[0] += 1
            else:
                before[1] -= 1
    named = [(start, end, ANY if same else span.label) for (start, end), span in zip(edges, ordered, strict=True)]
    return [
        next(
            (label for start, end, label in named if start <= at < end or (at <= start <= behind and at <= end <= behind)),
            None,
        )
        for at, behind in ((at, at + len(word)) for at, word in words)
    ]


def _stretches(words: Sequence[tuple[int, str]], labels: Sequence[str | None]) -> list[Stretch]:
    """The stretches in order, joined over skip words."""
    skipped = skip_words()
    joined: list[Stretch] = []
    first = 0
    while first < len(words):
        behind = first + 1
        while behind < len(words) and labels[behind] == labels[first]:
            behind += 1
        label = labels[first]
        kept = [(at, word.lower()) for at, word in words[first:behind] if word.lower() not in skipped]
        if label is not None and kept:
            new = Stretch(label, first, behind, kept[0][0], max(at + len(word) for at, word in kept))
            if joined and joined[-1].label == label and _only_skipped(words[joined[-1].behind : first]):
                new = replace(joined.pop(), behind=behind, end=new.end)
            joined.append(new)
        first = behind
    return joined


def _only_skipped(words: Sequence[tuple[int, str]]) -> bool:
    return all(word.lower().strip() in skip_words() for _, word in words)


@cache
def skip_words() -> frozenset[str]:
    """Tokens, in small letters, that make no difference: spaCy's English stop words, punctuation, and those of the package."""
    _spacy()
    from spacy.lang.en.stop_words import STOP_WORDS

    runs = {mark * times for mark, most in (("\n", 4), ("\t", 4), (">", 6)) for times in range(1, most + 1)}
    return frozenset({"", *string.punctuation, *string.whitespace, *runs, *_SKIPPED.split(), *STOP_WORDS})


def _words(text: str) -> list[tuple[int, str]]:
    """Where each token starts, and the token; white space that is more than one blank is a token of its own."""
    return [(token.idx, token.text) for token in _tokenizer()(text)]


@cache
def _tokenizer() -> Any:
    return _spacy().blank("en")


def _spacy() -> Any:
    """spaCy without torch, which a tokenizer by rules does not need."""
    from privacy.light import without

    with without("torch", "transformers"):
        import spacy
    return spacy
