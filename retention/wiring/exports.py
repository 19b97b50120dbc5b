"""Where sets for joint users are put: a folder, or a store found by entry point `retention.exports`."""

from __future__ import annotations

from importlib.metadata import entry_points

from retention.errors import MissingExtraError, SettingsError
from retention.ports.exports import ConnectExports, ExportSettings, ExportStore
from retention.store import FolderExports


def connect_exports(settings: ExportSettings) -> ExportStore:
    """Return the store; nothing is reached over the network yet.

    Raises:
        SettingsError: no connector for such an address, or a wrong option.
        MissingExtraError: the connector's packages are not installed.

    """
    scheme, is_address, _ = settings.store.partition("://")
    if not is_address:
        if settings.options:
            raise SettingsError(
                "exports: region, endpoint and the like belong to a bucket, and `store` is a folder",
                hint="write `store: s3://bucket/prefix`, or leave them out",
            )
        return FolderExports(settings.workspace / settings.store)
    found = {point.name: point for point in entry_points(group="retention.exports")}
    if scheme not in found:
        known = ", ".join(sorted(found))
        raise SettingsError(f"exports.store: nothing connects to {scheme}://", hint=f"a folder, or one of {known}")
    try:
        connect: ConnectExports = found[scheme].load()
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"exports.store: {scheme}:// needs {error.name}", hint=f"pip install 'retention[{scheme}]'"
        ) from None
    return connect(settings)
