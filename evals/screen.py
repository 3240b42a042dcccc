"""Does the screen find attacks on the model that reads passages, and does it leave ordinary passages alone?

    python -m evals.screen [DATA] [--misses] [--json]

Attacks are ours (`evals/attacks/`): `tuned_on` was looked at while the rules were written, `held_out` was written before them and
read only by this command, `reworded` was written after them to get past them: what somebody can do who knows the rules. Each is
screened as a passage that holds nothing else. Ordinary passages are stretches of at most about 900 characters of real documents
under DATA: those of the first group were looked at while the rules were written, the others not.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import thread_time

from retrieval.screen import screen

ATTACKS = Path(__file__).parent / "attacks"
LONGEST = 900
EACH = 1500
"""Passages of one collection at most."""
LOOKED_AT = {"kubernetes": "acl/k8s-community/docs/**/*.md", "peps": "versions/peps/pep-*/*"}
UNSEEN = {
    "knative": "versions/knative-docs/**/*.md",
    "xquad": "retrieval/xquad-en/corpus.jsonl",
    "medquad": "retrieval/medquad-small/corpus.jsonl",
    "pubmedqa": "retrieval/pubmedqa-l/corpus.jsonl",
}


@dataclass(frozen=True, slots=True)
class Attack:
    kind: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """`found` of `attacks`; `flagged` of `ordinary` passages; milliseconds of processor time for one ordinary passage."""

    found: dict[str, int]
    attacks: dict[str, int]
    flagged: dict[str, int]
    ordinary: dict[str, int]
    mean_ms: float
    p99_ms: float


def attacks(name: str) -> list[Attack]:
    lines = (ATTACKS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Attack(**json.loads(line)) for line in lines]


def passages(data: Path, pattern: str) -> Iterator[str]:
    """Stretches of the files' paragraphs, in the order of their names."""
    for file in sorted(path for path in data.glob(pattern) if path.is_file()):
        text = file.read_text(encoding="utf-8", errors="replace")
        texts = [json.loads(line)["text"] for line in text.splitlines()] if file.suffix == ".jsonl" else [text]
        for whole in texts:
            part = ""
            for paragraph in whole.split("\n\n"):
                if part and len(part) + len(paragraph) > LONGEST:
                    yield part
                    part = ""
                part = f"{part}\n\n{paragraph}".strip()[: 2 * LONGEST]
            if part:
                yield part


def spread(found: list[str]) -> list[str]:
    """At most `EACH`, evenly from all."""
    step = max(1, len(found) // EACH)
    return found[::step][:EACH]


def measure(data: Path, names: tuple[str, ...], *, misses: bool = False) -> Result:
    found: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for name in names:
        for attack in attacks(name):
            hit = bool(screen(attack.text))
            for group in (name, f"{name}/{attack.kind}", f"{name}/{'en' if attack.language == 'en' else 'other languages'}"):
                given[group] += 1
                found[group] += hit
            if misses and not hit:
                print(f"missed   {name} {attack.kind} {attack.language}: {attack.text!r}")
    flagged: Counter[str] = Counter()
    ordinary: Counter[str] = Counter()
    times: list[float] = []
    for name, pattern in (LOOKED_AT | UNSEEN).items():
        for text in spread(list(dict.fromkeys(passages(data, pattern)))):
            began = thread_time()
            flags = screen(text)
            times.append((thread_time() - began) * 1000)
            ordinary[name] += 1
            flagged[name] += bool(flags)
            if misses and flags and name in LOOKED_AT:
                print(f"flagged  {name} {[(f.code, text[f.start : f.end][:160]) for f in flags][:2]}")
    times.sort()
    return Result(
        {k: found[k] for k in given}, dict(given), {k: flagged[k] for k in ordinary}, dict(ordinary),
        sum(times) / len(times), times[int(len(times) * 0.99)],
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(os.environ.get("PORTCULLIS_TEST_DATA", ".")))
    parser.add_argument(
        "--misses", action="store_true", help="print missed attacks of `tuned_on` and flagged passages; skips `held_out`"
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = measure(given.data, ("tuned_on",) if given.misses else ("tuned_on", "held_out", "reworded"), misses=given.misses)
    if given.json:
        print(json.dumps(asdict(result)))
        return
    for group, number in result.attacks.items():
        print(f"{group:32} found    {result.found[group]:4} of {number:4}  {result.found[group] / number:.3f}")
    for name, number in result.ordinary.items():
        seen = "looked at" if name in LOOKED_AT else "unseen"
        print(f"{name:20} {seen:10}  flagged  {result.flagged[name]:4} of {number:4}  {result.flagged[name] / number:.4f}")
    print(f"one passage, processor time: {result.mean_ms:.3f} ms, p99 {result.p99_ms:.3f} ms")


if __name__ == "__main__":
    main()
