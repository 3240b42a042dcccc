"""Many sequences in one house, one after the other: what the services remember of one they still have in the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import anyio

from evals.sequences.house import open_house
from evals.sequences.sequence import Sequence as OneSequence
from evals.sequences.sequence import tenants_of
from evals.sequences.tally import Tally


def attempt(
    home: Path,
    numbers: Sequence[int],
    steps: int,
    seed: int,
    tell: Callable[[Tally], None] = lambda _: None,
    *,
    in_memory: bool = False,
    redis_url: str | None = None,
    at_most: int | None = None,
) -> Tally:
    """The sequences of these numbers, in a new house in the folder `home`; `tell` hears of each.

    With `at_most` no further one begins once there are so many findings. Not for use inside an event loop.
    """

    async def run() -> Tally:
        total = Tally()
        tenants = [tenant for number in numbers for tenant in tenants_of(number)]
        async with open_house(home, tenants, in_memory=in_memory, redis_url=redis_url) as house:
            for number in numbers:
                done = await OneSequence(house, number, seed).run(steps)
                total.add(done)
                tell(done)
                if at_most is not None and len(total.findings) >= at_most:
                    break
        return total

    return anyio.run(run)
