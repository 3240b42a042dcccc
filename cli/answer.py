"""How every command speaks: an answer on stdout (a table, or one JSON document), everything else on stderr, an exit code.

0 done, 1 failed or refused, 2 wrong usage, 3 done with quarantined files, 130 interrupted. A reader that goes away ends us
silently.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer

from catalog.errors import PortcullisError
from catalog.ids import DEFAULT_TENANT

FAILED = 1
QUARANTINED = 3
INTERRUPTED = 130
GONE = 141  # what a shell reports for a program that its reader left: 128 + SIGPIPE

Tenant = Annotated[str, typer.Option("--tenant", metavar="NAME", help="The tenant to work in.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
DEFAULT = DEFAULT_TENANT

P = ParamSpec("P")


class UnknownKey(PortcullisError):
    code = "unknown_key"

    def __init__(self, key_id: str) -> None:
        super().__init__(f"The tenant has no key {key_id!r} in force. `portcullis keys list` shows them.")


class HomeNotWritable(PortcullisError):
    code = "home_not_writable"

    def __init__(self, home: Path, why: str) -> None:
        super().__init__(f"{home} cannot be written ({why}). Set PORTCULLIS_HOME to a folder of your own.")


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Tell what goes wrong in a command once, as `error[code]: message`, and leave with its exit code."""

    @functools.wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            with_home()
            function(*args, **kwargs)
            sys.stdout.flush()
        except PortcullisError as error:
            fail(error.code, str(error), as_json)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains when it flushes
            raise typer.Exit(GONE) from None
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except Exception as error:
            _fail_unforeseen(error, as_json)

    return told


def fail(code: str, message: str, as_json: bool) -> None:
    """Say what is wrong and leave. With `--json` the same stands on stdout as a document."""
    if as_json:
        print(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
    print(f"error[{code}]: {message}", file=sys.stderr)
    raise typer.Exit(FAILED)


def _fail_unforeseen(error: Exception, as_json: bool) -> None:
    from pydantic import ValidationError

    from flows.errors import UnexpectedFault, debugging

    if isinstance(error, ValidationError) and error.title.endswith("Settings"):
        prefix = error.title.removesuffix("Settings").upper()
        faults = "; ".join(f"{prefix}_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        fail("bad_setting", f"An environment variable cannot be used. {faults}", as_json)
    if debugging():
        raise error
    fail(UnexpectedFault.code, str(UnexpectedFault(error)), as_json)


def with_home() -> Path:
    """The folder of all embedded state, made if missing. Raises `HomeNotWritable`."""
    from catalog.settings import home

    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "permission denied")
    except OSError as error:
        raise HomeNotWritable(folder, (error.strerror or type(error).__name__).lower()) from None
    return folder


def document(body: Any) -> None:
    """The answer as one JSON document."""
    print(json.dumps(body, ensure_ascii=False, indent=2, default=str))


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], empty: str = "Nothing.") -> None:
    """The answer as a table: folded into the terminal's width, or, piped, one line a row with whole values."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        print(empty)
    elif sys.stdout.isatty():
        _rich_table(headers, cells)
    else:
        widths = [max(len(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]
        for line in [[h.upper() for h in headers], *cells]:
            print("  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip())


def _rich_table(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        drawn.add_column(header, overflow="fold")
    for line in cells:
        drawn.add_row(*(Text(value) for value in line))  # Text: a file called [red] is not markup
    Console().print(drawn)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    text = value.strftime("%Y-%m-%d %H:%M:%S") if hasattr(value, "strftime") else str(value)
    return "".join(c if c.isprintable() else "�" for c in text)  # a file's name must not move the cursor
