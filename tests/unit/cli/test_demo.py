"""The demo stands apart from every deployment and shows what a text says about the question."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import demo
from tests.architecture.layout import classes_of, modules_called


@given(st.text(max_size=400), st.text(max_size=80), st.integers(1, 4))
def test_an_excerpt_is_made_of_the_text_alone(text: str, question: str, most: int) -> None:
    shown = demo.excerpt(text, question, most)
    words = set(" ".join(text.split()).split())
    assert set(shown.split()) - {"…"} <= words
    assert shown == demo.excerpt(text, question, most)


def test_an_excerpt_takes_the_sentences_that_answer() -> None:
    text = "The yard is wet. Nobody minds. Notice is four weeks. The severance is approved by the partner. Tea is at four."
    assert demo.excerpt(text, demo.QUESTION) == "… Notice is four weeks. The severance is approved by the partner. …"
    assert demo.excerpt("", demo.QUESTION) == ""


def test_no_setting_of_a_deployment_survives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every variable that a settings model reads is gone, so the demo cannot write to anybody's catalog or index."""
    for module in modules_called("settings"):
        for model in classes_of(module):
            prefix = getattr(model, "model_config", {}).get("env_prefix")
            if prefix:
                assert prefix in demo.OTHERS
                monkeypatch.setenv(f"{prefix}URL", "postgresql://somebody.example.com/production")
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example.com/api")
    monkeypatch.setenv("PORTCULLIS_HOME", "elsewhere")
    demo._stand_apart(tmp_path)
    assert not [value for value in os.environ.values() if "example.com" in value]
    assert os.environ["PORTCULLIS_HOME"] == str(tmp_path)
