"""The inputs that are text: written out here as they are."""

from __future__ import annotations

import gzip
import io
import tarfile

from tests.golden.office import packed

NOTES = """# Notes from the quay

The *east* crane is out of use until the **inspector** has been.

## Open questions

- Who holds the key to the lamp store?
- When does the [tide table](https://example.org/tides) change?
  - And who prints it?

| Berth | Boat |
| ----- | ---- |
| 1 | Margery |
| 2 | empty |

```
slip --open east
```
"""

PAGE = """<!doctype html>
<html><head><title>Opening hours</title><style>p { color: teal }</style></head>
<body><nav><a href="/">Home</a></nav>
<h1>Opening hours</h1>
<p>The shop opens at eight. On <b>Sundays</b> it stays shut, whatever the weather&nbsp;is.</p>
<ol><li>Ring the bell</li><li>Wait for the dog</li></ol>
<table><tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>8 to 17</td></tr></table>
<script>track()</script></body></html>
"""

GUIDE = """Mooring guide
=============

Come in against the wind.

Lines
-----

* bow line first
* stern line second

.. note:: Never step on a line under load.
"""

OUTLINE = """#+TITLE: Season plan
* Spring
Paint the floats.
** Launch
- ketch
- cutter
* Autumn
Haul everything out.
"""

MEMO = (
    r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0\fs24{\b Memo to the crew}\par Caf\'e9 money is due on Friday."
    r"\par The jar stands beside the kettle.\par}"
)

LETTER = b"""From: Ines Duarte <ines@example.org>
To: yard@example.org
Subject: Count of the stores
Date: Fri, 02 Jan 2026 09:00:00 +0000
Message-ID: <count-1@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

The count is done. We miss eleven shackles=E2=80=94please look in the boats.

--inner
Content-Type: text/html; charset="utf-8"

<p>The count is done. We miss eleven shackles&mdash;please look in the boats.</p>

--inner--
--outer
Content-Type: text/csv; name="count.csv"
Content-Disposition: attachment; filename="count.csv"

part,found
shackle,129
thimble,310

--outer--
"""

RECORDS = """{"berth": 1, "boat": {"name": "Margery", "length_m": 14.2}, "crew": ["Ines", "Tomas"], "insured": true}
"""

FEED = """<?xml version="1.0" encoding="utf-8"?>
<log><entry day="2026-01-02"><who>Ines</who><what>Checked the moorings of the east quay.</what></entry>
<entry day="2026-01-03"><who>Tomas</who><what>Replaced two lamps.</what></entry></log>
"""

PRICES = "Item;Price\nBlé noir;3,20\nŽlutý nátěr;14,00\nRope, 10 m;21,50\n"
QUAY = "Über dem Kai liegt Nebel.\nDie Fähre fährt später, sagt der Wärter.\n\nZweiter Absatz: 12 € je Stück.\n"
RECORDING = "Harbour log\n\nThe ﬁrst boat ﬂoated off at dawn. It was re\u00adpaired in the au\u00adtumn.\n"


def archive_zip() -> bytes:
    """A zip of two texts, one in a folder."""
    return packed({"notes.md": NOTES, "berths/log.txt": RECORDING})


def archive_tar_gz() -> bytes:
    """The same two in a tar, gzipped."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in (("notes.md", NOTES), ("berths/log.txt", RECORDING)):
            data = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)
