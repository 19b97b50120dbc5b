"""Where the evidence log's files lie: a folder, or a store found by entry point `retention.tiles`."""

from __future__ import annotations

from retention.errors import MissingExtraError, SettingsError
from retention.ports.tiles import ConnectTiles, ObjectLock, TileSettings, TileStore
from retention.store import FolderTiles
from retention.wiring.brought import brought


def connect_tiles(settings: TileSettings) -> TileStore:
    """Return the store; nothing is reached over the network yet.

    Raises:
        SettingsError: no connector for such an address, or a wrong option.
        MissingExtraError: the connector's packages are not installed.

    """
    scheme, is_address, _ = settings.store.partition("://")
    if not is_address:
        return _folder(settings)
    found = brought("retention.tiles")
    if scheme not in found:
        raise SettingsError(
            f"evidence.store: nothing connects to {scheme}://", hint=f"a folder, or one of {', '.join(sorted(found))}"
        )
    try:
        connect: ConnectTiles = found[scheme].load()
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"evidence.store: {scheme}:// needs {error.name}", hint=f"pip install 'retention[{scheme}]'"
        ) from None
    return connect(settings)


def _folder(settings: TileSettings) -> FolderTiles:
    if settings.object_lock is not ObjectLock.NONE or settings.retain or settings.options:
        raise SettingsError(
            "evidence: object_lock, retain, region and the like belong to a bucket, and `store` is a folder",
            hint="write `store: s3://bucket/prefix`, or leave them out",
        )
    return FolderTiles(settings.workspace / settings.store)
