"""Characters a second of our detection and of Presidio's AnalyzerEngine: `python -m benchmarks.privacy [FOLDER] [--runs N]`.

FOLDER: its Markdown, text and reStructuredText, cut into paragraphs. Without one, made-up documents: every tenth paragraph holds
an identifier or what looks like one. The engine has the same recognizers (Presidio's own, and our shapes as its patterns where it
has none), spaCy's tokenizer without a model, and its own enhancer of context. Medians; the two take turns.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from privacy.detect import detect
from privacy.entities import GENERIC, NATIONAL
from privacy.policy import Policy
from privacy.shapes import SHAPES

PROSE = (
    "The committee met to discuss how the new rules would be applied and who would explain them to the staff in each office.",
    "Die Abteilung hat den Entwurf gelesen und bittet um Erklärung der Punkte, die in der letzten Sitzung offen geblieben sind.",
    "Installation takes a few minutes; afterwards the service starts by itself and writes what it does to the usual place.",
)
OTHERS = {"PHONE_NUMBER": "PhoneRecognizer", "IP_ADDRESS": "IpRecognizer", "CREDIT_CARD": "CreditCardRecognizer"}
LIMIT_CHARACTERS = 600_000
ENTITIES = GENERIC + NATIONAL


def engine() -> Callable[[str], Any]:
    """Presidio as its documentation builds it, with our entities and a tokenizer alone."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry, predefined_recognizers
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class TokenizerAlone(SpacyNlpEngine):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
            self.nlp = {"en": spacy.blank("en")}

        def load(self) -> None:
            pass

    class EmailByShape(predefined_recognizers.EmailRecognizer):  # type: ignore[misc]
        def validate_result(self, pattern_text: str) -> bool:
            return True  # what ours does too: tldextract would ask the internet

    registry = RecognizerRegistry()
    for entity in ENTITIES:
        name = OTHERS.get(entity) or (SHAPES[entity].presidio if entity in SHAPES else None)
        if entity == "EMAIL_ADDRESS":
            registry.add_recognizer(EmailByShape())
        elif name is not None:
            registry.add_recognizer(getattr(predefined_recognizers, name)(supported_language="en"))
        else:
            patterns = [Pattern(f"{entity} {n}", p.pattern, 0.5) for n, p in enumerate(SHAPES[entity].patterns)]
            registry.add_recognizer(PatternRecognizer(entity, patterns=patterns))
    built = AnalyzerEngine(registry=registry, nlp_engine=TokenizerAlone(), supported_languages=["en"])
    return lambda text: built.analyze(text, language="en", entities=list(ENTITIES), score_threshold=0.4)


def made_up(paragraphs: int = 3000) -> list[str]:
    from evals.carriers import HELD_OUT_BARE, HELD_OUT_LOOKS, HELD_OUT_NAMED
    from evals.kinds import KINDS
    from evals.lookalikes import LOOK_ALIKES

    r, texts = Random(5), []
    for nth in range(paragraphs):
        text = " ".join(r.choice(PROSE) for _ in range(3))
        if nth % 20 == 0:
            kind = r.choice(list(KINDS.values()))
            text += " " + r.choice(HELD_OUT_NAMED + HELD_OUT_BARE).format(w=r.choice(kind.held_out), v=kind.make(r))
        elif nth % 20 == 10:
            look = r.choice(list(LOOK_ALIKES.values()))
            text += " " + r.choice(HELD_OUT_LOOKS).format(w=r.choice(look.held_out), v=look.make(r))
        texts.append(f"{nth}. {text}")
    return texts


def paragraphs_of(folder: Path) -> list[str]:
    texts: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".md", ".txt", ".rst") and sum(map(len, texts)) < LIMIT_CHARACTERS:
            texts += [p for p in re.split(r"\n\s*\n", path.read_text(encoding="utf-8", errors="replace")) if p.strip()]
    return list(dict.fromkeys(texts))


def seconds(call: Callable[[str], Any], texts: list[str]) -> float:
    started = time.perf_counter()
    for text in texts:
        call(text)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.privacy", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    texts = paragraphs_of(options.folder) if options.folder else made_up()
    characters = sum(map(len, texts))
    policy = Policy()
    sides: dict[str, Callable[[str], Any]] = {"ours": lambda text: detect(text, policy), "Presidio": engine()}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for call in sides.values():
        seconds(call, texts[:20])
    for _ in range(options.runs):
        for name, call in sides.items():
            times[name].append(seconds(call, texts))
    ours, theirs = (median(times[name]) for name in ("ours", "Presidio"))
    print(f"{len(texts)} paragraphs, {characters:,} characters, {len(ENTITIES)} entities, median of {options.runs} runs")
    print(f"ours {characters / ours:,.0f} characters/s, Presidio {characters / theirs:,.0f}: {theirs / ours:.1f} times as fast")


if __name__ == "__main__":
    main()
