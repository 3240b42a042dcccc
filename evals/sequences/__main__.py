"""Random sequences of people, tenants, questions, revocations, new lists and erasures: 0 leaks, 0 stale answers.

    python -m evals.sequences [--sequences 2000] [--steps 12] [--seed 1] [--jobs N] [--first N] [--redis URL] [--json]

Each sequence is a few new tenants in the catalog and the embedded index of a service that goes on. Exit 0 when nothing was found.
`--first N --sequences 1` with the same seed and steps shows sequence N again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from evals.sequences.spread import spread


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.sequences", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=12, help="questions of a sequence")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes, each with a home of its own")
    parser.add_argument("--first", type=int, default=0, help="the number of the first sequence")
    parser.add_argument("--redis", metavar="URL", help="a Redis that keeps sessions and answers of both services of a house")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.sequences)
    began = time.monotonic()
    with _bar(len(numbers)) as tell:
        total = spread(numbers, options.steps, options.seed, max(1, min(options.jobs, len(numbers))), tell, options.redis)
    seconds = time.monotonic() - began
    if options.json:
        json.dump({**total.described(), "seconds": round(seconds, 1)}, sys.stdout, indent=1)
        print()
    else:
        print(total.told())
        print(f"{seconds:.0f} s in {options.jobs} processes")
    return 0 if total.passed else 1


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        shown = progress.add_task("sequences", total=total)
        yield lambda done: progress.update(shown, completed=done)


if __name__ == "__main__":
    raise SystemExit(main())
