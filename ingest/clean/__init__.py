"""Take the damage of its journey out of a text, nothing else. One file for each kind of damage; clean text passes unchanged."""

from ingest.clean.document import clean
from ingest.clean.text import clean_text

__all__ = ["REVISION", "clean", "clean_text"]

REVISION = 2
"""Raise it whenever a rule changes: the documents are then read anew."""
