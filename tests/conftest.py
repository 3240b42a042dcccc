"""Fixtures that every test may use."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from catalog.schema import upgrade
from catalog.session import open_engine
from catalog.tables import Base
from index.model import Embedder
from index.open import open_embedder
from index.settings import IndexSettings
from privacy.open import open_redactor
from privacy.redactor import Redactor
from privacy.settings import PrivacySettings

settings.register_profile("portcullis", deadline=None)  # machines are shared: a test that waits is not wrong
settings.load_profile("portcullis")

DATA = Path(os.environ.get("PORTCULLIS_TEST_DATA", "../shared/data"))
LOCK_TIMEOUT_SECONDS = 5.0
WITHOUT_POSTGRES = "PostgreSQL is not here: set TEST_POSTGRES_URL"
NEEDS_POSTGRES = pytest.mark.skipif(not os.environ.get("TEST_POSTGRES_URL"), reason=WITHOUT_POSTGRES)
DATABASES = ("sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRES))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """All that skip for want of PostgreSQL are told of in one line."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and report.longrepr[2].endswith(WITHOUT_POSTGRES):
        report.longrepr = (__file__, None, WITHOUT_POSTGRES)  # type: ignore[assignment]
    return report


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real documents, questions and permissions; tests that need it skip with one line where it is absent."""
    if not DATA.is_dir():
        pytest.skip("real test data is not here: set PORTCULLIS_TEST_DATA to its folder")
    return DATA.resolve()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("catalog") / "template.db"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()  # the last connection folds the WAL into the file
    return file


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of its own on the server at TEST_POSTGRES_URL, dropped at the end. Mark what takes it NEEDS_POSTGRES."""
    given = os.environ["TEST_POSTGRES_URL"]
    name = f"portcullis_test_{secrets.token_hex(6)}"
    server = create_engine(make_url(given).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(given).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """The migrated database; tests take `catalog`, which finds it empty."""
    engine = open_engine(postgres_url, lock_timeout_seconds=LOCK_TIMEOUT_SECONDS)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=DATABASES)
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty catalog: once a fresh SQLite file, once PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "catalog.db")
        engine = open_engine(f"sqlite:///{tmp_path / 'catalog.db'}", lock_timeout_seconds=LOCK_TIMEOUT_SECONDS)
        yield engine
        engine.dispose()
        return
    engine = request.getfixturevalue("postgres_engine")
    with engine.begin() as connection:  # a hundred times faster than TRUNCATE, which makes each table's files anew
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))  # append-only, for all but a test's clean start
        connection.execute(text("UPDATE documents SET current_version_id = NULL"))  # it and its versions point at each other
        connection.execute(text("; ".join(f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables))))
        connection.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))
    yield engine


@pytest.fixture(scope="session")
def prefect_database(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Gives a new home Prefect's own empty database, which takes Prefect ten seconds. A test of a first start does without."""
    from flows.server import open_server, stop_server, wait_until_ready

    made = tmp_path_factory.mktemp("prefect")
    wait_until_ready(open_server(made, idle_seconds=60), made)
    stop_server(made)
    file = made / "prefect" / "prefect.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def give(home: Path) -> None:
        (home / "prefect").mkdir(mode=0o700, parents=True)
        shutil.copy(file, home / "prefect")

    return give


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The packaged model, loaded once."""
    model = open_embedder(IndexSettings())
    model.embed_query("ready")
    return model


@pytest.fixture(scope="session")
def redactor(tmp_path_factory: pytest.TempPathFactory) -> Redactor:
    return open_redactor(PrivacySettings(key_file=tmp_path_factory.mktemp("privacy") / "key"))
