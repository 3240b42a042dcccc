"""Questions that name somebody. The answer tells which pseudonym a name has, so each is audited, and a person's are bounded.

What was asked is not in the audit: only which kinds of values, and how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine

from catalog.audit import count_since, record
from catalog.ids import utc_now
from catalog.session import transaction
from privacy.entities import NAMES
from privacy.pseudonym import is_pseudonym
from privacy.span import Redaction
from retrieval.errors import TooManyNames
from retrieval.identity import Asker

ACTION = "ask_by_name"
MINUTE = timedelta(minutes=1)


def as_asked(question: str, redacted: Redaction) -> tuple[str | None, tuple[str, ...]]:
    """The question with its names as they were asked and other values replaced, and the names: None where none was hidden."""
    pieces, names, last = [], [], 0
    for found, placed in zip(redacted.found, redacted.placed, strict=True):
        stand_in, value = redacted.text[placed.start : placed.end], question[found.start : found.end]
        if found.label in NAMES and is_pseudonym(stand_in):
            names.append(value)
            stand_in = value
        pieces += [question[last : found.start], stand_in]
        last = found.end
    return "".join((*pieces, question[last:])) if names else None, tuple(names)


def note_names(catalog: Engine, asker: Asker, question: Sequence[Redaction], request_id: UUID, most_per_minute: int) -> None:
    """Audit a question whose texts hold pseudonyms. Raises `TooManyNames` when the person's key asked more of them in a minute.

    `most_per_minute` 0 sets no bound; an operator, who can read the catalog, has none. Those refused count too.
    """
    placed = ((text, span) for text in question for span in text.placed)
    kinds = Counter(span.label for text, span in placed if is_pseudonym(text.text[span.start : span.end]))
    if not kinds:
        return
    of = f"user:{asker.person.name}"
    with transaction(catalog) as write:
        details = {"request_id": str(request_id), "names": dict(sorted(kinds.items()))}
        record(write, asker.tenant_id, actor=asker.actor, action=ACTION, object_=of, details=details)
        asked = count_since(write, asker.tenant_id, ACTION, of, utc_now() - MINUTE) + 1  # with this one
    if most_per_minute and asker.actor != "operator" and asked > most_per_minute:
        raise TooManyNames(most_per_minute)
