"""What becomes of a dataset's rows. The heart of planning.

The rows are cut into cells (`cells`), and for each cell it is asked, in this order:

(1) Is everything personal in the row due, and does no law keep any of it? Then the row is erased
    or anonymized: unless a row that stays refers to it, which keeps it as an empty anchor.
(2) Does the row cling to its person? It does if a field that is neither due nor held identifies
    the person, or can only be found through the person later, since its clock is an event's.
    Then the due fields are emptied, and the rows it refers to stay as its anchors.
(3) Otherwise the row lets go of its person: the due fields that no law keeps are emptied, and
    with them the identity keys, if the person leaves (a row's own clock alone does not make him
    leave), and references to rows that go. What a law keeps is never emptied, a key included: a kept
    reference keeps the row it leads to as an empty anchor.

Anchors are found children first, what goes is known parents first: two passes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from retention.deidentify import rare_classes
from retention.errors import TombstoneError
from retention.model.datamap import Dataset, Identifies
from retention.model.ids import CategoryId, DatasetId, HoldId, StepId
from retention.model.plan import AnonymizeRows, EraseRows, PseudonymizeRows, RedactFields, RowStep, Withholding
from retention.model.policy import AfterEvent, AfterPurposes, Authority, Disposal, FieldHold
from retention.model.predicate import AnyOf, Everything, Not, Populated, Predicate, Selection
from retention.model.subject import Key
from retention.model.transform import Drop, Transform
from retention.planning.authority import CONTROLLED, controlled
from retention.planning.cells import Cell, Group, Move, combinations
from retention.planning.deferred import undated
from retention.planning.due import rules_in_force
from retention.planning.holding import latest_end, parts, together
from retention.planning.in_place import in_place, in_place_key
from retention.planning.keysets import KeySets
from retention.planning.pausing import Standstill
from retention.planning.reach import among, any_of, joined, referenced
from retention.planning.ties import (
    Ties,
    emptiable,
    filled,
    going,
    refuse_missing_tombstone,
    refuse_required,
)
from retention.planning.world import World

UNNAMED = StepId("")
"""Steps get their ids when the whole plan is in order."""


@dataclass(frozen=True, slots=True)
class Spared:
    """Which rows a line of what is withheld is about."""

    line: Withholding
    """With the rows of this cell only."""
    rows: Predicate
    hold: FieldHold | None
    """The policy's, if it is one: its end depends on the rows."""


@dataclass(slots=True)
class Drawn:
    """What has been drawn up for one plan."""

    steps: list[RowStep] = field(default_factory=list)
    cuts: list[RedactFields] = field(default_factory=list)
    """What comes before them: references to rows that go are emptied (`ties`)."""
    withheld: list[Withholding] = field(default_factory=list)
    spared: list[Spared] = field(default_factory=list)
    """What is withheld, cell by cell."""
    moves: list[Move] = field(default_factory=list)
    """For which groups there is something to do, and in which rows."""
    deferred: dict[tuple[DatasetId, HoldId], set[Key]] = field(default_factory=lambda: defaultdict(set))
    """Primary keys of the rows that their person leaves under a hold, where no date of the row will find them again."""


