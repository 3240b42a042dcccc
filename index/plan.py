"""How a search is carried out. There is no graph: every point that may be read is compared, so no permitted result is lost.

Why: under an access filter the usual graph loses results that the person may read. Measured with the default graph, 384
dimensions and a filter independent of topic: recall@10 .67 at 100,000 points of which 14 % pass, .01 at 500,000 of which 1.8 %
pass; with ACORN .998 and .76. Comparing every permitted point has recall 1 and costs time in the number of those points alone.

That number decides. Up to `EXACT_POINTS` the whole vectors are compared; above, their int8 copies first (a quarter of the bytes,
several times as fast), and the best `OVERSAMPLING` times as many by their whole vectors again. Recall is then measured while it
serves (`retrieval/shadow.py`). Decision 18 has the figures. `index/fuse.py` makes one list of the dense and the lexical one.
"""

from __future__ import annotations

from dataclasses import dataclass

from index.point import Lexical, SearchQuery, Vector

LEAST_DEPTH = 50
EXACT_POINTS = 200_000
OVERSAMPLING = 2.0


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """`depth` points of each list are fused when both vectors are there; one vector alone is a plain search.

    `exact`: by the whole vectors alone. `floor`: the least cosine of a hit.
    """

    dense: Vector | None
    lexical: Lexical | None
    limit: int
    depth: int
    exact: bool = True
    floor: float | None = None


def plan(query: SearchQuery, readable: int = 0) -> SearchPlan | None:
    """The way to answer `query`, or None when there is nothing to look for: no vector, no term, or no place for a result.

    `readable`: about how many points the filter lets through, or more.
    """
    lexical = query.lexical if query.lexical is not None and query.lexical.indices else None
    if query.limit < 1 or (query.dense is None and lexical is None):
        return None
    floor = None if query.dense is None or query.floor is None else float(query.floor)
    exact = query.exact or readable <= EXACT_POINTS
    return SearchPlan(query.dense, lexical, query.limit, max(query.limit, LEAST_DEPTH), exact, floor)
