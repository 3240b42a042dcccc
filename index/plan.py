"""How a search is carried out: exactly, over flat segments; `index/fuse.py` makes one list of the dense and the lexical one.

Why exact: under an access filter the usual graph search loses results that the person may read. Measured with the default
graph, 384 dimensions and a filter independent of topic: recall@10 .67 at 100,000 points of which 14 % pass, .01 at 500,000 of
which 1.8 % pass. Exact search has recall 1 and took 1 to 6 ms at 100,000 points. So no collection builds a graph yet (m = 0);
above that size the plan is where a choice by readable points will stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.point import Lexical, SearchQuery, Vector

LEAST_DEPTH = 50


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """`depth` points of each list are fused when both vectors are there; one vector alone is a plain search.

    `floor`: the least cosine of a hit.
    """

    dense: Vector | None
    lexical: Lexical | None
    limit: int
    depth: int
    exact: bool = True
    floor: float | None = None


def plan(query: SearchQuery) -> SearchPlan | None:
    """The way to answer `query`, or None when there is nothing to look for: no vector, no term, or no place for a result."""
    lexical = query.lexical if query.lexical is not None and query.lexical.indices else None
    if query.limit < 1 or (query.dense is None and lexical is None):
        return None
    floor = None if query.dense is None or query.floor is None else float(query.floor)
    return SearchPlan(query.dense, lexical, query.limit, max(query.limit, LEAST_DEPTH), floor=floor)
