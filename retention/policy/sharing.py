"""With whom data is shared: joint use, pseudonymised use, processors and other recipients."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from retention.grammar import Cell, Record
from retention.model.ids import CategoryId, DatasetId, SystemId
from retention.model.period import Period
from retention.model.policy import ProcessorRules
from retention.model.recipient import A_YEAR, Recipient, RecipientKind, Transfer
from retention.model.terms import (
    JointMember,
    JointSet,
    JointUse,
    JointUseKind,
    Responsible,
    ResponsibleEntity,
    ResponsibleOffice,
    StatedPurpose,
)
from retention.policy.words import (
    ID,
    ID_WORDS,
    PURPOSE,
    PURPOSE_WORDS,
    country,
    day,
    names,
    one_of,
    optional_titles,
    span,
    titles,
    truth,
)

_ANSWER_WITHIN = Period(days=14)
"""A default of ours: the law says "without delay" (APPI 41(5))."""
_DATES = ("contracted", "supervised", "nda", "first_transfer", "certified_until", "confirmed", "informed")
_FACTS = (
    "title",
    "country",
    "best_effort",
    "transfer",
    "subprocessors",
    "supervise_every",
    "purpose",
    "opt_out",
    *_DATES,
)


def read_joint_uses(cell: Cell, recipes: Collection[str] = ()) -> tuple[JointUse, ...]:
    """Read `joint_use`: the five items that must be published, for each joint use, and what is handed over."""
    return tuple(_joint_use(name, entry, recipes) for name, entry in cell.entries("joint uses by name").items())


def _joint_use(name: str, cell: Cell, recipes: Collection[str]) -> JointUse:
    _check_name(name, cell)
    record = cell.record(("kind", "items", "members", "purposes", "responsible"), ("open_ended", "sets"))
    kind, items = one_of(record["kind"], JointUseKind.ORDINARY), names(record["items"])
    purposes = read_stated_purposes(record["purposes"])
    sets = record["sets"].entries("sets by name") if "sets" in record else {}
    if sets and kind is JointUseKind.ORDINARY:
        record["sets"].complain("`kind: pseudonymised`", "`kind: ordinary` with `sets`", "only such sets are made here")
    stated = [purpose.purpose_id for purpose in purposes]
    return JointUse(
        name=name,
        kind=kind,
        items=items,
        open_ended=truth(record, "open_ended"),
        members=tuple(_member(member) for member in record["members"].items("a list of members")),
        purposes=purposes,
        responsible=_responsible(record["responsible"]),
        sets=tuple(_set(each, entry, items, stated, recipes) for each, entry in sets.items()),
    )


def _member(cell: Cell) -> JointMember:
    record = cell.record(("name",), ("id", "from", "until", "country"))
    begin, end = span(record)
    member = record["id"].matching(ID, ID_WORDS) if "id" in record else None
    return JointMember(titles(record["name"]), begin, end, country(record), member)


def _set(
    name: str, cell: Cell, items: Collection[str], purposes: Collection[str], recipes: Collection[str]
) -> JointSet:
    """Read one set; a column of an item that is not published is a problem of the file already (APPI 41(6))."""
    _check_name(name, cell)
    record = cell.record(("dataset", "recipe", "purpose", "columns", "keep"), ("answer_within", "never_joined_with"))
    columns = record["columns"].entries("columns, each with the published item it belongs to")
    banned = record["never_joined_with"].items() if "never_joined_with" in record else ()
    return JointSet(
        name=name,
        dataset=DatasetId(record["dataset"].text("a dataset of the data map")),
        recipe=record["recipe"].word(recipes, "a recipe of this policy (`recipes`)"),
        purpose=record["purpose"].word(purposes, "a purpose of this joint use"),
        columns={column: item.word(items, "an item that is published (`items`)") for column, item in columns.items()},
        keep_for=record["keep"].period(may_be_zero=False),
        answer_within=record["answer_within"].period() if "answer_within" in record else _ANSWER_WITHIN,
        never_joined_with=tuple(DatasetId(item.text("a dataset of the data map")) for item in banned),
    )


def _responsible(cell: Cell) -> Responsible:
    if cell.is_missing:
        return ResponsibleOffice("")
    record = cell.record((), ("entity", "address", "representative", "office"))
    if "office" in record:
        if len(record.cells) > 1:
            cell.complain("either `office`, or `entity`, `address` and `representative`", "both")
        return ResponsibleOffice(record["office"].text("an office's name"))
    for key in ("entity", "address", "representative"):
        if key not in record:
            cell.complain(f"the key `{key}` (or `office` alone)", "no such key")
    return ResponsibleEntity(
        titles(record["entity"]), record["address"].text("an address"), record["representative"].text("a name")
    )


def read_stated_purposes(cell: Cell) -> tuple[StatedPurpose, ...]:
    """Read purposes and whether they contact or identify people."""
    found = []
    for name, entry in cell.entries("purposes by name").items():
        if not PURPOSE.fullmatch(name):
            entry.complain(PURPOSE_WORDS, f"`{name}`")
        record = entry.record((), ("title", "contacts", "identifies"))
        found.append(
            StatedPurpose(name, optional_titles(record), truth(record, "contacts"), truth(record, "identifies"))
        )
    return tuple(found)


def read_processors(
    cell: Cell, categories: Collection[str]
) -> tuple[tuple[ProcessorRules, ...], tuple[Recipient, ...]]:
    """Read `processors`: what each is told, and the facts of those that state a `kind`."""
    rules, facts = [], []
    for name, entry in cell.entries("processors by system", may_be_empty=True).items():
        _check_name(name, entry)
        record = entry.record(("categories", "key", "answer_within"), ("kind", "before", *_FACTS))
        shared = _categories(record, categories)
        rules.append(
            ProcessorRules(
                system=SystemId(name),
                categories=shared,
                key=record["key"].matching(ID, "an identity key of the data map"),
                answer_within=record["answer_within"].period(may_be_zero=False),
                before=_before(record),
            )
        )
        if "kind" in record:
            facts.append(_recipient(name, record, shared))
        elif stray := sorted(set(record.cells) & set(_FACTS)):
            entry.complain("the key `kind` beside facts of a recipient", f"`{stray[0]}` without it")
    return tuple(rules), tuple(facts)


def read_recipients(cell: Cell, categories: Collection[str]) -> tuple[Recipient, ...]:
    """Read `recipients`: those that no system connects."""
    found = []
    for name, entry in cell.entries("recipients by name").items():
        _check_name(name, entry)
        record = entry.record(("title", "kind"), ("categories", *_FACTS[1:]))
        found.append(_recipient(name, record, _categories(record, categories) if "categories" in record else ()))
    return tuple(found)


def _recipient(name: str, record: Record, categories: tuple[CategoryId, ...]) -> Recipient:
    title: Mapping[str, str] = optional_titles(record)
    listed = _subprocessors(record)
    return Recipient(
        name=name,
        title=title,
        kind=one_of(record["kind"], RecipientKind.OUTSOURCER),
        categories=categories,
        contracted_on=day(record, "contracted"),
        supervised_on=day(record, "supervised"),
        country=country(record),
        best_effort=truth(record, "best_effort"),
        transfer=one_of(record["transfer"], Transfer.NONE) if "transfer" in record else None,
        subprocessors=bool(listed) or truth(record, "subprocessors"),
        subprocessor_names=listed,
        nda_on=day(record, "nda"),
        first_transfer_on=day(record, "first_transfer"),
        supervise_every=record["supervise_every"].period(may_be_zero=False) if "supervise_every" in record else A_YEAR,
        certified_until=day(record, "certified_until"),
        confirmed_on=day(record, "confirmed"),
        informed_on=day(record, "informed"),
        purpose=optional_titles(record, "purpose"),
        opt_out=record["opt_out"].text("an address") if "opt_out" in record else None,
    )


def _before(record: Record) -> tuple[DatasetId, ...]:
    if "before" not in record:
        return ()
    return tuple(DatasetId(item.text("a dataset of the data map")) for item in record["before"].items())


def _subprocessors(record: Record) -> tuple[str, ...]:
    """Read a list of names; `true` or `false` says only whether there are any."""
    cell = record["subprocessors"]
    if "subprocessors" not in record or not cell.is_list:
        return ()
    return tuple(item.matching(ID, ID_WORDS) for item in cell.items("a list of names"))


def _categories(record: Record, categories: Collection[str]) -> tuple[CategoryId, ...]:
    items = record["categories"].items()
    return tuple(CategoryId(item.word(categories, "a category of this policy")) for item in items)


def _check_name(name: str, cell: Cell) -> None:
    if not ID.fullmatch(name):
        cell.complain(ID_WORDS, f"`{name}`")
