"""The policy file of witnesses → whom the log asks; clients are found by entry point `retention.witnesses`."""

from __future__ import annotations

from pathlib import Path

from retention.errors import SettingsError
from retention.evidence.verifier import Policy, read_policy
from retention.evidence.witnessing import Witnesses
from retention.ports.timestamper import ConnectTimestamper, Timestamper
from retention.ports.witness import ConnectWitness, WitnessClient
from retention.wiring.brought import brought


def connect_witnesses(path: Path, vkey: str) -> Witnesses:
    """Read the policy and connect every witness that has an address; nothing is reached yet.

    Raises:
        SettingsError: the file cannot be read or used, it names other logs than ours, or an address is wrong.
        MissingExtraError: the client's packages are not installed.

    """
    try:
        policy = read_policy(path.read_bytes().decode("utf-8", "surrogateescape"))
    except OSError as error:
        raise SettingsError(f"evidence.witnesses: {path} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise SettingsError(f"evidence.witnesses: {path.name}: {error}") from None
    if policy.logs and vkey not in policy.logs:
        raise SettingsError(
            f"evidence.witnesses: {path.name} names other logs than this one", hint=f"add the line: log {vkey}"
        )
    return Witnesses(policy, _clients(policy))


def _clients(policy: Policy) -> dict[str, WitnessClient]:
    points = brought("retention.witnesses")
    clients: dict[str, WitnessClient] = {}
    for name, witness in policy.witnesses.items():
        if not witness.url:
            continue
        scheme = witness.url.partition("://")[0]
        if scheme not in points:
            raise SettingsError(
                f"evidence.witnesses: nothing connects to the address of {name}",
                hint=f"an address of {', '.join(sorted(points))}",
            )
        connect: ConnectWitness = points[scheme].load()
        clients[name] = connect(witness.url)
    return clients


def connect_timestamper(address: str) -> Timestamper:
    """Return the client of a time-stamping authority, found by entry point `retention.timestamps`.

    Raises:
        SettingsError: nothing connects to such an address.
        MissingExtraError: the client's packages are not installed.

    """
    points = brought("retention.timestamps")
    scheme = address.partition("://")[0]
    if scheme not in points:
        raise SettingsError("evidence.timestamps: expected an address of http or https, found another")
    connect: ConnectTimestamper = points[scheme].load()
    return connect(address)
