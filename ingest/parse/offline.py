"""Keep unstructured at home: no model fetched, no telemetry, no notice on the terminal. The one place that knows how.

unstructured asks spaCy for `en_core_web_sm`, which it downloads when it is absent, to tell prose from labels. In its place stands
a blank English pipeline with two rules: a sentence ends at its punctuation, and a word is a verb when a short list or its ending
says so.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

_VERB_LIST = """
am are be been being can could did do does done had has have is may might must shall should was were will would agree
allow appear apply ask become begin bring call come contain describe explain find follow get give go hold include keep
know lead leave let like live look lose make mean meet move need offer pay provide put read remain require run say see
seem send set show speak stand start stop take tell think try turn understand use want work write
"""
_VERBS = frozenset(_VERB_LIST.split())
_ENDINGS = (("ing", "VBG"), ("ed", "VBD"))


@cache
def prepare_unstructured() -> None:
    """Call it before any import of `unstructured.partition`. Doing it twice changes nothing."""
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("SCARF_NO_ANALYTICS", "true")
    os.environ.setdefault("UNSTRUCTURED_DISABLE_NOTICE", "1")
    import unstructured.nlp.tokenize as tokenize

    tokenize._load_spacy_model = _english
    tokenize._get_nlp.cache_clear()


def tag(word: str) -> str:
    """A Penn tag: a verb's when it looks like one, a noun's for everything else."""
    folded = word.casefold()
    if folded in _VERBS:
        return "VB"
    if folded.endswith("s") and folded[:-1] in _VERBS:
        return "VBZ"
    if len(folded) > 4 and folded.isalpha():
        for ending, penn in _ENDINGS:
            if folded.endswith(ending):
                return penn
    return "NN"


def _english() -> Any:
    import spacy
    from spacy.language import Language

    if not Language.has_factory("verb_rules"):
        Language.component("verb_rules", func=_tag_all)
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("verb_rules")
    return nlp


def _tag_all(doc: Any) -> Any:
    for token in doc:
        token.tag_ = tag(token.text)
    return doc
