"""A workspace folder → an App. Composition only: what is built is decided elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from retention.app import App, Context
from retention.app.checking import Checked, File, check_policy
from retention.datamap import read_datamap
from retention.deidentify.reading import read_recipes
from retention.deidentify.recipe import Recipe
from retention.errors import InputError, PolicyError, Problem, SettingsError
from retention.evidence import EvidenceLog, Signer
from retention.model.datamap import DataMap
from retention.model.ids import SystemId
from retention.model.policy import Policy
from retention.model.statute import Statutes
from retention.planning import coherence
from retention.policy import (
    InForce,
    Written,
    in_force,
    read_chain,
    read_policy,
    read_terms,
    shipped_statutes,
    under_terms,
)
from retention.ports.exports import ExportStore
from retention.ports.tiles import TileStore
from retention.store import open_ledger
from retention.wiring.alerts import connect_alerters
from retention.wiring.exports import connect_exports
from retention.wiring.intake import connect_intake
from retention.wiring.letters import connect_carriers
from retention.wiring.quiet import keep_data_out_of_logs
from retention.wiring.secrets import resolve
from retention.wiring.settings import Settings, read_settings
from retention.wiring.subject_keys import open_key_systems, open_ledger_keys
from retention.wiring.systems import Systems, connect_all
from retention.wiring.tiles import connect_tiles
from retention.wiring.witnesses import connect_timestamper, connect_witnesses


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's files, read and found to fit together."""

    settings: Settings
    policy: Policy
    """The newest version, as its file says it: it may not be in force yet."""
    policy_text: str
    chain: tuple[Written, ...]
    """All versions, oldest first."""
    in_force: InForce
    """What holds at the moment asked for: what plans are made from."""
    datamap: DataMap
    datamap_text: str
    statutes: Statutes
    """What the policy may cite."""
    recipes: Mapping[str, Recipe]
    """What the policy in force does to data before it goes out."""

    def check(self, now: datetime) -> Checked:
        """Review the policy and run the examples beside it.

        Raises:
            PolicyError: the file of examples has problems.

        """
        path = self.settings.policy.with_suffix(".tests.yaml")
        examples = File(path.name, read_text(path)) if path.exists() else None
        file = File(self.settings.policy.name, self.policy_text)
        checked = check_policy(self.policy, file, self.datamap, self.statutes, examples=examples, now=now)
        return replace(checked, warnings=(*self.in_force.findings, *checked.warnings))


def read_workspace(folder: Path, now: datetime | None = None) -> Workspace:
    """Read retention.yaml, the policy with its versions and terms, and the data map; nothing is opened.

    `now` says which version is in force; the machine's clock if left out.

    Raises:
        SettingsError, PolicyError, DataMapError: with every problem of the first file that has any.
        InputError: the files do not fit together.

    """
    settings = read_settings(read_text(folder / "retention.yaml"), "retention.yaml", folder)
    policy_text, datamap_text = read_text(settings.policy), read_text(settings.datamap)
    statutes = shipped_statutes()
    load = partial(_read_before, settings.policy.parent)
    chain = read_chain(policy_text, settings.policy.name, load, statutes)
    policy = chain[-1].policy
    day = (now or datetime.now(UTC)).astimezone(ZoneInfo(policy.timezone)).date()
    standing = in_force(chain, day)
    recipes = _recipes(chain, day)
    terms_file = settings.policy.with_suffix(".terms.yaml")
    if terms_file.exists():
        text = read_text(terms_file)
        terms = read_terms(text, terms_file.name, policy, statutes)
        policy = under_terms(InForce(policy, policy_text, ()), terms, text, day).policy
        standing = under_terms(standing, terms, text, day)
    datamap = read_datamap(datamap_text, settings.datamap.name)
    problems = coherence.check(policy, datamap) or coherence.check(standing.policy, datamap, recipes)
    if problems:
        raise InputError(f"{settings.policy.name} and {settings.datamap.name} do not fit together", problems=problems)
    _check_systems(settings, datamap)
    _check_keys(settings, datamap)
    _check_residency(settings, policy)
    return Workspace(settings, policy, policy_text, chain, standing, datamap, datamap_text, statutes, recipes)


def _recipes(chain: tuple[Written, ...], day: date) -> dict[str, Recipe]:
    """Return the recipes of the versions in force; where two name one, the newer version's."""
    standing = [written for written in chain if written.effective_from <= day] or chain[:1]
    return {name: recipe for written in standing for name, recipe in read_recipes(written.text, written.label).items()}


def read_policy_file(path: Path) -> Policy:
    """Read one version of a policy by itself, wherever it lies.

    Raises:
        SettingsError: it cannot be read.
        PolicyError: with every problem of the file.

    """
    return read_policy(read_text(path), path.name, shipped_statutes())


