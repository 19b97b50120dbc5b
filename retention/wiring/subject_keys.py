"""Systems of subject keys: for the road, and for the company's own applications.

An application needs no workspace:

    keys = open_subject_keys(KeySystemSettings("members", "postgresql+psycopg://…", "aws-kms", {"region": "…"}))
    sealed = keys.encrypt(KeyOwner(SubjectKey("user_id", user), "viewing"), b"…")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from retention.errors import MissingExtraError, SettingsError
from retention.model.ids import SystemId
from retention.ports.subject_keys import ConnectKeys, KeySystemSettings, KeyWrapper
from retention.shredding import ShreddingSystem, SubjectKeys
from retention.store import FileKeyStore, FileWrapper, SqlShelf
from retention.wiring.brought import brought
from retention.wiring.secrets import resolve

LOCAL = "file"
_SQLITE = "sqlite:///"
_EXTRAS = {"aws-kms": "s3"}


def open_subject_keys(settings: KeySystemSettings) -> SubjectKeys:
    """Open a system of subject keys; nothing is reached before first use.

    Raises:
        SettingsError: an unknown provider or a wrong option.
        MissingExtraError: a provider's packages are not installed.

    """
    wrapper = _wrapper(settings)
    path = settings.store.removeprefix(_SQLITE)
    relative = settings.store.startswith(_SQLITE) and not path.startswith("/")
    shelf = SqlShelf(f"{_SQLITE}{settings.workspace / path}" if relative else settings.store)
    return SubjectKeys(settings.system, shelf, wrapper, lambda: datetime.now(UTC))


def open_key_systems(settings: Mapping[SystemId, KeySystemSettings]) -> dict[SystemId, ShreddingSystem]:
    """Open every system of subject keys of retention.yaml, secrets resolved; see `open_subject_keys`."""
    return {name: _opened(each) for name, each in settings.items()}


def _opened(settings: KeySystemSettings) -> ShreddingSystem:
    where = f"subject_keys.{settings.system}"
    options = {name: resolve(value, settings.workspace, f"{where}.{name}") for name, value in settings.options.items()}
    store = resolve(settings.store, settings.workspace, f"{where}.store")
    return ShreddingSystem(open_subject_keys(replace(settings, options=options, store=store)), settings.rotate_after)


def _wrapper(settings: KeySystemSettings) -> KeyWrapper:
    where = f"subject_keys.{settings.system}"
    if settings.provider == LOCAL:
        if settings.options.keys() != {"path"}:
            others = ", ".join(sorted(settings.options)) or "nothing"
            raise SettingsError(f"{where}: the provider file needs `path`, a folder, and nothing else; found {others}")
        return FileWrapper(FileKeyStore(settings.workspace / settings.options["path"]), settings.system)
    found = brought("retention.keystores")
    if settings.provider not in found:
        known = ", ".join(sorted([LOCAL, *found]))
        raise SettingsError(f"{where}.provider: expected one of {known}, found {settings.provider!r}")
    try:
        connect: ConnectKeys = found[settings.provider].load()
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(settings.provider, settings.provider)
        raise MissingExtraError(
            f"{where}: {settings.provider} needs {error.name}", hint=f"pip install 'retention[{extra}]'"
        ) from None
    return connect(settings)
