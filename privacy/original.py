"""What a pseudonym stands for, as long as a document is in memory. No original shows in `repr()`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from privacy.pseudonym import is_pseudonym
from privacy.span import Redaction


@dataclass(frozen=True, slots=True)
class Original:
    """A detected value in the spelling that was found. Hand it on to the vault, or let it go."""

    pseudonym: str
    entity: str
    value: str = field(repr=False)


def originals(redaction: Redaction) -> Iterator[Original]:
    """The values that `redaction` put a pseudonym in the place of; what was masked, removed or kept has none."""
    for found, placed, value in zip(redaction.found, redaction.placed, redaction.values, strict=True):
        name = redaction.text[placed.start : placed.end]
        if is_pseudonym(name):
            yield Original(name, found.label, value)