def open_app(folder: Path, now: datetime | None = None) -> App:
    """Open a workspace: files, ledger, keys, systems.

    `now` says which version of the policy is in force; the machine's clock if left out.

    Raises:
        InputError: a file is wrong (see `read_workspace`), or a secret or package is missing.
        TransientFailure: the ledger cannot be reached.

    """
    keep_data_out_of_logs()
    workspace = read_workspace(folder.resolve(), now)
    settings = workspace.settings
    systems = connect_all(settings)
    _check_stores(workspace, systems)
    keys = open_ledger_keys(settings.keys, settings.key_holder)
    ledger = open_ledger(ledger_url(settings), keys)
    signer = Signer.from_seed(settings.origin, keys.create("signing"))
    _pin(settings.folder / "evidence.vkey", signer.vkey)
    return App(
        Context(
            policy=workspace.in_force.policy,
            policy_text=workspace.in_force.text,
            datamap=workspace.datamap,
            datamap_text=workspace.datamap_text,
            limits=settings.limits,
            stores=systems.stores,
            copies=systems.copies,
            copied={name: settings.systems[name].copies for name in systems.copies},
            restores={n: s.restores for n, s in settings.systems.items() if s.restores and not s.rewrites},
            rewrites={n: (s.rewrites, s.restores) for n, s in settings.systems.items() if s.restores and s.rewrites},
            processors=systems.processors,
            ledger=ledger,
            keys=keys,
            log=EvidenceLog(ledger.log, _tiles(settings), signer, settings.origin),
            exports=_exports(settings),
            recipes=workspace.recipes,
            subject_keys=open_key_systems(settings.subject_keys),
            terms=settings.terms,
            disclosures_for=settings.disclosures_for,
            rescans=settings.rescans,
            witnesses=connect_witnesses(settings.witnesses, signer.vkey) if settings.witnesses else None,
            timestamper=connect_timestamper(settings.timestamps) if settings.timestamps else None,
            carriers=connect_carriers(settings.letters),
            alerters=connect_alerters(settings.alerts),
            letter_terms=settings.letters.terms,
            intake=connect_intake(settings.events, settings.folder),
            stopwatch=time.monotonic,
        )
    )


def _read_before(folder: Path, name: str) -> str:
    """Read the file of an earlier version."""
    path = folder / name
    if not path.exists():
        problem = Problem(where="version.before", expected="the file of the version before", found=f"no file `{name}`")
        raise PolicyError("the policy names a version before it that cannot be read", problems=(problem,))
    return read_text(path)


def read_text(path: Path) -> str:
    """Return a file's text; raises SettingsError if it cannot be read as UTF-8."""
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


def _exports(settings: Settings) -> ExportStore:
    where, folder = settings.exports, settings.folder
    options = {name: resolve(value, folder, f"exports.{name}") for name, value in where.options.items()}
    return connect_exports(replace(where, options=options))


def ledger_url(settings: Settings) -> str:
    """Return the ledger's URL; a relative SQLite path starts from the workspace."""
    prefix = "sqlite:///"
    path = settings.ledger.removeprefix(prefix)
    is_relative = settings.ledger.startswith(prefix) and not path.startswith("/")
    return f"{prefix}{settings.folder / path}" if is_relative else settings.ledger


def _check_systems(settings: Settings, datamap: DataMap) -> None:
    named = {*(dataset.system for dataset in datamap.datasets.values()), *datamap.excluded}
    unknown = named - set[SystemId](settings.systems)
    if unknown:
        raise SettingsError(
            f"{settings.datamap.name} places data in {', '.join(sorted(unknown))}, which retention.yaml does not name",
            hint=f"systems are {', '.join(settings.systems)}",
        )


def _check_keys(settings: Settings, datamap: DataMap) -> None:
    """Refuse fields under the keys of a system that nobody named."""
    named = {dataset.encrypted.keys for dataset in datamap.datasets.values() if dataset.encrypted}
    unknown = named - set(settings.subject_keys)
    if unknown:
        raise SettingsError(
            f"{settings.datamap.name} says that fields are encrypted by {', '.join(sorted(unknown))}, "
            "which retention.yaml does not name under `subject_keys`",
            hint=f"systems of subject keys are {', '.join(settings.subject_keys) or 'none'}",
        )


def _check_residency(settings: Settings, policy: Policy) -> None:
    """Refuse a store in a region that the policy does not allow; one that names no region cannot be judged.

    Systems (live, copies, restored), the evidence log, and where sets for joint users are put.
    """
    named = {f"systems.{name}": system.options for name, system in settings.systems.items()}
    named |= {"evidence": settings.evidence.options, "exports": settings.exports.options}
    problems = tuple(
        Problem(
            where=f"retention.yaml {where}.region",
            expected=f"a region of the policy's `residency` ({', '.join(policy.terms.residency)})",
            found=f"`{region}`",
        )
        for where, options in named.items()
        if (region := options.get("region")) is not None
        and policy.terms.residency
        and region not in policy.terms.residency
    )
    if problems:
        raise SettingsError("data would lie where the policy does not let it", problems=problems)


def _check_stores(workspace: Workspace, systems: Systems) -> None:
    """Refuse data that is mapped to a system that holds none: backups, a processor."""
    wrong = {dataset.system for dataset in workspace.datamap.datasets.values()} - set(systems.stores)
    if wrong:
        raise SettingsError(
            f"{workspace.settings.datamap.name} places data in {', '.join(sorted(wrong))}, which holds no live data",
            hint=f"systems that do are {', '.join(systems.stores)}",
        )
