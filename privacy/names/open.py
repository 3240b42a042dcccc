"""The finder of names that a setting chooses."""

from __future__ import annotations

from privacy.errors import BadPolicy
from privacy.names.finder import NameFinder
from privacy.names.others import LOADERS, OtherNames


def open_names(chosen: str) -> NameFinder | None:
    """The finder that a setting names; None for `off`. Raises `BadPolicy` for what is none, and `NamesUnavailable`."""
    if chosen == "off":
        return None
    if chosen == "bundled":
        from privacy.names.bundled import BundledNames

        return BundledNames()
    kind, _, place = chosen.partition(":")
    if kind not in LOADERS or not place:
        known = ", ".join(f"{name}:MODEL" for name in LOADERS)
        raise BadPolicy(f"PRIVACY_NAMES is {chosen!r}: it must be bundled, off, or one of {known}.")
    return OtherNames(kind, place)
