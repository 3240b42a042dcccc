"""Tokenizers by name: a budget means something only in the tokens of the model that reads the context.

`model` is the embedding model's. Operators name files of others (`tokenizer.json`, as the tokenizers library writes it);
nothing is downloaded. `bytes` needs no file: a tokenizer over bytes (GPT, Llama 3 and their like) never counts more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from index.model import Tokens
from index.tokens import FastTokens
from retrieval.errors import BadTokenizers, UnknownTokenizer

MODEL = "model"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Bytes:
    """Each byte of UTF-8 is a token."""

    def count(self, text: str) -> int:
        return len(text.encode("utf-8", "replace"))

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return [(at, at + 1) for at, sign in enumerate(text) for _ in sign.encode("utf-8", "replace")]


class Characters:
    """Each code point is a token."""

    def count(self, text: str) -> int:
        return len(text)

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return [(at, at + 1) for at in range(len(text))]


BUILT_IN: Mapping[str, Tokens] = {"bytes": Bytes(), "characters": Characters()}


def read_tokenizers(named: Mapping[str, Path]) -> dict[str, Tokens]:
    """Those that the operator names, each tried once, and the built-in ones. Raises `BadTokenizers`."""
    found = dict(BUILT_IN)
    for name, path in named.items():
        if name == MODEL or name in BUILT_IN or not NAME.fullmatch(name):
            raise BadTokenizers(f"{name!r} is taken or is no plain name")
        tokens = FastTokens(path.expanduser())
        try:
            tokens.count("ready")
        except Exception as error:  # the library raises nothing closer
            raise BadTokenizers(f"{name!r}: {path} is no file that the tokenizers library reads") from error
        found[name] = tokens
    return found


def named_tokens(name: str | None, known: Mapping[str, Tokens]) -> Tokens | None:
    """The tokenizer called `name`, or None for the embedding model's. Raises `UnknownTokenizer`."""
    if name is None or name == MODEL:
        return None
    if name not in known:
        raise UnknownTokenizer([MODEL, *sorted(known)])
    return known[name]
