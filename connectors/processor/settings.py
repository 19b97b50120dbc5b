"""The options of a processor in retention.yaml, checked; every problem at once.

analytics:
  connector: processor
  protocol: opendsr
  url: https://dsr.example/v2          # the part before /discovery and /requests
  certificate: analytics.pem           # or the SHA-256 fingerprint of it
  authority: authority.pem             # instead: whom we trust to issue it
  controller_id: u-next                # who we are to them
  identities: user_id=controller_customer_id, email=email:sha256
  callback_url: https://…              # optional
  token: env:ANALYTICS_TOKEN           # optional, sent as a bearer token
  api_version: "2.0"                   # optional, or "3.0": identities by type
  regulation: gdpr                     # optional: the word they take in place of ours
  timeout: 30                          # optional, seconds
  look_up: https://…/{key}             # optional, see `looking`
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography import x509

from connectors.processor.looking import OPTIONS, LookUp, problems_of, read_look_up
from connectors.processor.signature import Certificate, read_certificate
from retention.errors import Problem, SettingsError
from retention.model.ids import SystemId
from retention.ports.connector import SystemSettings

IDENTITY_TYPES = frozenset(
    {
        "controller_customer_id",
        "android_advertising_id",
        "android_id",
        "email",
        "fire_advertising_id",
        "ios_advertising_id",
        "ios_vendor_id",
        "microsoft_advertising_id",
        "microsoft_publisher_id",
        "roku_publisher_id",
        "roku_advertising_id",
    }
)
"""OpenDSR 2.0, section 5.1."""

_OPTIONS = (
    frozenset(
        {
            "protocol",
            "url",
            "certificate",
            "authority",
            "api_version",
            "controller_id",
            "identities",
            "callback_url",
            "token",
            "regulation",
            "timeout",
        }
    )
    | OPTIONS
)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_DEFAULT_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class IdentityKind:
    """How a key of ours is named to the processor."""

    identity_type: str
    identity_format: str
    """`raw`, or `sha256` of the value: less data, where the processor takes it."""


@dataclass(frozen=True, slots=True)
class ProcessorSettings:
    """One processor, checked."""

    system_id: SystemId
    url: str
    """Without a slash at the end."""
    domain: str
    """The host of `url`: answers must be signed in its name (section 8.3)."""
    fingerprint: str | None
    """The pin; None where an authority is trusted instead."""
    certificate: Certificate | None
    """The pinned certificate; None where discovery brings it."""
    controller_id: str
    identities: Mapping[str, IdentityKind]
    callback_url: str | None
    token: str | None = field(repr=False)
    regulation: str | None
    timeout: float
    """Seconds."""
    authority: tuple[x509.Certificate, ...] | None = None
    """Who may have issued the certificate; None where it is pinned."""
    api_version: str = "2.0"
    look_up: LookUp | None = None


def read_settings(settings: SystemSettings) -> ProcessorSettings:
    """Check the options.

    Raises:
        SettingsError: with every problem.

    """
    reader = _Reader(settings)
    checked = reader.read()
    if reader.problems:
        raise SettingsError(
            f"system {settings.system_id} cannot be used as a processor", problems=tuple(reader.problems)
        )
    return checked


class _Reader:
    """Reads option by option and collects what is wrong."""

    def __init__(self, settings: SystemSettings) -> None:
        self.problems: list[Problem] = []
        self._settings = settings
        self._options = settings.options

    def read(self) -> ProcessorSettings:
        """Return the settings; of use only if no problem was found."""
        self._check_names()
        self.problems += problems_of(f"systems.{self._settings.system_id}", self._options)
        if (protocol := self._options.get("protocol", "opendsr")) != "opendsr":
            self._wrong(
                "protocol",
                "`opendsr`",
                repr(protocol),
                hint="the other protocols have options of their own: docs/processors.md",
            )
        url = self._web_address("url").rstrip("/")
        authority = self._authority()
        fingerprint, certificate = self._pin() if authority is None else (None, None)
        return ProcessorSettings(
            system_id=self._settings.system_id,
            url=url,
            domain=urlsplit(url).hostname or "",
            fingerprint=fingerprint,
            certificate=certificate,
            authority=authority,
            api_version=self._version(),
            controller_id=self._required("controller_id"),
            identities=self._identities(),
            callback_url=self._web_address("callback_url") if "callback_url" in self._options else None,
            token=self._options.get("token"),
            regulation=self._options.get("regulation"),
            timeout=self._timeout(),
            look_up=read_look_up(self._options),
        )

    def _wrong(self, option: str, expected: str, found: str, *, hint: str = "") -> None:
        where = f"systems.{self._settings.system_id}.{option}"
        self.problems.append(Problem(where=where, expected=expected, found=found, hint=hint))

    def _required(self, option: str) -> str:
        value = self._options.get(option, "")
        if not value:
            self._wrong(option, "a value", "nothing")
        return value

    def _check_names(self) -> None:
        for name in sorted(set(self._options) - _OPTIONS):
            near = difflib.get_close_matches(name, _OPTIONS, n=1)
            hint = f"did you mean {near[0]}?" if near else ""
            if name == "answer_within":
                hint = "how long they may take stands in policy.yaml, under processors"
            self._wrong(name, "one of " + ", ".join(sorted(_OPTIONS)), "an unknown option", hint=hint)

    def _web_address(self, option: str) -> str:
        value = self._required(option)
        if not value:
            return value
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port  # a port that is no number raises here
        except ValueError:
            self._wrong(option, "a web address", "something else")
            return ""
        secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
        if not host or not secure or parts.username or parts.query or parts.fragment:
            self._wrong(
                option,
                "an https address without user, query or fragment (http on this machine only)",
                f"scheme {parts.scheme!r} and host {host!r}",
            )
        return value

    def _pin(self) -> tuple[str, Certificate | None]:
        value = self._required("certificate")
        match = _FINGERPRINT.fullmatch(value.lower().removeprefix("sha256:").replace(":", ""))
        if match or not value:
            return (match[0] if match else ""), None
        expected = "a PEM certificate's path or its SHA-256 fingerprint (64 hex digits)"
        try:
            certificate = read_certificate((self._settings.workspace / value).read_bytes())
        except OSError as error:
            self._wrong("certificate", expected, f"no readable file ({type(error).__name__})")
        except ValueError:
            self._wrong("certificate", expected + ", with an RSA key of at least 2048 bits", "another file")
        else:
            return certificate.fingerprint, certificate
        return "", None

    def _authority(self) -> tuple[x509.Certificate, ...] | None:
        value = self._options.get("authority")
        if value is None:
            return None
        if "certificate" in self._options:
            self._wrong("authority", "a certificate that is pinned, or an authority", "both")
        try:
            return tuple(x509.load_pem_x509_certificates((self._settings.workspace / value).read_bytes()))
        except (OSError, ValueError) as error:
            self._wrong("authority", "a file of certificates in PEM", type(error).__name__)
            return ()

    def _version(self) -> str:
        value = self._options.get("api_version", "2.0")
        if value not in {"2.0", "3.0"}:
            self._wrong("api_version", "`2.0` or `3.0`", repr(value[:20]))
        return value

    def _identities(self) -> Mapping[str, IdentityKind]:
        kinds: dict[str, IdentityKind] = {}
        for part in self._required("identities").split(","):
            name, _, kind = (piece.strip() for piece in part.partition("="))
            identity_type, _, identity_format = kind.partition(":")
            if not name or identity_type not in IDENTITY_TYPES or identity_format not in {"", "raw", "sha256"}:
                near = difflib.get_close_matches(identity_type, IDENTITY_TYPES, n=1)
                self._wrong(
                    "identities",
                    "key=identity_type or key=identity_type:sha256, with commas between",
                    repr(part.strip()[:60]),
                    hint=f"did you mean {near[0]}?" if near else "see OpenDSR 2.0, section 5.1",
                )
                continue
            kinds[name] = IdentityKind(identity_type, identity_format or "raw")
        return kinds

    def _timeout(self) -> float:
        text = self._options.get("timeout", str(_DEFAULT_TIMEOUT))
        if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text) and float(text) > 0:
            return float(text)
        self._wrong("timeout", "seconds, more than 0", repr(text[:20]))
        return _DEFAULT_TIMEOUT
