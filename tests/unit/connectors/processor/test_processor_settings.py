"""The options of a processor in retention.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.processor import CAPABILITIES, connect, read_settings
from demo.analytics.signing import Signer
from retention.errors import SettingsError
from retention.model.ids import SystemId
from retention.ports.connector import SystemKind, SystemSettings

RIGHT = {
    "protocol": "opendsr",
    "url": "https://dsr.example/v2/",
    "certificate": "certificate.pem",
    "controller_id": "u-next",
    "identities": "user_id=controller_customer_id, email=email:sha256",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace with a certificate in it."""
    Signer(tmp_path, "dsr.example")
    return tmp_path


def settings(workspace: Path, **options: str) -> SystemSettings:
    return SystemSettings(SystemId("analytics"), "processor", RIGHT | options, workspace=workspace)


def problems(workspace: Path, **options: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        connect(settings(workspace, **options))
    return [problem.where for problem in caught.value.problems]


def test_right_options(workspace: Path) -> None:
    """Right options give the host to be answered in the name of, the pin and the identities."""
    checked = read_settings(settings(workspace, token="secret", timeout="2.5"))  # noqa: S106 -- made up
    assert (checked.url, checked.domain, checked.timeout) == ("https://dsr.example/v2", "dsr.example", 2.5)
    assert checked.certificate is not None
    assert checked.certificate.fingerprint == checked.fingerprint
    assert [(name, kind.identity_type, kind.identity_format) for name, kind in checked.identities.items()] == [
        ("user_id", "controller_customer_id", "raw"),
        ("email", "email", "sha256"),
    ]
    assert "secret" not in repr(checked)


def test_connect_does_not_touch_the_network(workspace: Path) -> None:
    """Connecting to a host that does not exist gives a connector, which is a processor."""
    system = connect(settings(workspace, url="https://nobody.invalid"))
    assert system.capabilities == CAPABILITIES
    assert CAPABILITIES.kind is SystemKind.PROCESSOR
    assert not CAPABILITIES.actions
    system.close()


@pytest.mark.parametrize("pin", ["ab" * 32, "sha256:" + "AB" * 32, ":".join(["AB"] * 32)])
def test_fingerprints_as_tools_print_them(workspace: Path, pin: str) -> None:
    """A fingerprint is read with or without colons, prefix and capitals."""
    checked = read_settings(settings(workspace, certificate=pin))
    assert (checked.fingerprint, checked.certificate) == ("ab" * 32, None)


def test_every_problem_at_once(workspace: Path) -> None:
    """All that is wrong is reported together."""
    found = problems(
        workspace,
        url="http://dsr.example",
        protocol="fax",
        controller_id="",
        certificate="absent.pem",
        identities="user_id",
        callback_url="ftp://us.example",
        timeout="soon",
        urll="x",
    )
    names = ["urll", "protocol", "url", "certificate", "controller_id", "identities", "callback_url", "timeout"]
    assert sorted(found) == sorted(f"systems.analytics.{name}" for name in names)


@pytest.mark.parametrize(
    "url", ["http://dsr.example", "https://user@dsr.example", "https://h:port/", "dsr.example", ""]
)
def test_address_must_be_safe(workspace: Path, url: str) -> None:
    """Plain http to another machine, credentials in the address, or no address at all are refused."""
    assert "systems.analytics.url" in problems(workspace, url=url)


def test_plain_http_on_this_machine(workspace: Path) -> None:
    """Plain http is allowed to a simulator on this machine."""
    assert read_settings(settings(workspace, url="http://127.0.0.1:9000")).domain == "127.0.0.1"


def test_file_that_is_no_certificate(workspace: Path) -> None:
    """A private key, or any other file, is no pin, and its content stays out of the message."""
    with pytest.raises(SettingsError) as caught:
        read_settings(settings(workspace, certificate="signing-key.pem"))
    assert "systems.analytics.certificate" in str(caught.value)
    assert "PRIVATE" not in str(caught.value)


def test_nearest_words(workspace: Path) -> None:
    """A misspelt option or identity type is answered with the nearest right one."""
    with pytest.raises(SettingsError) as caught:
        read_settings(settings(workspace, certficate="x", identities="email=e-mail"))
    assert "did you mean certificate?" in str(caught.value)
    assert "did you mean email?" in str(caught.value)
