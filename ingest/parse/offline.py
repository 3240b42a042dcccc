"""Keep unstructured at home: no model fetched, no telemetry, no notice on the terminal. The one place that knows how.

unstructured asks spaCy for `en_core_web_sm`, which it downloads when it is absent, to tell prose from labels. In its place stands
a small tagger and sentence model of our own, in `english/`: its README says what it was made from.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

ENGLISH = Path(__file__).parent / "english"


@cache
def prepare_unstructured() -> None:
    """Call it before any import of `unstructured.partition`. Twice is as once; the model is loaded when it is asked."""
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("SCARF_NO_ANALYTICS", "true")
    os.environ.setdefault("UNSTRUCTURED_DISABLE_NOTICE", "1")
    import unstructured.nlp.tokenize as tokenize

    tokenize._load_spacy_model = english
    tokenize._get_nlp.cache_clear()


@cache
def english() -> Any:
    """The spaCy pipeline: Penn tags and sentences of English."""
    import spacy

    others = spacy.registry._entry_point_factories  # type: ignore[attr-defined]
    asked, others.entry_points = others.entry_points, False  # or every package that offers a component is imported
    try:
        return spacy.load(ENGLISH)
    finally:
        others.entry_points = asked
