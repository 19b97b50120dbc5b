"""`letters` of retention.yaml → how letters to people go out; carriers are found by entry point `retention.carriers`.

letters:
  email: {carrier: smtp, server: "smtp.example:587", from: privacy@shop.example}
  post: {carrier: folder, path: mailroom}
  keep_for: P30D          # a letter that cannot be sent is given up then, and its address forgotten
  answer_within: P14D     # by when people are asked to send what is missing
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retention.errors import SettingsError
from retention.grammar import Cell
from retention.model.letter import LetterTerms, Way
from retention.ports.letters import Carrier, CarrierSettings, ConnectCarrier
from retention.wiring.brought import brought
from retention.wiring.secrets import resolve

_GROUP = "retention.carriers"


@dataclass(frozen=True, slots=True)
class LetterSettings:
    """The section, read; secrets not yet resolved."""

    terms: LetterTerms = field(default_factory=LetterTerms)
    carriers: Mapping[Way, CarrierSettings] = field(default_factory=dict)


def read_letters(cell: Cell, folder: Path) -> LetterSettings:
    """Read the section; a file without it sends no letters."""
    if cell.is_missing:
        return LetterSettings()
    record = cell.record((), (*(way.value for way in Way), "keep_for", "answer_within"))
    default = LetterTerms()
    terms = LetterTerms(
        keep_for=record["keep_for"].period(may_be_zero=False) if "keep_for" in record else default.keep_for,
        answer_within=record["answer_within"].period(may_be_zero=False)
        if "answer_within" in record
        else default.answer_within,
    )
    return LetterSettings(terms, {way: _carrier(way, record[way.value], folder) for way in Way if way.value in record})


def connect_carriers(settings: LetterSettings) -> dict[Way, Carrier]:
    """Connect every carrier; nothing is reached yet.

    Raises:
        SettingsError: there is no such carrier, a secret is missing, or options are wrong.

    """
    return {way: _connect(each) for way, each in settings.carriers.items()}


def _carrier(way: Way, cell: Cell, folder: Path) -> CarrierSettings:
    entries = dict(cell.entries("a carrier and its options"))
    if "carrier" not in entries:
        cell.complain("the key `carrier`", "no such key")
    name = entries.pop("carrier").text("a carrier's name") if "carrier" in entries else ""
    options = {key: value.text("text, or a reference env:NAME or file:PATH") for key, value in entries.items()}
    return CarrierSettings(way.value, name, options, folder)


def _connect(settings: CarrierSettings) -> Carrier:
    points = brought(_GROUP)
    if settings.carrier not in points:
        raise SettingsError(
            f"letters.{settings.name}: there is no carrier `{settings.carrier[:40]}`",
            hint=f"there are {', '.join(sorted(points)) or 'none'}",
        )
    connect: ConnectCarrier = points[settings.carrier].load()
    options = {
        key: resolve(value, settings.workspace, f"letters.{settings.name}.{key}")
        for key, value in settings.options.items()
    }
    return connect(CarrierSettings(settings.name, settings.carrier, options, settings.workspace))
