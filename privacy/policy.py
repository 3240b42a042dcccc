"""What is redacted, and how: a score and an operator for each entity. Nothing is found that the policy does not name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from privacy.entities import DEFAULT_ENTITIES, DENIED, ENTITIES, NAMES
from privacy.errors import BadPolicy

Operator = Literal["pseudonymise", "hash", "mask", "remove", "keep"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
NAME_SCORE = 0.5
"""How sure a name must be where the policy states no score for its kind: a model's score says less than a check digit."""
DEFAULT_OPERATOR: Operator = "pseudonymise"


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Policy:
    """Raises `BadPolicy` for an entity or operator that does not exist.

    pseudonymise: a keyed name, equal for equal values of a tenant. hash: the whole keyed digest, for who joins by it. mask: the
    entity's type alone. remove: not even that. keep: found and reported, left as it is. An entity without an operator of its own
    is pseudonymised.

    scores: how sure a find of an entity must be, where it is not `min_score`. allow: patterns of values that are left alone.
    deny: patterns of text that is always found, as `DENIED`, whatever `allow` says. context: more words that announce an entity.
    """

    entities: tuple[str, ...] = DEFAULT_ENTITIES
    min_score: float = 0.4
    operators: Mapping[str, Operator] = field(default_factory=_nothing)
    scores: Mapping[str, float] = field(default_factory=_nothing)
    allow: tuple[re.Pattern[str], ...] = ()
    deny: tuple[re.Pattern[str], ...] = ()
    context: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        known = {*ENTITIES, DENIED}
        unknown = sorted((set(self.entities) - set(ENTITIES)) | ({*self.operators, *self.scores, *self.context} - known))
        if unknown:
            raise BadPolicy(f"The policy names unknown entities: {', '.join(unknown)}. Known are: {', '.join(ENTITIES)}.")
        bad = sorted(set(self.operators.values()) - set(OPERATORS))
        if bad:
            raise BadPolicy(f"The policy names unknown operators: {', '.join(bad)}. Known are: {', '.join(OPERATORS)}.")
        for name, score in (("min_score", self.min_score), *self.scores.items()):
            if not 0.0 <= score <= 1.0:
                raise BadPolicy(f"The policy's {name} is {score}: it must lie between 0 and 1.")

    def operator(self, entity: str) -> Operator:
        return self.operators.get(entity, DEFAULT_OPERATOR)

    def least(self, entity: str) -> float:
        """How sure a find of `entity` must be."""
        return self.scores.get(entity, max(self.min_score, NAME_SCORE) if entity in NAMES else self.min_score)

    def allows(self, value: str) -> bool:
        return any(pattern.fullmatch(value) for pattern in self.allow)

    def described(self) -> dict[str, Any]:
        """All that decides the output, for a fingerprint."""
        return {
            "entities": sorted(self.entities),
            "min_score": self.min_score,
            "operators": {entity: self.operator(entity) for entity in sorted({*self.entities, DENIED})},
            "scores": dict(sorted(self.scores.items())),
            "name_score": NAME_SCORE,
            "allow": sorted(p.pattern for p in self.allow),
            "deny": sorted(p.pattern for p in self.deny),
            "context": {entity: sorted(words) for entity, words in sorted(self.context.items())},
        }
