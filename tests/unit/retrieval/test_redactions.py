"""Kinds and counts of what was replaced."""

from __future__ import annotations

import pytest

from catalog.ids import TenantId
from privacy.entities import ENTITIES
from privacy.pseudonym import REMOVED, mask, pseudonym
from retrieval.redactions import redactions


@pytest.mark.parametrize("entity", ENTITIES)
def test_each_kind_is_read_off_its_placeholders(entity: str) -> None:
    names = [pseudonym(b"k" * 32, TenantId(1), entity, value) for value in ("1", "2")]
    assert redactions(f"{names[0]} and {names[1]}, {mask(entity)}; {REMOVED}") == {entity: 3, "REMOVED": 1}


def test_words_in_brackets_are_no_redactions() -> None:
    assert redactions("see [1], [NOTE], [EMAIL] and [EMAIL_ADDRESS_x]") == {}
