"""docker-compose.yml and the Dockerfile say nothing that the code does not know. No engine runs here, so this is what is checked.

Image tags beyond our own cannot be looked up here: they are only held to be pinned and to fit the client libraries.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from compose_pydantic import ComposeSpecification
from packaging.version import Version

from tests.architecture.layout import PACKAGES, PYPROJECT, ROOT, modules_called

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split() if "==" in line)
SECRET = re.compile(r"PASSWORD|KEY|AUTH|SECRET|TOKEN")
OF_IMAGES = {
    "postgres": {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"},
    "qdrant/qdrant": {"QDRANT__SERVICE__API_KEY", "QDRANT__TELEMETRY_DISABLED"},
    "redis": {"REDISCLI_AUTH"},
}
PROGRAMS = {"postgres": {"pg_isready"}, "qdrant/qdrant": {"bash"}, "redis": {"sh", "redis-cli"}}
PORTS = {"postgres": 5432, "prefect-postgres": 5432, "qdrant": 6333, "redis": 6379, "prefect": 4200}


def image_of(service: dict[str, Any]) -> tuple[str, str]:
    name, _, tag = service["image"].rpartition(":")
    return name, tag


def our_variables() -> set[str]:
    """Every variable that a settings model of ours reads, and those that the program itself sets for libraries."""
    known = {"PORTCULLIS_HOME"}
    for module in modules_called("settings"):
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "model_fields"):
                known |= {f"{value.model_config['env_prefix']}{name}".upper() for name in value.model_fields}
    from flows.environment import PREFECT, SILENCE

    return known | set(SILENCE) | set(PREFECT)


def prefect_variables() -> set[str]:
    """Every variable that the installed Prefect reads, asked of Prefect itself in a process of its own."""
    code = (
        "from prefect.settings.legacy import _get_settings_fields as f; from prefect.settings import Settings; "
        "print(*f(Settings))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return set(done.stdout.split())


def test_it_meets_the_compose_specification() -> None:
    ComposeSpecification.model_validate(COMPOSE)
    broken = {**COMPOSE, "services": {"service": {**SERVICES["service"], "helthcheck": {}}}}
    with pytest.raises(ValueError, match="helthcheck"):
        ComposeSpecification.model_validate(broken)


def test_every_image_is_pinned_to_one_release() -> None:
    for name, service in SERVICES.items():
        _, tag = image_of(service)
        assert re.match(r"v?\d+\.\d+", tag), f"{name}: {service['image']}"
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.M):
        assert re.search(r":\d+\.\d+\.\d+", image), image


def test_versions_fit_the_code() -> None:
    assert {image_of(service)[1] for service in OURS.values()} == {PYPROJECT["project"]["version"]}
    server, client = Version(image_of(SERVICES["qdrant"])[1]), Version(PINS["qdrant-client"])
    assert server.release[:2] == client.release[:2]
    python = re.search(r"python:(\d+\.\d+)", DOCKERFILE)
    assert python
    assert python[1] == PYPROJECT["tool"]["mypy"]["python_version"]


def test_every_command_is_a_command() -> None:
    """Ours are asked for their help; those of other images are programs that the image is known to carry."""
    for name, service in SERVICES.items():
        image, _ = image_of(service)
        words = [service.get("command"), service.get("healthcheck", {}).get("test", [None, None])[1:]]
        for command in (line for line in words if line and line[0]):
            if name in OURS:
                assert command[0] in {"portcullis", "prefect", "python"}, command
            else:
                assert command[0] in PROGRAMS[image], command


@pytest.mark.parametrize("name", [name for name, service in OURS.items() if service["command"][0] == "prefect"])
def test_prefect_knows_the_command_and_its_options(name: str) -> None:
    command = OURS[name]["command"]
    asked = subprocess.run(
        [sys.executable, "-m", "prefect", *command[1:3], "--help"], capture_output=True, text=True, timeout=120, check=True
    )  # fmt: skip
    assert not [word for word in command if word.startswith("--") and word not in asked.stdout]


@pytest.mark.parametrize("name", [name for name, service in OURS.items() if service["command"][0] == "portcullis"])
def test_portcullis_knows_the_command_and_its_options(name: str) -> None:
    command = OURS[name]["command"]
    done = subprocess.run(
        [sys.executable, "-m", "cli", command[1], "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not [word for word in command if word.startswith("--") and word not in done.stdout]


def test_the_image_has_the_command_of_the_service() -> None:
    assert str(OURS["service"]["command"]).replace("'", '"') in DOCKERFILE


def test_every_variable_is_known_to_whom_it_is_given() -> None:
    known_to_us = our_variables() | prefect_variables()
    for name, service in SERVICES.items():
        known = known_to_us if name in OURS else OF_IMAGES[image_of(service)[0]]
        assert not set(service.get("environment", {})) - known, name
    for name in re.findall(r"^\s+(?:ENV )?([A-Z][A-Z_]+)=", DOCKERFILE, re.M):
        assert name in known_to_us | {"PATH"} or name.startswith(("PIP_", "PYTHON")), name


def test_no_secret_has_a_default() -> None:
    """A secret is `${NAME:?what it is}`: compose refuses to start without it."""
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable) or ("://" in value and "@" in value):
                assert re.search(r"\$\{[A-Z_]+:\?[^}]+\}", value), f"{name}: {variable}"
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z_]+):-", text)) == {"PIP_EXTRA_INDEX_URL"}


def test_every_secret_is_explained() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert not [name for name in set(re.findall(r"\$\{([A-Z_]+)", text)) if f"`{name}`" not in page]


def test_ports_are_those_of_the_settings_and_published_on_loopback_alone() -> None:
    from acl.settings import AclSettings
    from retrieval.settings import RetrievalSettings

    ours = {"service": RetrievalSettings.model_fields["port"].default, "scim": AclSettings.model_fields["scim_port"].default}
    ports = {**PORTS, **ours}
    for name, service in SERVICES.items():
        for published in service.get("ports", []):
            assert published == f"127.0.0.1:{ports[name]}:{ports[name]}"
        for value in [*service.get("environment", {}).values(), *map(str, service.get("healthcheck", {}).get("test", []))]:
            for host, port in re.findall(r"(?:@|//|/dev/tcp/)([\w.-]+)[:/](\d+)", value):
                assert int(port) == ports[name if host == "127.0.0.1" else host], f"{name}: {value}"
        if "--port" in service.get("command", []):
            assert int(service["command"][service["command"].index("--port") + 1]) == ports[name]
    assert f"EXPOSE {ports['service']}" in DOCKERFILE


def test_what_is_ours_runs_without_rights() -> None:
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER portcullis$", last_stage, re.M)


def test_everybody_waits_for_somebody_healthy_who_exists() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in SERVICES[other]
        for volume in service.get("volumes", []):
            name = volume.split(":")[0]
            assert name in COMPOSE["volumes"] or name.startswith("${")
        assert set(service["networks"]) <= set(COMPOSE["networks"])


def test_the_image_holds_every_package_of_ours() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.M))
    assert copied == set(PACKAGES)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    assert copied <= allowed
