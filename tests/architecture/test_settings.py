"""Settings and their page agree, and each package has one model under its own prefix."""

from __future__ import annotations

import runpy

from tests.architecture.layout import PACKAGES, ROOT

GENERATOR = runpy.run_path(str(ROOT / "docs" / "make.py"))
MODELS = GENERATOR["models"]()


def test_the_page_is_what_the_models_say() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert GENERATOR["page"](text) == text, "run `make docs` and commit docs/settings.md"


def test_one_model_for_each_package_with_its_prefix() -> None:
    packages = [model.__module__.partition(".")[0] for model in MODELS]
    assert len(packages) == len(set(packages))
    assert set(packages) <= set(PACKAGES)
    assert [model.model_config["env_prefix"] for model in MODELS] == [f"{package.upper()}_" for package in packages]


def test_every_field_says_what_it_is_for() -> None:
    silent = [
        f"{m.__name__}.{name}" for m in MODELS for name, field in m.model_fields.items() if len(field.description or "") < 10
    ]
    assert not silent
