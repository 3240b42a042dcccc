"""Where something lies: a local path or a URL that fsspec opens. Without passwords, since Prefect stores it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flows.errors import SecretInUrl


def absolute(location: str) -> str:
    """`location` as any process understands it: a local path made absolute, a URL as it is. Raises `SecretInUrl`."""
    if "://" not in location:
        return str(Path(location).expanduser().absolute())
    if any(urlsplit(part).password for part in location.split("::")):
        raise SecretInUrl
    return location
