"""docker/: no Docker engine is needed to see that the files say what they must; what was run is in docker/README.md."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
ONCE = {name for name, service in SERVICES.items() if service.get("restart") == "no"}
"""Services that do something and end."""
KNOWN = {
    *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init", "networks"),
    *("ports", "read_only", "restart", "secrets", "security_opt", "stop_grace_period", "tmpfs", "user", "volumes"),
}
"""Keys of a service that the Compose Specification has and we use."""
NOT_AIRFLOWS = {"RETENTION_WORKSPACE", "AWS_EC2_METADATA_DISABLED", "AWS_DEFAULT_REGION"}
OTLP = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"}
"""Of the OpenTelemetry specification; Airflow reads them."""


def airflow_options() -> dict[str, dict[str, Any]]:
    """Return Airflow's options by environment variable, the Celery provider's included, from what it ships."""
    airflow = Path(importlib.util.find_spec("airflow").submodule_search_locations[0])  # type: ignore[union-attr,index]
    sections = yaml.safe_load((airflow / "config_templates/config.yml").read_text(encoding="utf-8"))
    for provider in ("celery", "standard"):
        path = airflow / "providers" / provider / "get_provider_info.py"
        spec = importlib.util.spec_from_file_location(f"info_{provider}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sections |= module.get_provider_info().get("config", {})
    return {
        f"AIRFLOW__{section.upper()}__{option.upper()}": about
        for section, told in sections.items()
        for option, about in told["options"].items()
    }


def environment() -> Iterator[tuple[str, str]]:
    """Yield every variable of every service."""
    for service in SERVICES.values():
        yield from service.get("environment", {}).items()


def test_every_setting_of_airflow_exists() -> None:
    """A variable that Airflow does not know is a spelling mistake; `_CMD` works for sensitive options alone."""
    options = airflow_options()
    names = {name for name, _ in environment() if name.startswith("AIRFLOW__")}
    assert len(names) > 15
    for name in names:
        plain = name.removesuffix("_CMD")
        assert plain in options, name
        assert name == plain or options[plain].get("sensitive"), name
    others = {name for name, _ in environment() if not name.startswith(("AIRFLOW__", "DEMO_", "POSTGRES_", "PG"))}
    assert others == {*NOT_AIRFLOWS, *OTLP}


def test_no_secret_stands_in_the_file() -> None:
    """Passwords and keys come from files; the only values are names, addresses and switches."""
    for name, value in environment():
        telling = re.search(r"PASSWORD|SECRET|KEY|_CONN|BROKER|RESULT_BACKEND", name)
        if telling and not name.startswith("POSTGRES_USER"):
            assert "/run/secrets/" in str(value), name
    declared = COMPOSE["secrets"]
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(declared)
    for service in SERVICES.values():
        text = yaml.safe_dump(
            [service.get("environment", {}), service.get("command", ""), service.get("healthcheck", "")]
        )
        assert set(re.findall(r"/run/secrets/(\w+)", text)) <= set(service.get("secrets", ()))


def test_every_image_is_pinned_and_ours_runs_as_nobody_special() -> None:
    """A tag that is no moving one; our own image writes to its volumes alone, and may do nothing else."""
    for name, service in SERVICES.items():
        image, _, tag = service["image"].partition(":")
        assert re.search(r"\d+\.\d+", tag), name
        if image == "retention":
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
            assert service["user"] == "${RETENTION_UID:-10001}:0"
        else:
            assert "/" not in image


def test_whoever_is_waited_for_can_be_seen_to_be_ready() -> None:
    """Every service that stays up has a health check; dependencies wait for it, or for the end of one that ends."""
    assert {"airflow-init", "workspace"} == ONCE
    for name, service in SERVICES.items():
        assert set(service) <= KNOWN, name
        assert ("healthcheck" in service) == (name not in ONCE), name
        for needed, how in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if needed in ONCE else "service_healthy"
            assert how == {"condition": expected}, f"{name} → {needed}"


def test_what_is_named_is_declared() -> None:
    """Volumes and networks exist; only this machine reaches the two web pages; the inner network has no way out."""
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DOCKER / source).exists(), f"{name}: {volume}"
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_all_of_airflow_is_there() -> None:
    """The five parts of Airflow with Celery, and what they stand on."""
    commands = {" ".join(service.get("command", ())[:3]) for service in SERVICES.values()}
    assert commands >= {"airflow scheduler", "airflow dag-processor", "airflow triggerer", "airflow celery worker"}
    assert "airflow api-server --host" in commands
    assert {"postgres", "redis", "aws", "mail", "analytics"} <= set(SERVICES)


def test_the_image_is_built_from_the_lock_by_hash() -> None:
    """Two stages from one pinned image; every package by hash; no index; a numeric user; what is copied exists."""
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(stages) == 2
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", stage) for stage in stages)
    assert DOCKERFILE.count("--require-hashes") == 2
    assert not re.search(r"https?://|--index|--extra-index", DOCKERFILE)
    assert re.search(r"^USER 10001:0$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK ", DOCKERFILE, re.MULTILINE)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"}
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }
    assert copied <= kept
    assert all((ROOT / path).exists() for path in copied)


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    """`prepare.sh` writes every secret that compose names, usable ones; a second run changes none."""
    shutil.copy(DOCKER / "prepare.sh", tmp_path)
    for _ in range(2):
        subprocess.run([tmp_path / "prepare.sh"], check=True, capture_output=True)
        made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert all(stat.S_IMODE((tmp_path / "secrets" / name).stat().st_mode) == 0o600 for name in made)
    Fernet(made["airflow_fernet_key"])
    users = dict(
        pair.split(":")
        for pair in SERVICES["scheduler"]["environment"]["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"].split(",")
    )
    assert set(json.loads(made["airflow_passwords"])) == set(users)
    assert f":{made['redis_password']}@redis:6379" in made["airflow_broker"]
    assert all(
        made["postgres_password"] in made[name] for name in ("airflow_database", "app_database", "airflow_results")
    )
    assert len({made[name] for name in ("postgres_password", "redis_password", "airflow_jwt_key")}) == 3
    again = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()}
    assert again == made


@pytest.mark.parametrize("script", ["prepare.sh", "smoke.sh"])
def test_scripts_are_of_a_plain_shell(script: str) -> None:
    """Every shell can read them, and they stop at the first mistake."""
    path = DOCKER / script
    subprocess.run(["sh", "-n", path], check=True)
    assert path.stat().st_mode & 0o111
    assert "set -eu" in path.read_text(encoding="utf-8")
