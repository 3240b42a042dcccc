"""Larger models for names, for those who can have them: a spaCy pipeline, a token classifier of transformers, a GLiNER model.

`PRIVACY_NAMES=spacy:en_core_web_trf`, `transformers:FOLDER` or `gliner:FOLDER`. Nothing is downloaded: what is not on this
machine is an error that says how to get it. Each keeps its own labels, which are read as ours (`KINDS`); others it has are
left alone.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from privacy.errors import NamesUnavailable
from privacy.names.encode import HOLE
from privacy.span import Span

KINDS = {
    "PERSON": "PERSON", "PER": "PERSON", "LOC": "LOCATION", "GPE": "LOCATION", "FAC": "LOCATION", "LOCATION": "LOCATION",
    "ORG": "ORGANIZATION", "ORGANIZATION": "ORGANIZATION", "ADDRESS": "ADDRESS", "STREET ADDRESS": "ADDRESS",
}  # fmt: skip
ASKED = ("person", "location", "organization", "street address")
"""What a GLiNER model is asked for."""
Read = Callable[[str], list[Span]]


class OtherNames:
    """Meets `privacy.names.finder.NameFinder` with a model that is loaded when the first text comes."""

    def __init__(self, kind: str, place: str) -> None:
        self._kind, self._place = kind, place
        self._lock = threading.Lock()
        self._read: Read | None = None

    @property
    def fingerprint(self) -> str:
        return f"{self._kind} {_version(self._kind)} {self._place} {_stamp(self._place)}"

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """One text after the other: such a model's answer may depend on what it is read with."""
        with self._lock:
            if self._read is None:
                self._read = LOADERS[self._kind](self._place)
            read = self._read
            return [[replace(s, by=self._kind) for s in sorted(read(text.replace(HOLE, "_")))] for text in texts]


def _spacy(place: str) -> Read:
    import spacy

    try:
        nlp = spacy.load(place)
    except OSError:
        raise _absent(f"spaCy has no model {place!r}", f"python -m spacy download {place}") from None
    return lambda text: _kept((e.start_char, e.end_char, e.label_, 0.85) for e in nlp(text).ents)


def _transformers(place: str) -> Read:
    from transformers import pipeline

    if not Path(place).is_dir():
        raise _absent(
            f"There is no folder {place!r} with a token classifier", "huggingface-cli download MODEL --local-dir FOLDER"
        )
    model: Any = pipeline("token-classification", model=place, tokenizer=place, aggregation_strategy="simple", device=-1)
    return lambda text: _kept((e["start"], e["end"], e["entity_group"], float(e["score"])) for e in model(text))


def _gliner(place: str) -> Read:
    try:
        from gliner import GLiNER
    except ImportError:
        raise _absent("gliner is not installed", "pip install gliner") from None
    if not Path(place).is_dir():
        raise _absent(f"There is no folder {place!r} with a GLiNER model", "huggingface-cli download MODEL --local-dir FOLDER")
    model: Any = GLiNER.from_pretrained(place, local_files_only=True)
    return lambda text: _kept(
        (e["start"], e["end"], e["label"], float(e["score"])) for e in model.predict_entities(text, list(ASKED))
    )


LOADERS: dict[str, Callable[[str], Read]] = {"spacy": _spacy, "transformers": _transformers, "gliner": _gliner}


def _kept(found: Any) -> list[Span]:
    return [
        Span(start, end, KINDS[label.upper()], score)
        for start, end, label, score in found
        if label.upper() in KINDS and start < end
    ]


def _absent(what: str, how: str) -> NamesUnavailable:
    return NamesUnavailable(f"{what}. Get it with `{how}`, or set PRIVACY_NAMES=bundled.")


def _version(kind: str) -> str:
    try:
        return version(kind)
    except PackageNotFoundError:
        return "absent"


def _stamp(place: str) -> str:
    """A digest of a folder's names and sizes: another model in the same place gives other finds."""
    folder = Path(place)
    if not folder.is_dir():
        return _version(place)
    told = "\n".join(f"{p.relative_to(folder)} {p.stat().st_size}" for p in sorted(folder.rglob("*")) if p.is_file())
    return hashlib.sha256(told.encode()).hexdigest()[:16]
