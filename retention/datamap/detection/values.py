"""What values look like, one at a time, as text in half width (NFKC).

Each test here says "could be"; how much a share of a column's values proves is `judging`'s matter.
"""

from __future__ import annotations

import ipaddress
import re

from retention.datamap.detection.digits import is_iban
from retention.datamap.detection.lists import lines_of, words_of
from retention.ports.gazetteer import Gazetteer

_PREFECTURES = words_of("prefectures")
_COUNTRIES = lines_of("countries")
_STATES = words_of("states")
_TOWNS = words_of("towns")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
)
_PHONE_SIGNS = re.compile(r"\+?[0-9(][0-9()\-. /]{6,20}[0-9](?:\s?(?:x|ext\.?)\s?\d+)?")
_PHONE_WRITTEN = re.compile(
    r"0\d{1,4}-\d{1,4}-\d{3,4}|0\d{1,3}\(\d{1,4}\)\d{4}|\(0\d{1,4}\)\d{1,4}-\d{4}|\+\d[\d \-().]{7,}\d"
)
_PHONE_COMPACT = re.compile(r"0[5789]0\d{8}|0[1-9]\d{8}")
_POSTAL_WRITTEN = re.compile(r"〒?\s?(\d{3})-(\d{4})")
_POSTAL_ANY = re.compile(r"〒?\s?(?=.*\d)[A-Z0-9][A-Z0-9 \-]{2,9}", re.IGNORECASE)
_CITY = re.compile(r".{1,8}[市区町村郡]")
_ADDRESS_JP = re.compile(
    rf"(?:〒?\d{{3}}-?\d{{4}}\s*)?(?:{'|'.join(sorted(_PREFECTURES))})\s?.{{1,8}}[市区町村郡].*|.{{1,8}}[市区郡].{{1,12}}\d.*|.*(?:丁目|番地|番\d+号).*"
)
_STREET = (
    r"street|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|way|court|ct|square|sq|place|pl|parkway|pkwy|terrace|highway|hwy"
    r"|stra(?:ß|ss)e|str|platz|gasse|rue|via|rua|calle|avenida|gatan|vej|gate|laan|straat|quai|place|allée"
)
_ADDRESS_WESTERN = re.compile(
    rf"(?=.*\d)(?=.*(?:\b(?:{_STREET})\b|(?:stra(?:ß|ss)e|gatan|straat|vej)\b)).+", re.IGNORECASE
)
_WAREKI = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHRmtshr])\.?\s?(元|\d{1,2})(?:年|[./-])\s?(\d{1,2})(?:月|[./-])\s?(\d{1,2})日?"
)
_DATE = re.compile(
    r"(?:18|19|20)\d\d[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?(?:[T ][\d:.]+.*)?"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"
    r"|\d{1,2}[/.]\d{1,2}[/.](?:19|20)\d\d|(?:19|20)\d\d(?:年)?"
)
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_PAIR = re.compile(r"(?:POINT\s?\(\s?)?-?\d{1,3}\.\d{3,}[,\s]\s?-?\d{1,3}\.\d{3,}\)?")
_TOKEN = re.compile(r"[A-Za-z0-9_\-:.|=+/{}]{6,}")
_GENDER_WORDS = frozenset(["男", "女", "男性", "女性", "male", "female"])
_MAX_DEGREES = 180.0
_MIN_DIGITS = 7


def is_email(text: str) -> bool:
    """Whether it is an address of electronic mail, as HTML's forms take it."""
    return _EMAIL.fullmatch(text) is not None


def is_phone(text: str, gazetteer: Gazetteer) -> bool:
    """Whether it has the signs of a telephone number and a numbering plan knows it."""
    return _PHONE_SIGNS.fullmatch(text) is not None and gazetteer.is_phone(text)


def looks_like_phone(text: str) -> bool:
    """Whether it could be one in any country: digits, signs, at least seven digits."""
    return _PHONE_SIGNS.fullmatch(text) is not None and sum(map(str.isdigit, text)) >= _MIN_DIGITS


