"""Policies, keys and tenants for the tests of privacy."""

from __future__ import annotations

import secrets

import pytest

from catalog.ids import TenantId
from privacy.open import PatternRedactor
from privacy.policy import Policy

TENANT = TenantId(1)


@pytest.fixture(scope="session")
def redactor() -> PatternRedactor:
    return PatternRedactor(Policy(), secrets.token_bytes(32))
