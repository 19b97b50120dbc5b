"""Countries that may receive data without more ado, as Japan and as the European Union see it."""

from __future__ import annotations

from retention.model.recipient import Recipient, Transfer

EEA = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split()  # noqa: SIM905 -- a list of thirty codes reads worse
)
"""The European Economic Area: there the GDPR itself holds, also for people in Iceland, Liechtenstein and Norway."""
DESIGNATED = EEA | {"GB"}
"""Countries that the commission has designated as equivalent: the EEA and the United Kingdom (APPI art. 28(1),
Enforcement Rules 15; notice 1 of 2019)."""
ADEQUATE = frozenset({"AD", "AR", "CA", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "UY"})
"""Adequacy decisions of the European Commission (GDPR art. 45) that cover a country as such or its businesses."""
_CERTIFIED_ONLY = frozenset({"US"})
"""Adequate for those only who take part in a framework: the policy says so by `transfer: adequacy`."""


def is_guarded(recipient: Recipient) -> bool:
    """Whether data of people in the EU may go there (GDPR arts. 44-46); of whom no country is said, nothing is found.

    Neither consent nor measures that are equivalent in the sense of Japanese law are such a safeguard.
    """
    country = recipient.country
    if country is None or country in EEA or country in ADEQUATE or recipient.transfer is Transfer.SCC:
        return True
    return recipient.transfer is Transfer.ADEQUACY and country in _CERTIFIED_ONLY
