"""What can go wrong with running flows.

FlowFault
├── ServerUnavailable     the local Prefect server did not start, or stopped answering
├── SecretInUrl           a path with a password in it: flow parameters are stored and shown
├── SnapshotMissing       there is no group snapshot that can be read at that path or URL
├── SnapshotTooLarge      a group snapshot that nobody should need
├── RecordsBusy           Prefect's database is read or written by others for too long
└── UnexpectedFault       a failure that nobody foresaw: told by place and type, never by its words
"""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Iterator
from pathlib import Path

from catalog.errors import PortcullisError


class FlowFault(PortcullisError):
    code = "flow_error"


class ServerUnavailable(FlowFault):
    code = "prefect_unavailable"
    retryable = True

    def __init__(self, what: str, log: Path) -> None:
        super().__init__(
            f"The local Prefect server {what}. Its log is {log}; `portcullis engine stop` clears the way for a new one."
        )


class SecretInUrl(FlowFault):
    code = "secret_in_url"

    def __init__(self) -> None:
        super().__init__(
            "The URL holds a password, and Prefect stores and shows what a flow is called with. "
            "Leave it out and give the credentials in the environment, as fsspec documents for that kind of store."
        )


class SnapshotMissing(FlowFault):
    code = "snapshot_missing"

    def __init__(self, location: str, why: Exception) -> None:
        reason = why.strerror if isinstance(why, OSError) and why.strerror else type(why).__name__
        super().__init__(f"There is no group snapshot to read at {location} ({reason}).")


class SnapshotTooLarge(FlowFault):
    code = "snapshot_too_large"

    def __init__(self, location: str, limit_bytes: int) -> None:
        super().__init__(f"The group snapshot at {location} is larger than {limit_bytes} bytes. Was another file meant?")


class RecordsBusy(FlowFault):
    code = "prefect_records_busy"
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            "Prefect's database is in use, so what it says of documents cannot leave its file now. When "
            "its runs are done, `portcullis forget --again` finishes what was begun; `portcullis engine stop` ends the server."
        )


class UnexpectedFault(FlowFault):
    """Stands for an exception whose message may quote a document, so that neither Prefect's logs nor its states can (law 8)."""

    code = "internal_error"

    def __init__(self, error: BaseException) -> None:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name != told_by_place.__name__]
        where = "; ".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames[-3:])
        super().__init__(f"{type(error).__name__} at {where}. Run it with PORTCULLIS_DEBUG=1 on a terminal to see all of it.")


@contextlib.contextmanager
def told_by_place() -> Iterator[None]:
    """Let our own errors through without what caused them, and turn any other into `UnexpectedFault`.

    Prefect writes the message and the cause of what a flow raises into its log and database; those may quote documents.
    PORTCULLIS_DEBUG=1 lets everything through as it is.
    """
    try:
        yield
    except PortcullisError as error:
        if not debugging():
            error.__cause__, error.__suppress_context__ = None, True
        raise
    except Exception as error:
        if debugging():
            raise
        raise UnexpectedFault(error) from None


def debugging() -> bool:
    """Does the operator want tracebacks, at the price of what they may quote?"""
    return os.environ.get("PORTCULLIS_DEBUG", "") not in ("", "0")