def is_written_phone(text: str, gazetteer: Gazetteer) -> bool:
    """Whether it is written as only telephone numbers are: hyphens in Japan's places, or a leading `+`."""
    return _PHONE_WRITTEN.fullmatch(text) is not None and gazetteer.is_phone(text)


def is_compact_phone(text: str, gazetteer: Gazetteer) -> bool:
    """Whether it is ten or eleven digits with a leading zero that a numbering plan knows."""
    return _PHONE_COMPACT.fullmatch(text) is not None and gazetteer.is_phone(text)


def is_postal_code(text: str, gazetteer: Gazetteer) -> bool:
    """Whether it is written `123-4567` and on Japan Post's list."""
    found = _POSTAL_WRITTEN.fullmatch(text)
    return found is not None and gazetteer.is_postal_code(found[1] + found[2])


def looks_like_postal_code(text: str) -> bool:
    """Whether it could be a postal code of some country."""
    return _POSTAL_ANY.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Whether it says where in a town somebody lives."""
    return _ADDRESS_JP.fullmatch(text) is not None or _ADDRESS_WESTERN.fullmatch(text) is not None


def is_locality(text: str) -> bool:
    """Whether it is a country, a state, a prefecture or a large town."""
    plain = text.lower()
    return (
        text in _PREFECTURES or text in _STATES or plain in _COUNTRIES or plain in _TOWNS or bool(_CITY.fullmatch(text))
    )


def is_old_era(text: str) -> bool:
    """Whether it is a date of an era that ended by 1989: who writes one writes of a birth."""
    found = _WAREKI.fullmatch(text)
    return found is not None and found[1][0].upper() in "明大昭MTS"


def is_wareki(text: str) -> bool:
    """Whether it is a date by a Japanese era (`昭和55年3月1日`, `S55.3.1`)."""
    return _WAREKI.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Whether it is a date, or a year."""
    return _DATE.fullmatch(text) is not None or is_wareki(text)


def is_ip_address(text: str) -> bool:
    """Whether it is an address of IPv4 or IPv6, with or without a port or a prefix."""
    try:
        ipaddress.ip_address(text.partition("/")[0])
    except ValueError:
        return False
    return "." in text or ":" in text


def is_mac_address(text: str) -> bool:
    """Whether it is a hardware address."""
    return _MAC.fullmatch(text) is not None


def is_coordinate(text: str) -> bool:
    """Whether it is degrees, or a pair of them."""
    if _PAIR.fullmatch(text):
        return True
    try:
        return abs(float(text)) <= _MAX_DEGREES
    except ValueError:
        return False


def is_coordinates(text: str) -> bool:
    """Whether it is a pair of degrees."""
    return _PAIR.fullmatch(text) is not None


def is_user_agent(text: str) -> bool:
    """Whether it is what a browser says of itself."""
    return text.startswith(("Mozilla/", "Opera/", "Dalvik/", "okhttp/", "curl/"))


def is_bank_account(text: str) -> bool:
    """Whether it could be an account number: Japan's seven digits with or without its branch, or an IBAN."""
    return is_iban(text.replace(" ", "")) or re.fullmatch(r"(?:\d{4}-)?(?:\d{3}-)?\d{4,14}", text) is not None


def is_passport(text: str) -> bool:
    """Whether it has the form of a passport's number (Japan: two letters and seven digits)."""
    return re.fullmatch(r"[A-Z]{1,2}\d{6,8}|\d{9}", text) is not None


def is_licence(text: str) -> bool:
    """Whether it has the form of a driving licence's number (Japan: twelve digits)."""
    return re.fullmatch(r"\d{12}|第?\d{12}号?|[A-Z0-9-]{6,18}", text) is not None


def is_residence_card(text: str) -> bool:
    """Whether it has the form of a residence card's number."""
    return re.fullmatch(r"[A-Z]{2}\d{8}[A-Z]{2}", text) is not None


def is_token(text: str) -> bool:
    """Whether it is one long word without spaces: an id, a token, a digest."""
    return _TOKEN.fullmatch(text) is not None


def is_gender_word(text: str) -> bool:
    """Whether it is a word that means nothing else."""
    return text.lower() in _GENDER_WORDS
