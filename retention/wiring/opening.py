"""A workspace folder → an App. Composition only: what is built is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from retention.app import App, Context
from retention.datamap import read_datamap
from retention.errors import InputError, SettingsError
from retention.evidence import EvidenceLog, Signer
from retention.model.datamap import DataMap
from retention.model.ids import SystemId
from retention.model.policy import Policy
from retention.planning import coherence
from retention.policy import read_policy
from retention.ports.tiles import TileStore
from retention.store import FileKeyStore, open_ledger
from retention.wiring.quiet import keep_data_out_of_logs
from retention.wiring.secrets import resolve
from retention.wiring.settings import Settings, read_settings
from retention.wiring.systems import Systems, connect_all
from retention.wiring.tiles import connect_tiles
from retention.wiring.witnesses import connect_timestamper, connect_witnesses


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's files, read and found to fit together."""

    settings: Settings
    policy: Policy
    policy_text: str
    datamap: DataMap
    datamap_text: str


def read_workspace(folder: Path) -> Workspace:
    """Read retention.yaml, the policy and the data map; nothing is opened.

    Raises:
        SettingsError, PolicyError, DataMapError: with every problem of the first file that has any.
        InputError: the files do not fit together.

    """
    settings = read_settings(_read(folder / "retention.yaml"), "retention.yaml", folder)
    policy_text, datamap_text = _read(settings.policy), _read(settings.datamap)
    policy = read_policy(policy_text, settings.policy.name)
    datamap = read_datamap(datamap_text, settings.datamap.name)
    problems = coherence.check(policy, datamap)
    if problems:
        raise InputError(f"{settings.policy.name} and {settings.datamap.name} do not fit together", problems=problems)
    _check_systems(settings, datamap)
    return Workspace(settings, policy, policy_text, datamap, datamap_text)


def open_app(folder: Path) -> App:
    """Open a workspace: files, ledger, keys, systems.

    Raises:
        InputError: a file is wrong (see `read_workspace`), or a secret or package is missing.
        TransientFailure: the ledger cannot be reached.

    """
    keep_data_out_of_logs()
    workspace = read_workspace(folder.resolve())
    settings = workspace.settings
    systems = connect_all(settings)
    _check_stores(workspace, systems)
    keys = FileKeyStore(settings.keys)
    ledger = open_ledger(_absolute(settings.ledger, settings.folder), keys)
    signer = Signer.from_seed(settings.origin, keys.create("signing"))
    _pin(settings.folder / "evidence.vkey", signer.vkey)
    return App(
        Context(
            policy=workspace.policy,
            policy_text=workspace.policy_text,
            datamap=workspace.datamap,
            datamap_text=workspace.datamap_text,
            limits=settings.limits,
            stores=systems.stores,
            copies=systems.copies,
            copied={name: settings.systems[name].copies for name in systems.copies},
            restores={name: s.restores for name, s in settings.systems.items() if s.restores is not None},
            processors=systems.processors,
            ledger=ledger,
            keys=keys,
            log=EvidenceLog(ledger.log, _tiles(settings), signer, settings.origin),
            witnesses=connect_witnesses(settings.witnesses, signer.vkey) if settings.witnesses else None,
            timestamper=connect_timestamper(settings.timestamps) if settings.timestamps else None,
        )
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist", hint="retention init DIR --pack NAME makes a workspace") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read as UTF-8 text ({type(error).__name__})") from None


def _pin(path: Path, vkey: str) -> None:
    """Write the verifier key down at first use: what is signed later is checked against it.

    Raises:
        SettingsError: the signing key is another one now.

    """
    if not path.exists():
        path.write_text(vkey + "\n", encoding="utf-8")
    elif path.read_text(encoding="utf-8").strip() != vkey:
        raise SettingsError(
            f"{path.name} names another key than the one in the key store",
            hint="bring the right key store back; if the change was meant, publish the new key and move the file",
        )


def _tiles(settings: Settings) -> TileStore:
    where, folder = settings.evidence, settings.folder
    options = {name: resolve(value, folder, f"evidence.{name}") for name, value in where.options.items()}
    return connect_tiles(replace(where, options=options))


def _absolute(url: str, folder: Path) -> str:
    """Let a relative SQLite path start from the workspace."""
    prefix = "sqlite:///"
    path = url.removeprefix(prefix)
    is_relative = url.startswith(prefix) and not path.startswith("/")
    return f"{prefix}{folder / path}" if is_relative else url


def _check_systems(settings: Settings, datamap: DataMap) -> None:
    unknown = {d.system for d in datamap.datasets.values()} - set[SystemId](settings.systems)
    if unknown:
        raise SettingsError(
            f"{settings.datamap.name} places data in {', '.join(sorted(unknown))}, which retention.yaml does not name",
            hint=f"systems are {', '.join(settings.systems)}",
        )


def _check_stores(workspace: Workspace, systems: Systems) -> None:
    """Refuse data that is mapped to a system that holds none: backups, a processor."""
    wrong = {dataset.system for dataset in workspace.datamap.datasets.values()} - set(systems.stores)
    if wrong:
        raise SettingsError(
            f"{workspace.settings.datamap.name} places data in {', '.join(sorted(wrong))}, which holds no live data",
            hint=f"systems that do are {', '.join(systems.stores)}",
        )
