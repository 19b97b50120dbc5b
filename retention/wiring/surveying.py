"""An address, a file or a folder → a surveyor of it; numbering plans by entry point."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from retention.errors import MissingExtraError, SettingsError
from retention.model.ids import SystemId
from retention.ports.connector import SystemSettings
from retention.ports.gazetteer import ConnectGazetteer, Gazetteer
from retention.ports.surveyor import Survey, Surveyor
from retention.wiring.quiet import keep_data_out_of_logs
from retention.wiring.secrets import resolve

_SQLITE = b"SQLite format 3\x00"
_EXTRAS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "s3": "s3"}


def open_surveyor(source: str, system: SystemId, workspace: Path) -> Surveyor:
    """Return a surveyor; nothing is reached yet.

    `source` is an SQLAlchemy URL, `s3://bucket/prefix`, a SQLite file, a data file, a folder of
    those, or a reference (`env:NAME`, `file:PATH`) to any of them: addresses hold passwords.

    Raises:
        SettingsError: nothing connects to such an address, or there is no such file.
        MissingExtraError: the connector's packages are not installed.

    """
    keep_data_out_of_logs()
    address = resolve(source, workspace, "SOURCE")
    scheme, options = _options(address)
    found = {point.name: point for point in entry_points(group="retention.surveyors")}
    if scheme not in found:
        raise SettingsError(
            f"nothing surveys {scheme}://", hint=f"a file, a folder, or one of {', '.join(sorted(found))}"
        )
    survey: Survey = _loaded(found[scheme], _EXTRAS.get(scheme, scheme))
    return survey(SystemSettings(system, scheme, options))


def open_gazetteer() -> Gazetteer:
    """Return the numbering plans of telephone numbers and postal codes.

    Raises:
        MissingExtraError: their packages are not installed.

    """
    (point,) = entry_points(group="retention.gazetteers")
    connect: ConnectGazetteer = _loaded(point, "draft")
    return connect()


def _loaded(point: EntryPoint, extra: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 -- each caller says which
    try:
        return point.load()
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"drafting needs {error.name}", hint=f"pip install 'retention[{extra}]'") from None


def _options(address: str) -> tuple[str, dict[str, str]]:
    scheme, is_address, _ = address.partition("://")
    if is_address:
        return scheme.partition("+")[0], {"url": address}
    path = Path(address)
    if path.is_file() and _begins(path) == _SQLITE:
        return "sqlite", {"url": f"sqlite:///{path.resolve()}"}
    return "file", {"path": address}


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE))
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read ({error.strerror})", hint="name a readable file") from None
