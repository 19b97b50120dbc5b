"""The entry of an Iceberg or Delta system in retention.yaml, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.lake.settings import LakeSettings, read_settings
from retention.errors import Problem, SettingsError
from retention.ports.connector import SystemSettings

_OF_S3 = ("region", "endpoint", "access_key", "secret_key", "attempts", "part")
_KNOWN = ("format", "warehouse", "catalog", *_OF_S3)
_FORMATS = ("iceberg", "delta")


@dataclass(frozen=True, slots=True)
class TableSettings:
    """Which tables, and how to reach them."""

    system: str
    format: str
    warehouse: str
    """A folder, or `s3://bucket/prefix`."""
    catalog: str = field(repr=False)
    """For Iceberg: an SQLAlchemy URL; it may hold a password."""
    s3: LakeSettings | None
    """None: the warehouse is a folder."""


def read_table_settings(settings: SystemSettings) -> TableSettings:
    """Return the checked settings.

    Raises:
        SettingsError: an option is missing, unknown or malformed; all problems at once.

    """
    options = settings.options
    problems = list(_problems(settings))
    if problems:
        raise SettingsError(f"system {settings.system_id} cannot be used", problems=tuple(problems))
    warehouse = options["warehouse"]
    on_s3 = warehouse.startswith("s3://")
    return TableSettings(
        system=settings.system_id,
        format=options["format"],
        warehouse=warehouse.rstrip("/") if on_s3 else str((settings.workspace / Path(warehouse)).resolve()),
        catalog=options.get("catalog", ""),
        s3=_s3(settings, warehouse) if on_s3 else None,
    )


def _problems(settings: SystemSettings) -> list[Problem]:
    options, where = settings.options, f"systems.{settings.system_id}"
    found = [
        Problem(where=where, expected=", ".join(_KNOWN), found=f"option {name!r}")
        for name in sorted(set(options) - set(_KNOWN))
    ]
    if options.get("format") not in _FORMATS:
        found.append(Problem(where=f"{where}.format", expected=" or ".join(_FORMATS), found="something else"))
    if not options.get("warehouse"):
        found.append(Problem(where=f"{where}.warehouse", expected="a folder or s3://bucket/prefix", found="nothing"))
    if (options.get("format") == "iceberg") != ("catalog" in options):
        expected = "an SQLAlchemy URL for Iceberg, and none for Delta"
        found.append(Problem(where=f"{where}.catalog", expected=expected, found="something else"))
    return found


def _s3(settings: SystemSettings, warehouse: str) -> LakeSettings:
    chosen: Mapping[str, str] = {name: settings.options[name] for name in _OF_S3 if name in settings.options}
    return read_settings(SystemSettings(settings.system_id, settings.connector, {**chosen, "url": warehouse}))
