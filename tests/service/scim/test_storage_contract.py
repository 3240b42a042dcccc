"""scim2-server's own rules of a storage, whole, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import ScimStorageContract
from scim2_server.utils import load_default_provider
from sqlalchemy import Engine

from acl.scim.storage import SqlStorage
from catalog.session import transaction
from catalog.tenants import create_tenant


class TestOurStorage(ScimStorageContract):
    """With the contract's own provider; each call is a transaction of its own. Its rules of cursors are skipped: we have none."""

    @pytest.fixture(scope="class")
    def provider(self) -> ScimProvider:
        """The contract's own, made once."""
        return load_default_provider()

    @pytest.fixture
    def storage(self, catalog: Engine, provider: ScimProvider) -> SqlStorage:
        with transaction(catalog) as session:
            tenant_id = create_tenant(session, "default")
        return SqlStorage(catalog, tenant_id, "key:test", provider)
