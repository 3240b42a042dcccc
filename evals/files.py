"""Every file of a share, sound or broken, to its named end: counts, slow files, ends that look wrong, and the memory it took.

    python -m evals.files DATA [--folder docs --folder malformed] [--only GLOB] [--reading] [--json]

The files go through `portcullis ingest` in a temporary home, with a manifest that lets everyone read and states the passwords
that `evals/passwords.py` knows. With --reading they are only parsed and cleaned, in a process that dies for one file alone:
quicker, and no chunk, index or catalog takes part. A quarantined file that should have text is given to unstructured, to see
whether it finds some. Exit 1 when a file has no named end or took over 60 s.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import psutil

from evals.ends import End, ask_the_peer, from_report, looks_wrong, summary
from evals.passwords import password_of
from evals.side import Side
from evals.words import words

SAMPLE_SECONDS = 0.5
READING_SECONDS = 90.0
"""How long the reading process may take before it is killed: beyond the limit that is judged, so that slow is told from hung."""


@dataclass(frozen=True, slots=True)
class Cost:
    """`largest_bytes`: the largest single process of the run; `together_bytes`: all of its processes at their fullest moment."""

    seconds: float
    largest_bytes: int
    together_bytes: int


def ingest(data: Path, paths: Sequence[str], home: Path) -> tuple[dict[str, Any], Cost]:
    """The report of `portcullis ingest --json` over `paths` of `data`, with a manifest of our making in `home`."""
    manifest = home / "manifest.jsonl"
    with manifest.open("w", encoding="utf-8") as out:
        for path in paths:
            line: dict[str, Any] = {"path": path, "allow": ["everyone"]}
            if password := password_of(path):
                line["password"] = password
            out.write(json.dumps(line) + "\n")
    environment = {**os.environ, "PORTCULLIS_HOME": str(home / "home")}
    command = [sys.executable, "-m", "cli", "ingest", str(data), "--manifest", str(manifest), "--source", "files", "--json"]
    since = time.monotonic()
    with (home / "report.json").open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out)
        together = _watch(process)
    cost = Cost(time.monotonic() - since, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, together)
    stop = [sys.executable, "-m", "cli", "engine", "stop"]
    subprocess.run(stop, env=environment, stdout=subprocess.DEVNULL, check=False)
    if process.returncode not in (0, 3):
        raise subprocess.CalledProcessError(process.returncode, command)
    report: dict[str, Any] = json.loads((home / "report.json").read_text(encoding="utf-8"))
    return report, cost


def _watch(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end; the most memory that the process and its children held together, in bytes."""
    most = 0
    while process.poll() is None:
        total = 0
        try:
            root = psutil.Process(process.pid)
            for one in (root, *root.children(recursive=True)):
                total += one.memory_info().rss
        except psutil.Error:
            pass
        most = max(most, total)
        time.sleep(SAMPLE_SECONDS)
    return most


def read(data: Path, paths: Sequence[str]) -> tuple[dict[str, Any], Cost]:
    """The same rows out of parsing and cleaning alone; `chunks` is 1 for what was read."""
    rows = []
    since = time.monotonic()
    with Side("ours", READING_SECONDS) as side:
        for path in paths:
            password = password_of(path)
            outcome = side.read(data / path, [password] if password else [])
            status = "quarantined" if outcome.reason else "indexed"
            row = {"path": path, "status": status, "reason": outcome.reason, "detail": outcome.detail}
            rows.append({**row, "seconds": outcome.seconds, "chunks": int(not outcome.reason)})
            if outcome.seconds > 5:
                print(f"{outcome.seconds:6.1f} s {path}", file=sys.stderr)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return {"files": rows}, Cost(time.monotonic() - since, largest, largest)


def suspects(data: Path, ends: Sequence[End]) -> list[dict[str, Any]]:
    """Ends that look wrong, each with why."""
    found = []
    with Side("peer") as peer:
        for end in ends:
            password = password_of(end.path)
            peer_words = 0
            if ask_the_peer(end) and (data / end.path).is_file():
                peer_words = len(words(peer.read(data / end.path, [password] if password else []).text))
            if why := looks_wrong(end, password, peer_words):
                found.append({"path": end.path, "end": end.name, "why": why, "detail": end.detail})
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.files", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--folder", action="append", help="below DATA; default: docs and malformed")
    parser.add_argument("--only", metavar="GLOB", default="*", help="only paths that match")
    parser.add_argument("--reading", action="store_true", help="parse and clean, nothing else")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    data: Path = options.data.resolve()
    folders = [data / name for name in options.folder or ("docs", "malformed")]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    sizes = {path.relative_to(data).as_posix(): path.stat().st_size for path in files}
    sizes = {path: size for path, size in sizes.items() if fnmatch(path, options.only)}
    if options.reading:
        report, cost = read(data, list(sizes))
    else:
        with tempfile.TemporaryDirectory(prefix="portcullis-files-") as home:
            report, cost = ingest(data, list(sizes), Path(home))
    ends = from_report(report["files"], sizes)
    figures = summary(ends)
    wrong = suspects(data, ends)
    if options.json:
        every = [asdict(end) for end in ends]
        print(json.dumps({**figures, "suspects": wrong, "cost": asdict(cost), "all": every}, indent=1))
    else:
        _show(figures, wrong, cost)
    return 1 if figures["over_60_seconds"] or any(end.status is None for end in ends) else 0


def _show(figures: dict[str, Any], wrong: Sequence[dict[str, Any]], cost: Cost) -> None:
    print(f"{figures['files']} files in {cost.seconds:.0f} s; largest process {cost.largest_bytes / 2**20:.0f} MiB, ", end="")
    print(f"all together {cost.together_bytes / 2**20:.0f} MiB")
    for name, count in figures["ends"].items():
        print(f"{count:6}  {name}")
    print("\nThe slowest:")
    for row in figures["slowest"]:
        print(f"{row['seconds']:8.2f} s  {row['path']}  ({row['end']})")
    print(f"\nEnds that look wrong ({len(wrong)}):")
    for row in wrong:
        print(f"  {row['path']}: {row['end']}; {row['why']}")


if __name__ == "__main__":
    raise SystemExit(main())
