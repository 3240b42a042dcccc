"""How often unstructured's own classifier, over our tagger, gives a text the type that unstructured's tests have stored for it.

    python -m evals.element_types DATA [--show N]

DATA holds `docs/unstructured-expected`: elements as JSON, written by unstructured with spaCy's `en_core_web_sm`. Only the types
that are told from the text alone are held against it: NarrativeText, Title and UncategorizedText. A text counts once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

NARRATIVE, TITLE, REST = "NarrativeText", "Title", "UncategorizedText"


def stored(data: Path) -> dict[tuple[str, str], None]:
    """The pairs of text and type, each once, in the order of the files. Files that hold no list of elements are passed over."""
    found: dict[tuple[str, str], None] = {}
    for path in sorted((data / "docs" / "unstructured-expected").rglob("*.json")):
        try:
            elements = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        for element in elements if isinstance(elements, list) else ():
            if isinstance(element, dict) and element.get("type") in (NARRATIVE, TITLE, REST):
                found[element["text"], element["type"]] = None
    return found


def judged(text: str) -> str:
    """The type by the text alone, in the order in which unstructured asks."""
    from unstructured.partition.text_type import is_possible_narrative_text, is_possible_title

    return NARRATIVE if is_possible_narrative_text(text) else TITLE if is_possible_title(text) else REST


def main(arguments: Sequence[str] | None = None) -> int:
    from ingest.parse.offline import prepare_unstructured

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", type=int, default=0, help="so many texts that got another type")
    options = parser.parse_args(arguments)
    prepare_unstructured()
    pairs = [(kind, judged(text), text) for text, kind in stored(options.data)]
    if not pairs:
        print("no stored elements there", file=sys.stderr)
        return 2
    right = sum(kind == found for kind, found, _ in pairs)
    print(f"{right} of {len(pairs)} as stored: {right / len(pairs):.3f}")
    for (kind, found), count in sorted(Counter((kind, found) for kind, found, _ in pairs if kind != found).items()):
        print(f"  stored {kind}, found {found}: {count}")
    for kind, found, text in [pair for pair in pairs if pair[0] != pair[1]][: options.show]:
        print(f"  {kind} / {found}: {text[:100]!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
