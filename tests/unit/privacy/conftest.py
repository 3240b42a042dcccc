"""Policies, keys and tenants for the tests of privacy."""

from __future__ import annotations

import secrets

import pytest

from catalog.ids import TenantId
from privacy.open import TextRedactor
from privacy.policy import Policy

TENANT = TenantId(1)


@pytest.fixture(scope="session")
def redactor() -> TextRedactor:
    return TextRedactor(Policy(), secrets.token_bytes(32))
