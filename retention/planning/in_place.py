"""What a recipe means for rows that stay where they lie: methods that work value by value, and tokens.

A field that the recipe does not name is emptied: nothing that nobody thought of stays. Methods that need
the whole table (local recoding, swapping, noise) are for sets that go out, never for rows in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from retention.deidentify.hierarchy import Dates, Numbers, Prefixes
from retention.deidentify.recipe import Aim, DropItem, Generalize, Method, Recipe, Token
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import DatasetId, RuleId
from retention.model.policy import AfterEvent, AfterPurposes, Disposal, Policy, Rule
from retention.model.sharing import KeyName
from retention.model.transform import Band, Drop, Prefix, ToMonth, ToYear, Transform

_MONTH, _YEAR = 2, 3


@dataclass(frozen=True, slots=True)
class InPlace:
    """What is done to a dataset's columns."""

    transforms: Mapping[str, Transform]
    tokens: tuple[str, ...]

    @property
    def emptied(self) -> tuple[str, ...]:
        """Columns of which nothing stays: by them it is seen which rows are done."""
        return tuple(sorted(name for name, how in self.transforms.items() if isinstance(how, Drop)))


def in_place(recipe: Recipe, dataset: Dataset) -> InPlace:
    """Return what the recipe means for the dataset; `unfit` has found that it means something."""
    transforms: dict[str, Transform] = {name: Drop() for name in dataset.fields if name not in recipe.columns}
    tokens = []
    for name in sorted({*dataset.fields, *dataset.linking_columns} & set(recipe.columns)):
        methods = recipe.columns[name].methods
        if Token() in methods:
            tokens.append(name)
        elif methods and (how := _transform(methods[0])) is not None:
            transforms[name] = how
    return InPlace(transforms, tuple(tokens))


def in_place_key(rule: RuleId, dataset: DatasetId) -> KeyName:
    """Return the name of the key behind the tokens of one rule in one dataset."""
    words = "-".join("".join(c if c.isalnum() else "-" for c in part.lower()) for part in (rule, dataset))
    return KeyName(f"in-place/{words}")


def unfit(policy: Policy, datamap: DataMap, recipes: Mapping[str, Recipe]) -> Iterator[tuple[str, str, str]]:
    """Yield what in a pseudonymizing rule cannot be done in place: where, expected, found."""
    for rule in policy.rules:
        recipe = recipes.get(rule.recipe or "")
        if rule.then is not Disposal.PSEUDONYMIZE or recipe is None:
            continue
        for dataset in datamap.datasets.values():
            if any(field.category == rule.category for field in dataset.fields.values()):
                where = f"policy rules.{rule.rule_id} in {dataset.dataset_id}"
                yield from ((where, *problem) for problem in _problems(rule, recipe, dataset))


def _problems(rule: Rule, recipe: Recipe, dataset: Dataset) -> Iterator[tuple[str, str]]:
    if recipe.aim is not Aim.PSEUDONYMOUS:
        yield "a recipe with `aim: pseudonymous`", recipe.aim.value
    for name in sorted({*dataset.fields, *dataset.linking_columns} & set(recipe.columns)):
        methods = recipe.columns[name].methods
        if len(methods) > 1 or any(_transform(method) is None and method != Token() for method in methods):
            yield f"one method for `{name}` that works value by value", "another, or several"
    made = in_place(recipe, dataset)
    stuck = set(dataset.primary_key) | {here for reference in dataset.parents for here, _ in reference.columns}
    if held := sorted(stuck & set(made.tokens)):
        yield "tokens in columns that no other row refers by", ", ".join(held)
    if left := sorted(set(dataset.subject.values()) - set(made.tokens) - set(made.transforms)):
        yield "a token in place of what ties the row to its person", f"nothing for {', '.join(left)}"
    if not made.emptied and not isinstance(rule.keep.start, AfterEvent | AfterPurposes):
        yield "a column that is emptied, since a date stays and only that tells which rows are done", "none"


def _transform(method: Method) -> Transform | None:
    match method:
        case DropItem():
            return Drop()
        case Generalize(Dates(), level) if level in (_MONTH, _YEAR):
            return ToMonth() if level == _MONTH else ToYear()
        case Generalize(Prefixes(lengths), 1):
            return Prefix(lengths[0])
        case Generalize(Numbers(widths), 1):
            return Band(widths[0])
        case _:
            return None
