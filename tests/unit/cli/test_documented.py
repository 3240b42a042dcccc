"""Every command and option of `portcullis` is named in docs/cli.md, and help texts are whole sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from _commands(child, (*words, name))
    if not children or command.invoke_without_command:
        yield " ".join(words), command


ALL = dict(_commands(typer.main.get_command(app), ("portcullis",)))


@pytest.mark.parametrize("words", sorted(ALL))
def test_the_command_and_its_options_are_documented(words: str) -> None:
    assert words in PAGE
    section = PAGE
    for parameter in ALL[words].params:
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                assert f"`{option}" in section or f" {option}" in section, f"{words} {option}"


@pytest.mark.parametrize("words", sorted(ALL))
def test_help_is_a_sentence(words: str) -> None:
    told = (ALL[words].help or "").strip()
    assert told
    assert told.endswith(".")
