"""YAML as files that decide things are read: safe, and nothing in it taken in silence."""

from __future__ import annotations

from typing import Any

import yaml


class KeyTwice(yaml.YAMLError):
    """A key that stands twice: YAML would take the last one in silence."""


class StrictLoader(yaml.SafeLoader):
    """Safe, and refuses a mapping with a key given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise KeyTwice(f"the key `{twice[0]}` stands in it twice")
        return super().construct_mapping(node, deep)
