"""What data is held for: purposes, how they end, and the categories that serve them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from retention.grammar import EVENT_KINDS, Cell
from retention.model.ids import CategoryId
from retention.model.period import Period
from retention.model.policy import Basis, Category, Exempt, Purpose, PurposeEnd, Unannounced
from retention.policy.words import ID, ID_WORDS, PURPOSE, PURPOSE_WORDS, names, optional_titles, titles, truth

_BASES = {basis.value: basis for basis in Basis}
_EXCEPTIONS = {exception.value: exception for exception in Unannounced}


def read_purposes(cell: Cell) -> dict[str, Purpose]:
    """Read `purposes`: `{support: {title: {…}, basis: consent, ends: {after: inquiry.closed, for: P12M}}}`."""
    found = {}
    for name, entry in cell.entries("purposes by name").items():
        if not PURPOSE.fullmatch(name):
            entry.complain(PURPOSE_WORDS, f"`{name}`")
        record = entry.record(("title",), ("basis", "ends", "related_to", "unannounced"))
        basis = _BASES.get(record["basis"].word(_BASES), Basis.UNSTATED) if "basis" in record else Basis.UNSTATED
        ends = _ends(record["ends"]) if "ends" in record else ()
        related = record["related_to"].matching(PURPOSE, PURPOSE_WORDS) if "related_to" in record else None
        exempt = _exempt(record["unannounced"]) if "unannounced" in record else None
        found[name] = Purpose(name, titles(record["title"]), basis, ends, related, exempt)
    return found


def _exempt(cell: Cell) -> Exempt:
    """Read `unannounced`: one of the four exceptions of APPI 21(4), with its justification."""
    record = cell.record(("because", "why"))
    because = record["because"].word(_EXCEPTIONS)
    return Exempt(_EXCEPTIONS.get(because, Unannounced.EVIDENT), titles(record["why"]))


def _ends(cell: Cell) -> tuple[PurposeEnd, ...]:
    """Read one end, or a list of which whichever comes first counts."""
    ends = cell.items() if cell.is_list else (cell,)
    return tuple(_end(end) for end in ends)


def _end(cell: Cell) -> PurposeEnd:
    record = cell.record(("after",), ("for",))
    event = record["after"].word(EVENT_KINDS, "a kind of event in the catalogue")
    return PurposeEnd(event, record["for"].period() if "for" in record else Period())


def read_categories(
    cell: Cell, purposes: Mapping[str, Purpose] | None, kinds: Collection[str] | None = None
) -> dict[CategoryId, Category]:
    """Read `categories`; if the file declares purposes, a category may name no others.

    Args:
        cell: The section.
        purposes: What the file declares, or None.
        kinds: Kinds of data that statutes name, or None if nothing may be cited yet.

    """
    found: dict[CategoryId, Category] = {}
    for name, entry in cell.entries("categories by name").items():
        if not ID.fullmatch(name):
            entry.complain(ID_WORDS, f"`{name}`")
        record = entry.record(("title", "purposes"), ("kinds", "elsewhere", "mandatory"))
        category = CategoryId(name)
        served = tuple(_purpose(item, purposes) for item in record["purposes"].items())
        found[category] = Category(
            category_id=category,
            title=titles(record["title"]),
            purposes=served,
            kinds=_kinds(record["kinds"], kinds) if "kinds" in record else (),
            elsewhere=optional_titles(record, "elsewhere"),
            mandatory=truth(record, "mandatory"),
        )
    return found


def _kinds(cell: Cell, known: Collection[str] | None) -> tuple[str, ...]:
    """Read kinds of data; one that no statute names would miss its floor silently."""
    if known is None:
        return names(cell)
    return tuple(item.word(known, "a kind of data that statutes.yaml names") for item in cell.items())


def _purpose(cell: Cell, purposes: Mapping[str, Purpose] | None) -> str:
    if purposes is None:
        return cell.matching(PURPOSE, PURPOSE_WORDS)
    return cell.word(purposes, "a purpose of this policy")


def undeclared(categories: Mapping[CategoryId, Category]) -> dict[str, Purpose]:
    """Return the purposes of a file that only names them: nothing is known of them but the name."""
    names = sorted({name for category in categories.values() for name in category.purposes})
    return {name: Purpose(name, {}) for name in names}
