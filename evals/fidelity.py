"""How much of a document's text comes through, against gold text, format by format, with unstructured's default beside it.

    python -m evals.fidelity DATA [--only FORMAT] [--files] [--json]

`evals/gold.py` says which pairs count and which gold is left out, `evals/words.py` how words are counted. Each side reads in a
process of its own, 60 s a file. A file that one side cannot read counts 0 for it; what neither reads is listed and counts
for nobody. Exit 0 always: figures, no verdict.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from evals.gold import Pair, find_pairs
from evals.side import Outcome, Side
from evals.words import Fidelity, compare, words

WARM_UP_SECONDS = 180.0
NOTHING = Fidelity(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One file, both sides."""

    pair: Pair
    ours: Fidelity
    peer: Fidelity
    our_outcome: Outcome
    peer_outcome: Outcome

    @property
    def read_by_anyone(self) -> bool:
        return self.our_outcome.reason is None or self.peer_outcome.reason is None


def measure(pairs: Sequence[Pair], ours: Side, peer: Side, told: Callable[[str], None]) -> list[Row]:
    """Every pair read by both sides and compared with its gold."""
    rows = []
    for pair in pairs:
        gold = words(pair.gold.read_text(encoding="utf-8", errors="replace"))
        mine, theirs = ours.read(pair.source), peer.read(pair.source)
        rows.append(Row(pair, _judge(gold, mine), _judge(gold, theirs), mine, theirs))
        told(f"{pair.format:10} {rows[-1].ours.f1:.3f} {rows[-1].peer.f1:.3f} {pair.source.name}")
    return rows


def _judge(gold: list[str], outcome: Outcome) -> Fidelity:
    return NOTHING if outcome.reason is not None else compare(gold, words(outcome.text))


def warm_up(*sides: Side) -> None:
    """Let each side import what it needs, so that seconds are those of reading. Raises RuntimeError when a side reads nothing."""
    with tempfile.TemporaryDirectory() as folder:
        page, text = Path(folder) / "a.html", Path(folder) / "a.txt"
        page.write_text("<html><body><h1>Ready</h1><p>This page wakes the reader up.</p></body></html>")
        text.write_text("Ready\n\nThis text wakes the reader up.\n")
        for side in sides:
            timeout, side.timeout_seconds = side.timeout_seconds, WARM_UP_SECONDS
            for path in (page, text):
                if (outcome := side.read(path)).reason is not None:
                    raise RuntimeError(f"{side.name} cannot read a plain page: {outcome.reason} {outcome.detail}")
            side.timeout_seconds = timeout


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Means over the files of a group that anyone reads."""
    counted = [row for row in rows if row.read_by_anyone]
    if not counted:
        return {"files": len(rows), "counted": 0}
    sides = {
        name: {
            "f1": fmean(pick(row)[0].f1 for row in counted),
            "precision": fmean(pick(row)[0].precision for row in counted),
            "recall": fmean(pick(row)[0].recall for row in counted),
            "order": fmean(pick(row)[0].order for row in counted),
            "unread": sum(pick(row)[1].reason is not None for row in counted),
            "seconds": sum(pick(row)[1].seconds for row in counted),
        }
        for name, pick in _PICKS.items()
    }
    return {"files": len(rows), "counted": len(counted), **sides}


_PICKS: dict[str, Callable[[Row], tuple[Fidelity, Outcome]]] = {
    "ours": lambda row: (row.ours, row.our_outcome),
    "peer": lambda row: (row.peer, row.peer_outcome),
}


def by_format(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Format to its summary, in the order of the alphabet; `all` is the mean over files."""
    formats = sorted({row.pair.format for row in rows})
    return {name: summary([r for r in rows if r.pair.format == name]) for name in formats} | {"all": summary(rows)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.fidelity", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", metavar="FORMAT", action="append", help="only this format; may be given more than once")
    parser.add_argument("--files", action="store_true", help="a line for each file, not only for each format")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    data: Path = options.data.resolve()
    pairs, left_out = find_pairs(data)
    pairs = [pair for pair in pairs if options.only is None or pair.format in options.only]
    with Side("ours") as ours, Side("peer") as peer:
        warm_up(ours, peer)
        rows = measure(pairs, ours, peer, lambda line: print(line, file=sys.stderr))
    formats = by_format(rows)
    if options.json:
        files = [_file(row, data) for row in rows]
        gold = [{"gold": str(entry.gold.relative_to(data)), "why": entry.why} for entry in left_out]
        print(json.dumps({"formats": formats, "files": files, "left_out": gold}, indent=1))
        return 0
    _show(formats)
    if options.files:
        print()
        for row in sorted(rows, key=lambda r: r.ours.f1):
            sides = "  ".join(f"{name} {_line(*pick(row))}" for name, pick in _PICKS.items())
            print(f"{row.pair.format:10} {sides}  {row.pair.source.name}")
    print("\nRead by neither:")
    for row in rows:
        if not row.read_by_anyone:
            whys = f"{row.our_outcome.reason}, peer {row.peer_outcome.reason}"
            print(f"  {row.pair.source.relative_to(data)}: {whys}")
    print("\nGold left out:")
    for why, count in Counter(entry.why for entry in left_out).most_common():
        print(f"  {count} because {why}: " + ", ".join(e.gold.name for e in left_out if e.why == why)[:160])
    return 0


def _file(row: Row, data: Path) -> dict[str, Any]:
    sides: dict[str, Any] = {}
    for name, pick in _PICKS.items():
        fidelity, outcome = pick(row)
        sides[name] = {**asdict(fidelity), "seconds": outcome.seconds, "reason": outcome.reason, "detail": outcome.detail}
    return {"source": str(row.pair.source.relative_to(data)), "format": row.pair.format, **sides}


def _line(fidelity: Fidelity, outcome: Outcome) -> str:
    return f"{outcome.reason:>17.17}" if outcome.reason else f"{fidelity.f1:.3f} order {fidelity.order:.3f}"


def _show(formats: dict[str, dict[str, Any]]) -> None:
    side = f"{'F1':>5} {'prec':>5} {'rec':>5} {'order':>5} {'unread':>6} {'s':>6}"
    print(f"{'':14} | {'ours':37} | peer\n{'format':10} {'n':>3} | {side} | {side}")
    for name, row in formats.items():
        if row["counted"]:
            print(f"{name:10} {row['counted']:3} | {_cells(row['ours'])} | {_cells(row['peer'])}")


def _cells(side: dict[str, Any]) -> str:
    figures = " ".join(f"{side[key]:5.3f}" for key in ("f1", "precision", "recall", "order"))
    return f"{figures} {side['unread']:6} {side['seconds']:6.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
