"""Words that name nobody, from the model's folder: `evals/names_ordinary.py` makes the list."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from privacy.errors import NamesUnavailable

FILE = Path(__file__).parent / "model" / "ordinary.txt"


@cache
def read_words(file: Path = FILE) -> tuple[frozenset[str], frozenset[str]]:
    """Ordinary words, and those of them that are no name with a capital either: marked by a star. Raises `NamesUnavailable`."""
    try:
        lines = file.read_text(encoding="utf-8").split()
    except OSError:
        raise NamesUnavailable(
            f"The list of ordinary words is not at {file.name}. Install portcullis again, or set PRIVACY_NAMES=off."
        ) from None
    return frozenset(line.rstrip("*") for line in lines), frozenset(line[:-1] for line in lines if line.endswith("*"))


def ordinary_words() -> frozenset[str]:
    """Lower-case words that are no name by themselves."""
    return read_words()[0]
