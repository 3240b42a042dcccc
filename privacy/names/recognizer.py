"""The finder of names as a recognizer of Presidio's, for whoever runs an `AnalyzerEngine` of their own."""

from __future__ import annotations

from typing import Any

from privacy.light import without
from privacy.names.finder import NameFinder

ENTITIES = ["PERSON", "LOCATION", "ORGANIZATION", "ADDRESS"]


def presidio_recognizer(finder: NameFinder) -> Any:
    """An `EntityRecognizer` for English, to be added to a registry. Without its own load or language model."""
    with without("torch", "transformers"):
        from presidio_analyzer import EntityRecognizer, RecognizerResult

    class PortcullisNames(EntityRecognizer):
        def load(self) -> None:
            """The finder loads itself with the first text."""

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
            asked = set(entities or ENTITIES)
            [found] = finder.find([text])
            return [RecognizerResult(s.label, s.start, s.end, s.score) for s in found if s.label in asked]

    return PortcullisNames(supported_entities=ENTITIES, name="PortcullisNames", supported_language="en")
