"""How well near-duplicates are told, on labelled pairs, and what telling them costs as documents grow in number.

    python -m evals.duplicates [FOLDER...] [--cost 1000 10000 100000] [--seed 1] [--json]

Each FOLDER holds documents as subfolders of revisions (`v1_...`, `v2_...`). The pairs are the consecutive revisions of each
document; conversions of each last revision to HTML, docx and PDF, read by our own parsers; and pairs of different documents, at
random and those that resemble each other most. A pair's label has nothing to do with shingles: it is near when at least .7 of
the words of both stand in the same order (the longest common subsequence of words, by rapidfuzz), and conversions are near. What
is held against it is what ingestion does: signatures that share a band, verified on the texts. Shingle length and threshold were
chosen on the documents whose name hashes even; the figures of the others are the ones to believe.

Cost: so many texts of 150 words, one in ten a copy with two words changed; seconds to sign them and to group them, and how many
pairs were verified. Exit 0 when precision and recall are at least .95 on the documents that were not used for choosing.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import io
import json
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from catalog.duplicates import Signed
from catalog.ids import DocumentId, VersionId, digest
from index.sketch import NEAR, Shingles, bands, resemblance, shingles, signature, words
from ingest.dedupe import near_duplicates
from ingest.documents import SEPARATOR
from ingest.parse.engine import Options
from ingest.read import read

SAME_ORDER = 0.7
RANDOM_PAIRS = 300
HARD_PAIRS = 100
AIM = 0.95


@dataclass(frozen=True, slots=True)
class Pair:
    kind: str
    chosen_on: bool  # whether it is of the half that the threshold was chosen on
    near: bool
    told: bool


def pairs(folder: Path, seed: int) -> Iterator[Pair]:
    """Every labelled pair of a folder of revisions."""
    latest: dict[str, str] = {}
    for place in sorted(p for p in folder.iterdir() if p.is_dir()):
        files = sorted(place.glob("v*"), key=lambda p: int((re.match(r"v(\d+)", p.name) or ["", "0"])[1]))
        texts = [_text(file.name, file.read_bytes()) for file in files]
        for one, other in pairwise(texts):
            yield Pair("revisions", _chosen_on(place.name), same_order(one, other) >= SAME_ORDER, told(one, other))
        latest[place.name] = texts[-1]
        for name, data in conversions(texts[-1]):
            yield Pair("conversions", _chosen_on(place.name), True, told(texts[-1], _text(name, data)))
    yield from _different(latest, seed)


def _different(latest: dict[str, str], seed: int) -> Iterator[Pair]:
    every = list(combinations(sorted(latest), 2))
    known = {name: shingles(text) for name, text in latest.items()}
    hard = sorted(every, key=lambda pair: -resemblance(known[pair[0]], known[pair[1]]))[:HARD_PAIRS]
    by_chance = random.Random(seed).sample(every, min(RANDOM_PAIRS, len(every)))
    for a, b in dict.fromkeys([*hard, *by_chance]):
        one, other = latest[a], latest[b]
        yield Pair("different documents", _chosen_on(a), same_order(one, other) >= SAME_ORDER, told(one, other))


def told(one: str, other: str) -> bool:
    """What ingestion tells of two texts."""
    left, right = signature(one), signature(other)
    if left is None or right is None or not set(bands(left)) & set(bands(right)):
        return False
    return resemblance(shingles(one), shingles(other)) >= NEAR


def same_order(one: str, other: str) -> float:
    """Twice the longest common subsequence of words, over all words of both."""
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity(words(one), words(other))


def conversions(text: str) -> Iterator[tuple[str, bytes]]:
    """The text as other programs would save it: HTML, docx and PDF of its blocks."""
    blocks = [block for block in text.split(SEPARATOR) if block.strip()]
    yield "a.html", ("<html><body>" + "".join(f"<p>{html.escape(b)}</p>" for b in blocks) + "</body></html>").encode()
    yield "a.docx", _docx(blocks)
    if all(ord(sign) < 256 for sign in text):  # the standard fonts of PDF have no others
        yield "a.pdf", _pdf(blocks)


def _docx(blocks: Sequence[str]) -> bytes:
    import docx

    made = docx.Document()
    for block in blocks:
        made.add_paragraph("".join(sign for sign in block if sign.isprintable() or sign in "\n\t"))
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _pdf(blocks: Sequence[str]) -> bytes:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    file = io.BytesIO()
    style = getSampleStyleSheet()["BodyText"]
    flow = [part for block in blocks for part in (Paragraph(html.escape(block), style), Spacer(1, 6))]
    SimpleDocTemplate(file).build(flow)
    return file.getvalue()


def cost(number: int, seed: int) -> dict[str, Any]:
    """Sign and group so many documents."""
    chance = random.Random(seed)
    vocabulary = [f"{chance.choice('bcdfglmnprst')}{chance.randrange(36**4):x}" for _ in range(20_000)]
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]
    drawn = chance.choices(vocabulary, weights, k=150 * number)
    texts: list[str] = []
    for n in range(number):
        body = drawn[150 * n : 150 * (n + 1)]
        if n and n % 10 == 0:
            body = texts[chance.randrange(len(texts))].split()
            for _ in range(2):
                body[chance.randrange(len(body))] = chance.choice(vocabulary)
        texts.append(" ".join(body))
    began = time.perf_counter()
    signed = [
        Signed(VersionId(n), DocumentId(n), str(n), "", digest(text), signature(text) or b"") for n, text in enumerate(texts)
    ]
    signing = time.perf_counter() - began
    verified = 0

    def shingles_of(one: Signed) -> Shingles:
        nonlocal verified
        verified += 1
        return shingles(texts[one.document_id])

    began = time.perf_counter()
    groups = near_duplicates(signed, shingles_of)
    return {
        "documents": number,
        "sign_seconds": round(signing, 2),
        "group_seconds": round(time.perf_counter() - began, 2),
        "texts_verified": verified,
        "grouped": sum(len(group.members) for group in groups),
    }


def judged(found: Sequence[Pair]) -> dict[str, Any]:
    """Precision and recall, with their 95 % intervals (Wilson)."""
    right = sum(pair.near and pair.told for pair in found)
    precise, recalled = sum(pair.told for pair in found), sum(pair.near for pair in found)
    return {
        "pairs": len(found),
        "near": recalled,
        "precision": round(right / max(1, precise), 4),
        "precision_interval": _wilson(right, precise),
        "recall": round(right / max(1, recalled), 4),
        "recall_interval": _wilson(right, recalled),
    }


def _wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    if not of:
        return 0.0, 1.0
    share, spread = right / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * (share * (1 - share) / of + spread / (4 * of)) ** 0.5 / (1 + spread)
    return round(middle - half, 4), round(min(1.0, middle + half), 4)


def _text(name: str, data: bytes) -> str:
    return SEPARATOR.join(element.text for element in read(name, data, Options(ocr="none")).elements)


def _chosen_on(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.duplicates", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--cost", type=int, nargs="*", default=[1_000, 10_000, 100_000], metavar="DOCUMENTS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = [pair for folder in options.folders for pair in pairs(folder, options.seed)]
    unseen = [pair for pair in found if not pair.chosen_on]
    told_apart = {
        "chosen on": judged([pair for pair in found if pair.chosen_on]),
        "not seen": judged(unseen),
        **{f"not seen, {kind}": judged([p for p in unseen if p.kind == kind]) for kind in dict.fromkeys(p.kind for p in unseen)},
    }
    revisions = [pair for pair in found if pair.kind == "revisions"]
    every = round(sum(p.told for p in revisions) / max(1, len(revisions)), 4)
    costs = [cost(number, options.seed) for number in options.cost]
    if options.json:
        print(json.dumps({"pairs": told_apart, "of_all_consecutive_revisions": every, "cost": costs}, indent=2))
    else:
        for name, one in told_apart.items():
            spans = f"precision {one['precision']} {one['precision_interval']}, recall {one['recall']} {one['recall_interval']}"
            print(f"{name}: {one['pairs']} pairs, {one['near']} near; {spans}")
        print(f"of all consecutive revisions, rewritten ones among them, {every} are told as near")
        for one in costs:
            print(", ".join(f"{name} {value}" for name, value in one.items()))
    good = judged(unseen)
    return 0 if not found or (good["precision"] >= AIM and good["recall"] >= AIM) else 1


if __name__ == "__main__":
    sys.exit(main())
