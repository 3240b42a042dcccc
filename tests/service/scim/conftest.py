"""A SCIM server over a real catalog, once SQLite, once PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.service.scim.client import Scim


@pytest.fixture
def scim(catalog: Engine) -> Scim:
    return Scim(catalog)
