"""A ranking's measures are those of trec_eval, whatever the ranking and the grades."""

from __future__ import annotations

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from evals.measures import MEASURES, measures

THEIRS = {"ndcg@10": "ndcg_cut_10", "recall@10": "recall_10", "recall@100": "recall_100", "mrr": "recip_rank", "map": "map"}
documents = st.integers(0, 300).map("d{}".format)


@given(st.lists(documents, unique=True, max_size=150), st.dictionaries(documents, st.integers(1, 4), min_size=1, max_size=40))
def test_every_measure_is_trec_evals_to_six_digits(ranking: list[str], relevant: dict[str, int]) -> None:
    ours = measures(ranking, relevant)
    assert tuple(ours) == MEASURES
    scored = {document: float(len(ranking) - n) for n, document in enumerate(ranking)}
    if not scored:  # trec_eval leaves a question out that found nothing; a mean over questions must count it as 0
        assert set(ours.values()) == {0.0}
        return
    (theirs,) = pytrec_eval.RelevanceEvaluator({"q": relevant}, set(THEIRS.values())).evaluate({"q": scored}).values()
    assert ours == pytest.approx({name: theirs[other] for name, other in THEIRS.items()}, abs=5e-7)
