"""Hold detection against made-up identifiers with right check digits, and against what only looks like one.

    python -m evals.identifiers [--json] [--count 300] [--seed 1] [--tuning] [--show N]

Values, words and carriers are drawn anew by the seed; `--tuning` takes the words and carriers that rules may be tuned by, the
figure to report comes from the others. A value counts as found when spans cover all of it. Exit 0 when each kind's recall is at
least .99 and each look-alike's rate of false positives below .01, 1 otherwise; wrong check digits are shown, not judged.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt
from random import Random

from evals import carriers
from evals.kinds import KINDS, Kind
from evals.lookalikes import LOOK_ALIKES
from privacy.detect import detect
from privacy.policy import Policy

LOWEST_RECALL, HIGHEST_FALSE = 0.99, 0.01


@dataclass(slots=True)
class Rate:
    hits: int = 0
    named: int = 0  # of the hits, how many bear the kind's own label
    of: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 0.0

    def interval(self) -> tuple[float, float]:
        """Wilson's, at 95 %."""
        z, n, p = 1.96, max(self.of, 1), self.value
        middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


def texts_of(kind: Kind, value: str, count: int, r: Random, tuning: bool) -> Iterator[tuple[str, str]]:
    """`count` texts with a value each."""
    words = kind.tuning if tuning else kind.held_out
    named = carriers.TUNING_NAMED if tuning else carriers.HELD_OUT_NAMED
    alone = (carriers.TUNING_BARE if tuning else carriers.HELD_OUT_BARE) if kind.alone else ()
    for nth in range(count):
        made = kind.make(r) if value == "right" else spoilt(kind.make(r), r)
        template = r.choice(alone if alone and nth % 2 else (*named, *(carriers.HEADERS if kind.headers else ())))
        yield template.format(w=r.choice(words), v=made), made


def spoilt(value: str, r: Random) -> str:
    """`value` with its last digit or letter changed for another of its sort."""
    at = max(n for n, c in enumerate(value) if c.isalnum())
    pool = "0123456789" if value[at].isdigit() else "ABCDEFGHJKLMNPRSTVWXYZ"
    return value[:at] + r.choice([c for c in pool if c != value[at].upper()]) + value[at + 1 :]


def covered(text: str, value: str, policy: Policy, kind: Kind | None) -> tuple[bool, bool, bool]:
    """Whether spans cover all of the value, one of them by the kind's label, and whether any touches it."""
    start = text.index(value)
    end = start + len(value)
    spans = [s for s in detect(text, policy) if s.start < end and start < s.end]
    whole = any(s.start <= start and end <= s.end for s in spans)
    return whole, whole and kind is not None and any(s.label in kind.labels for s in spans), bool(spans)


def measure(count: int, seed: int, tuning: bool) -> dict[str, dict[str, Rate]]:
    """Rates by group: `recall`, `wrong check digits`, `look-alikes`."""
    policy = Policy()
    groups: dict[str, dict[str, Rate]] = {"recall": {}, "wrong check digits": {}, "look-alikes": {}}
    for name, kind in KINDS.items():
        for group, what in (("recall", "right"), ("wrong check digits", "wrong")):
            if what == "wrong" and not kind.checked:
                continue
            rate = groups[group].setdefault(name, Rate())
            for text, value in texts_of(kind, what, count, Random(f"{seed} {name} {what}"), tuning):
                whole, named, touched = covered(text, value, policy, kind)
                rate.of += 1
                rate.named += named
                rate.hits += whole if what == "right" else touched
                if what == "right" and not whole:
                    rate.missed.append(text)
    for name, look in LOOK_ALIKES.items():
        rate = groups["look-alikes"].setdefault(name, Rate())
        r = Random(f"{seed} {name}")
        words, named_in = (look.tuning, carriers.TUNING_LOOKS) if tuning else (look.held_out, carriers.HELD_OUT_LOOKS)
        for nth in range(count):
            value = look.make(r)
            text = r.choice(carriers.BARE_LOOKS if look.bare and nth % 2 else named_in).format(w=r.choice(words), v=value)
            touched = covered(text, value, policy, None)[2]
            rate.of += 1
            rate.hits += touched
            if touched:
                rate.missed.append(text)
    return groups


def verdict(groups: dict[str, dict[str, Rate]]) -> list[str]:
    """What falls short, one line each."""
    return [f"recall of {n}: {r.value:.3f}" for n, r in groups["recall"].items() if r.value < LOWEST_RECALL] + [
        f"false positives on {n}: {r.value:.3f}" for n, r in groups["look-alikes"].items() if r.value >= HIGHEST_FALSE
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.identifiers", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tuning", action="store_true", help="the words and carriers that rules may be tuned by")
    parser.add_argument("--show", type=int, default=0, help="print so many texts of each kind that were judged wrong")
    options = parser.parse_args()
    groups = measure(options.count, options.seed, options.tuning)
    short = verdict(groups)
    if options.json:
        rows = {
            group: {n: {"rate": r.value, "low": r.interval()[0], "high": r.interval()[1], "of": r.of} for n, r in rates.items()}
            for group, rates in groups.items()
        }
        print(json.dumps({**rows, "short": short}))
        return 1 if short else 0
    for group, rates in groups.items():
        whole = Rate(sum(r.hits for r in rates.values()), sum(r.named for r in rates.values()), sum(r.of for r in rates.values()))
        print(f"\n{group}")
        for name, rate in (*rates.items(), ("all", whole)):
            low, high = rate.interval()
            named = f", named {rate.named / rate.of:.3f}" if group == "recall" and rate.of else ""
            print(f"  {name:22} {rate.value:.4f} ({low:.4f} to {high:.4f}) of {rate.of}{named}")
            for text in rate.missed[: options.show]:
                print("      ", repr(text), file=sys.stderr)
    print("\n" + ("\n".join(short) or "all hold"))
    return 1 if short else 0


if __name__ == "__main__":
    raise SystemExit(main())