class Disposer:
    """Draws up the steps on rows of one plan."""

    def __init__(self, world: World, keysets: KeySets, standstills: tuple[Standstill, ...]) -> None:
        """Look at the world as it is; `standstills` are rows that no group may touch."""
        self._world = world
        self._keysets = keysets
        self._standstills = standstills
        self._totals: dict[DatasetId, int] = {}
        self._anchors: dict[tuple[DatasetId, tuple[str, ...]], set[Key]] = defaultdict(set)
        self._going: dict[DatasetId, list[Predicate]] = defaultdict(list)
        self._controlled: dict[DatasetId, list[Predicate]] = defaultdict(list)
        self.drawn = Drawn()

    def draw(self, groups: Sequence[Group], order: tuple[DatasetId, ...]) -> None:
        """Draw up everything for the groups; `order` puts children before parents."""
        for group in groups:
            if group.authority is Authority.INDIVIDUAL:
                for name, where in controlled(self._world, group.reached, self._keysets).items():
                    self._controlled[name].append(where)
        for still in self._standstills:
            for name, where in still.reached.items():
                self._anchor(self._world.dataset(name), where, mentioned=True)
        self._anchor_by_kept_references(groups)
        cells: dict[DatasetId, list[Cell]] = {}
        for name in order:
            cells[name] = list(self._cells(self._world.dataset(name), groups))
            for cell in cells[name]:
                self._withhold(cell)
                self._anchor_what_it_refers_to(cell)
        for name in reversed(order):
            for cell in cells[name]:
                self._draw_cell(cell)
        rank = {dataset: place for place, dataset in enumerate(order)}
        erasures = Counter(step.dataset for step in self.drawn.steps if isinstance(step, EraseRows))
        in_parts = frozenset(name for name, several in erasures.items() if several > 1)
        ties = Ties(self._world, self._keysets, going(self.drawn.steps), rank, in_parts)
        ties.refuse_unmapped()
        self.drawn.cuts.extend(ties.cuts())
        self.drawn.steps = ties.pinned(self.drawn.steps)

    def _cells(self, dataset: Dataset, groups: Sequence[Group]) -> Iterator[Cell]:
        for rows, members in combinations(dataset, groups, lambda where: not self._count(dataset, where)):
            for own, able in self._by_authority(dataset, rows, members):
                free = self._without_standstills(dataset, own, able)
                for part in parts(self._world, dataset):
                    yield Cell(dataset, together(free, *part.where), able, part)

    def _by_authority(
        self, dataset: Dataset, rows: Predicate, members: tuple[Group, ...]
    ) -> Iterator[tuple[Predicate, tuple[Group, ...]]]:
        """Keep a tenant's rows out of every group that is not a tenant's."""
        tenants = tuple(group for group in members if group.authority is Authority.TENANT)
        found = self._controlled.get(dataset.dataset_id)
        if not found or tenants == members:
            yield rows, members
            return
        theirs = found[0] if len(found) == 1 else AnyOf(tuple(found))
        yield together(rows, Not(theirs)), members
        held = together(rows, theirs)
        count = self._count(dataset, held)
        if count and tenants:
            yield held, tenants
        elif count:
            self._anchor(dataset, held)
            due = tuple(sorted({name for group in members for name in group.due(dataset)}))
            if due:
                self._note(Withholding(dataset.dataset_id, due, count, HoldId("tenant"), CONTROLLED, None), held)

    def _without_standstills(self, dataset: Dataset, rows: Predicate, members: Sequence[Group]) -> Predicate:
        due = tuple(sorted({name for group in members for name in group.due(dataset)}))
        for still in self._standstills:
            if dataset.dataset_id in still.reached:
                held = together(rows, still.reached[dataset.dataset_id])
                count = self._count(dataset, held)
                if count:
                    self._anchor(dataset, held)
                if count and due:
                    self._note(Withholding(dataset.dataset_id, due, count, still.hold_id, still.code, None), held)
                rows = together(rows, Not(still.reached[dataset.dataset_id]))
        return rows

    def _withhold(self, cell: Cell) -> None:
        dataset = cell.dataset
        for hold in cell.part.holds:
            names = {name.rpartition(".")[2] for name in hold.fields} & cell.part.fields
            # When the person leaves the row, all that stays for the law is told; otherwise what would be due.
            fields = tuple(sorted(names if cell.leaves else names & cell.due))
            count = self._count(dataset, cell.rows) if fields and cell.due else 0
            if count:
                until = latest_end(self._world, dataset, hold, cell.rows, self._keysets)
                line = Withholding(dataset.dataset_id, fields, count, hold.hold_id, hold.statute, until)
                self._note(line, cell.rows, hold)
                if cell.leaves and undated(self._world, dataset, hold):
                    rows = referenced(self._world, dataset, dataset.primary_key[0], cell.rows, self._keysets)
                    self.drawn.deferred[dataset.dataset_id, hold.hold_id] |= rows

    def _note(self, new: Withholding, where: Predicate, hold: FieldHold | None = None) -> None:
        """Add to what is withheld; the same fields under the same hold are one line, with the latest end."""
        self.drawn.spared.append(Spared(new, where, hold))
        for place, old in enumerate(self.drawn.withheld):
            if (old.dataset, old.hold_id, old.fields) == (new.dataset, new.hold_id, new.fields):
                until = max(old.until, new.until) if old.until and new.until else None
                self.drawn.withheld[place] = replace(old, rows=old.rows + new.rows, until=until)
                return
        self.drawn.withheld.append(new)

    def _anchor_what_it_refers_to(self, cell: Cell) -> None:
        anchored = self._anchored(cell.dataset)
        if not cell.is_whole and self._clings(cell):
            self._anchor(cell.dataset, cell.rows)
        elif anchored is not None:
            self._anchor(cell.dataset, together(cell.rows, anchored))

    def _anchor(self, dataset: Dataset, rows: Predicate, *, mentioned: bool = False) -> None:
        """Keep the rows that these rows refer to; `mentioned`: those that they mention as well."""
        for reference in (*dataset.parents, *(dataset.mentions if mentioned else ())):
            keys = joined(self._world, dataset, reference.here, rows, self._keysets)
            self._anchors[reference.parent, reference.there] |= keys

    def _anchor_by_kept_references(self, groups: Sequence[Group]) -> None:
        """Keep the rows to which references lead that a law keeps, in whosever rows they stand."""
        for dataset in self._world.datamap.datasets.values():
            for part in parts(self._world, dataset):
                for reference in dataset.parents:
                    if part.fields.isdisjoint(reference.here):
                        continue
                    parent, here = self._world.dataset(reference.parent), reference.here
                    for group in groups:
                        within = group.reached.get(reference.parent)
                        keys = self._joined(parent, reference.there, within) if within is not None else frozenset()
                        if keys:
                            rows = together(among(here, self._keysets.of(keys)), *part.where)
                            self._anchors[reference.parent, reference.there] |= self._joined(dataset, here, rows)

    def _joined(self, dataset: Dataset, columns: tuple[str, ...], where: Predicate) -> frozenset[Key]:
        return joined(self._world, dataset, columns, where, self._keysets)

    def _anchored(self, dataset: Dataset) -> Predicate | None:
        """Return the rows to which a row that stays refers."""
        found = tuple(
            among(columns, self._keysets.of(keys))
            for (parent, columns), keys in sorted(self._anchors.items())
            if parent == dataset.dataset_id and keys
        )
        return any_of(found) if found else None

    def _clings(self, cell: Cell) -> bool:
        """Whether the row stays tied to its person.

        A key that is the primary key cannot be let go of; and a field under his own key, which nobody could
        read without knowing whose it is, must not be.
        """
        under = cell.dataset.encrypted
        if under is not None and under.fields & (cell.undue | cell.part.fields):
            return True
        by_event = self._found_by_person
        fields = (cell.dataset.fields[name] for name in cell.undue)
        stuck = cell.undue and set(cell.dataset.linking_columns) & set(cell.dataset.primary_key)
        return bool(stuck) or any(f.identifies is not Identifies.NO or f.category in by_event for f in fields)

    @property
    def _found_by_person(self) -> frozenset[CategoryId]:
        """Categories with an event clock: cut from its person, such data would never fall due."""
        rules = rules_in_force(self._world)
        return frozenset(rule.category for rule in rules if isinstance(rule.keep.start, AfterEvent | AfterPurposes))

    def _draw_cell(self, cell: Cell) -> None:
        anchored = self._anchored(cell.dataset)
        if not cell.is_whole and self._clings(cell):
            self._redact(cell, cell.rows, cell.empty)
        elif anchored is None:
            self._leave(cell, cell.rows)
        else:
            columns = {one for parent, several in self._anchors if parent == cell.dataset.dataset_id for one in several}
            self._leave(cell, together(cell.rows, Not(anchored)))
            self._redact(cell, together(cell.rows, anchored), cell.empty - columns)

    def _leave(self, cell: Cell, rows: Predicate) -> None:
        """Dispose of the whole row, or let it go of its person."""
        if not cell.is_whole:
            self._let_go(cell, rows)
        elif Disposal.ANONYMIZE in cell.fates.values():
            self._anonymize(cell, rows)
        elif Disposal.PSEUDONYMIZE in cell.fates.values():
            self._pseudonymize(cell, rows)
        else:
            self._erase(cell, rows)

    def _let_go(self, cell: Cell, rows: Predicate) -> None:
        own = cell.dataset.naming_columns if cell.leaves else frozenset()
        for where, references in self._by_what_goes(cell.dataset, rows):
            ties = (own | references) - cell.part.fields
            if not ties & set(cell.dataset.primary_key):
                self._redact(cell, where, cell.empty | ties)
            elif not cell.dataset.fields and not cell.part.fields:
                self._erase(cell, where)  # nothing but a tie
            elif self._count(cell.dataset, where):
                raise _nameless(cell.dataset, "must stay for a hold")

    def _by_what_goes(self, dataset: Dataset, rows: Predicate) -> list[tuple[Predicate, frozenset[str]]]:
        """Cut the rows by which of the rows they refer to go; "no" before "yes"."""
        cut = [(rows, frozenset[str]())]
        for reference in () if dataset.is_shared else dataset.parents:
            gone: set[Key] = set()
            for where in self._going.get(reference.parent, ()):
                parent = self._world.dataset(reference.parent)
                gone |= joined(self._world, parent, reference.there, where, self._keysets)
            if gone:
                refers = among(reference.here, self._keysets.of(gone))
                ties = frozenset(emptiable(self._world, dataset, reference) or reference.here)
                kept = [(together(where, Not(refers)), columns) for where, columns in cut]
                cut = kept + [(together(where, refers), columns | ties) for where, columns in cut]
        return cut

    def _erase(self, cell: Cell, rows: Predicate) -> None:
        count = self._count(cell.dataset, rows)
        if count:
            name, total = cell.dataset.dataset_id, self._total(cell.dataset)
            self._going[name].append(rows)
            self._add(cell, EraseRows(UNNAMED, name, rows, count, total, cell.because))

    def _redact(self, cell: Cell, rows: Predicate, fields: frozenset[str]) -> None:
        names = tuple(sorted(fields))
        where = together(rows, filled(names, cell.dataset, self._keysets)) if names else rows
        count = self._count(cell.dataset, where) if names else 0
        if count:
            refuse_required(self._world, cell.dataset, names)
            refuse_missing_tombstone(self._world, cell.dataset, names, self._keysets)
            name, total = cell.dataset.dataset_id, self._total(cell.dataset)
            standing = {name: cell.dataset.stand_ins[name] for name in names if name in cell.dataset.stand_ins}
            self._add(cell, RedactFields(UNNAMED, name, where, names, count, total, cell.because, standing))

    def _anonymize(self, cell: Cell, rows: Predicate) -> None:
        """Anonymize what is not so yet: rows in which something is left that anonymizing empties."""
        dataset = cell.dataset
        transforms = _transforms(cell)
        emptied = tuple(sorted(name for name, how in transforms.items() if isinstance(how, Drop)))
        where = together(rows, Populated(emptied))
        count = self._count(dataset, where)
        if not count:
            return
        if set(emptied) & set(dataset.primary_key):
            raise _nameless(dataset, "are to be anonymized")
        refuse_required(self._world, dataset, emptied)
        quasi = tuple(
            name
            for name, field_ in sorted(dataset.fields.items())
            if field_.identifies is Identifies.INDIRECTLY and not isinstance(transforms.get(name), Drop)
        )
        tallies = self._world.finder(dataset).tally(dataset, quasi, Selection(where, self._keysets.values))
        rare, rows_rare = rare_classes(tallies, quasi, transforms, quasi, cell.k)
        self._going[dataset.dataset_id].append(where)
        self._add(
            cell,
            AnonymizeRows(
                UNNAMED,
                dataset.dataset_id,
                where,
                transforms,
                quasi,
                cell.k,
                self._keysets.of(rare) if rare else None,
                count,
                rows_rare,
                self._total(dataset),
                cell.because,
            ),
        )

    def _pseudonymize(self, cell: Cell, rows: Predicate) -> None:
        """Put tokens in rows that have none yet: in which something is left that pseudonymizing empties."""
        dataset = cell.dataset
        rule = next(r for group in cell.groups for r in group.rules if r.recipe and r.then is Disposal.PSEUDONYMIZE)
        made = in_place(self._world.recipes[str(rule.recipe)], dataset)
        where = together(rows, Populated(made.emptied)) if made.emptied else rows
        count = self._count(dataset, where)
        if count:
            name, total = dataset.dataset_id, self._total(dataset)
            key = in_place_key(rule.rule_id, name)
            because = replace(cell.because, rules=(rule.rule_id,))
            step = PseudonymizeRows(UNNAMED, name, where, made.transforms, made.tokens, key, count, total, because)
            self._add(cell, step)

    def _add(self, cell: Cell, step: RowStep) -> None:
        self.drawn.steps.append(step)
        self.drawn.moves.extend(Move(group, step.dataset, step.where) for group in cell.reasons)

    def _count(self, dataset: Dataset, where: Predicate) -> int:
        return self._world.count(dataset, where, self._keysets)

    def _total(self, dataset: Dataset) -> int:
        if dataset.dataset_id not in self._totals:
            self._totals[dataset.dataset_id] = self._count(dataset, Everything())
        return self._totals[dataset.dataset_id]


def _transforms(cell: Cell) -> dict[str, Transform]:
    """Return what happens to each column; columns that are kept as they are do not appear."""
    return dict(_fates(cell)) | dict.fromkeys(cell.dataset.linking_columns, Drop())


def _fates(cell: Cell) -> Iterator[tuple[str, Transform]]:
    for name, fate in cell.fates.items():
        how = cell.dataset.fields[name].anonymize
        if fate is Disposal.ERASE:
            yield name, Drop()
        elif how is not None:
            yield name, how


def _nameless(dataset: Dataset, what: str) -> TombstoneError:
    return TombstoneError(
        f"rows of {dataset.dataset_id} {what}, and their primary key names the person",
        hint="keep such fields in a table of their own, or map a surrogate primary key",
    )
