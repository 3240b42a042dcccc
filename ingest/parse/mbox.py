"""Mailboxes of the mbox family: each message becomes a member, in order. A line `From ` behind a blank one begins a message."""

from __future__ import annotations

import re

from ingest.errors import Quarantine
from ingest.parse.engine import Options, Reading
from ingest.parse.members import Members

_BEGINNING = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\d\d:\d\d[^\r\n]*\d{4}[^\r\n]*\r?\n")
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


def parse_mbox(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine` bomb or corrupt."""
    beginnings = list(_BEGINNING.finditer(data))
    if not beginnings:
        raise Quarantine("corrupt", "no message begins in it; export the mailbox again")
    members = Members(options, len(data))
    ends = [match.start() for match in beginnings[1:]] + [len(data)]
    for number, (match, end) in enumerate(zip(beginnings, ends, strict=True), 1):
        members.add(f"{number:05}.eml", _ESCAPED.sub(rb"\1", data[match.end() : end]))
    return Reading(None, [], members.members)
