"""A piece of personal data in a text."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open code-point offsets, Presidio's entity type as `label`, a score from 0 to 1. `by`: which recognizer found it."""

    start: int
    end: int
    label: str
    score: float
    by: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text with what was found in it replaced. `found` counts in the text as it came in, `placed` in `text`, pairwise.

    `values`: what each find stands for, which for a person's short form is the full name. It shows in no `repr()`.
    """

    text: str
    found: tuple[Span, ...]
    placed: tuple[Span, ...]
    values: tuple[str, ...] = field(repr=False)
