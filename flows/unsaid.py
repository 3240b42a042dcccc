"""What Prefect stores of the value of a run: nothing. Its message and its log say what went wrong.

Prefect 3 writes the exception of a failed flow into its storage whatever `persist_result` says (`write_result=True` in
`prefect/flow_engine.py`), as a pickle in base64, where no erasure would find a name that it tells.
"""

from __future__ import annotations

from typing import Any

from prefect.serializers import Serializer
from pydantic import Field


class Unsaid(Serializer):
    """Keeps no value. Who reads one back gets an error that says where to look."""

    type: str = Field(default="portcullis-unsaid", frozen=True)

    def dumps(self, obj: Any) -> bytes:
        """The same bytes for every value."""
        return b"unsaid"

    def loads(self, blob: bytes) -> RuntimeError:
        """In place of the value."""
        return RuntimeError("What a run raised is not stored: its message and its log tell.")
