"""Which files have a true text beside them, and which text that only looks like one is left out.

Three layouts, wherever they stand below DATA:

    <format>/sources/NAME.EXT      with  <format>/groundtruth/NAME.EXT.md or <format>/groundtruth/NAME.md
    **/gold_standard_cct/NAME.txt  with  NAME anywhere
    **/NAME.pdf                    with  **/NAME.txt or **/NAME.gold.txt in the same folder

Left out, each by a rule and listed: gold whose source is not there; gold whose formulas are TeX (more than 2 % of its words: the
file holds other signs); gold under an engine's name, which is what that OCR engine read and nobody's truth; scanned pages,
which another command judges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evals.words import formula_share

FORMULA_SHARE = 0.02
SCANS = frozenset(("ocr", "webp"))
"""Folders of pages that are pictures."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`format` is the folder that holds `sources`, else the extension."""

    source: Path
    gold: Path
    format: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    gold: Path
    why: str


def find_pairs(data: Path) -> tuple[list[Pair], list[LeftOut]]:
    """Every pair below `data`, and every gold text that makes none."""
    names: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(data.rglob("*")):
        if path.is_file():
            names[path.name].append(path)
    pairs: list[Pair] = []
    left_out: list[LeftOut] = []
    for gold, source, named in (*_docling(names), *_cct(names), *_beside(names)):
        if why := _no_truth(gold, named):
            left_out.append(LeftOut(gold, why))
        elif source is None:
            left_out.append(LeftOut(gold, "its source is not here"))
        else:
            pairs.append(Pair(source, gold, named))
    return sorted(pairs, key=lambda p: (p.format, p.source)), left_out


def _docling(names: dict[str, list[Path]]) -> Iterator[tuple[Path, Path | None, str]]:
    for golds in list(names.values()):
        for gold in golds:
            if gold.suffix != ".md" or "groundtruth" not in gold.parts:
                continue
            root = gold.parents[len(gold.parts) - gold.parts.index("groundtruth") - 2]
            folder = root.parent / "sources"
            found = [folder / gold.stem] if (folder / gold.stem).is_file() else sorted(folder.glob(f"{gold.stem}.*"))
            yield gold, found[0] if found else None, root.parent.name


def _cct(names: dict[str, list[Path]]) -> Iterator[tuple[Path, Path | None, str]]:
    for golds in list(names.values()):
        for gold in golds:
            if gold.parent.name == "gold_standard_cct" and gold.suffix == ".txt":
                found = [p for p in names.get(gold.stem, ()) if p != gold]
                yield gold, found[0] if found else None, Path(gold.stem).suffix.lstrip(".").lower()


def _beside(names: dict[str, list[Path]]) -> Iterator[tuple[Path, Path | None, str]]:
    for sources in list(names.values()):
        for source in sources:
            if source.suffix.lower() != ".pdf" or "ocr" in source.parts:
                continue
            for gold in (source.with_suffix(".txt"), source.with_suffix(".gold.txt")):
                if gold.is_file():
                    yield gold, source, "pdf"


def _no_truth(gold: Path, named: str) -> str | None:
    if "groundtruth" in gold.parts and gold.parent.name != "groundtruth":
        return "it is what an OCR engine read"
    if named in SCANS:
        return "its source is a scan"
    share = formula_share(gold.read_text(encoding="utf-8", errors="replace"))
    return f"{share:.0%} of its words stand in TeX formulas" if share > FORMULA_SHARE else None
