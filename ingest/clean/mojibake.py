"""Text that was decoded by the wrong code page, \u00c3\u00a9 for \u00e9. Only that: quotes and widths keep their form."""

from __future__ import annotations

import re

_SUSPECT = re.compile(
    "[\u0080-\u009f]|[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|[\u0393\u0102\u0420\u0421][^\\W\\d_a-zA-Z]|\u00e2\u20ac"
)
"""What every misread UTF-8 holds: the first byte of a character as a letter, then one that is rarely written after it."""
ROUNDS = 4  # text that was misread more often is lost


def mojibake(text: str) -> tuple[str, int]:
    """By ftfy's encoding fix alone, line by line; a line that it judges sound is not touched."""
    if text.isascii() or not _SUSPECT.search(text):
        return text, 0
    from ftfy import fix_encoding

    mended, found = [], 0
    for line in text.split("\n"):
        fixed = line
        if not line.isascii() and _SUSPECT.search(line):
            for _ in range(ROUNDS):
                before, fixed = fixed, fix_encoding(fixed)
                if before == fixed:
                    break
            found += fixed != line
        mended.append(fixed)
    return "\n".join(mended), found
