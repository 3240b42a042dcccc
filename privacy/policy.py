"""What is redacted, and how: an operator for each entity. Nothing is found that the policy does not name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from privacy.entities import ENTITIES
from privacy.errors import BadPolicy

Operator = Literal["pseudonymise", "mask", "remove", "keep"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
DEFAULT_OPERATOR: Operator = "pseudonymise"


@dataclass(frozen=True, slots=True)
class Policy:
    """Raises `BadPolicy` for an entity or operator that does not exist.

    pseudonymise: a keyed name, equal for equal values of a tenant. mask: the entity's type alone. remove: not even that.
    keep: found and reported, left as it is. An entity without an operator of its own is pseudonymised.
    """

    entities: tuple[str, ...] = ENTITIES
    min_score: float = 0.4
    operators: Mapping[str, Operator] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        unknown = sorted((set(self.entities) | set(self.operators)) - set(ENTITIES))
        if unknown:
            raise BadPolicy(f"The policy names unknown entities: {', '.join(unknown)}. Known are: {', '.join(ENTITIES)}.")
        bad = sorted(set(self.operators.values()) - set(OPERATORS))
        if bad:
            raise BadPolicy(f"The policy names unknown operators: {', '.join(bad)}. Known are: {', '.join(OPERATORS)}.")
        if not 0.0 <= self.min_score <= 1.0:
            raise BadPolicy(f"The policy's min_score is {self.min_score}: it must lie between 0 and 1.")

    def operator(self, entity: str) -> Operator:
        return self.operators.get(entity, DEFAULT_OPERATOR)
