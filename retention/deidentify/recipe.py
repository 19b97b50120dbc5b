"""What is done to a table before it goes out, and what must then hold.

A recipe names every column of the table, says what the column is (its role) and what is done to
it, in order. A column that is not named is never let through. The ten methods are those of the
table of methods in the Japanese guideline on anonymized and pseudonymized information
(個人情報保護委員会, ガイドライン 仮名加工情報・匿名加工情報編): item, record and cell deletion,
generalization, top and bottom coding, taking a sample, microaggregation, data swapping, adding
noise, making synthetic data. Keyed tokens and format-preserving encryption stand beside them:
they pseudonymize, and never make anything anonymous.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from retention.deidentify.hierarchy import Hierarchy


class Aim(Enum):
    """What the output is to be used as; tests say whether it is that."""

    ANONYMOUS = "anonymous"
    """匿名加工情報 (APPI 2(6), Rules 34), and GDPR's recital 26."""
    PSEUDONYMOUS = "pseudonymous"
    """仮名加工情報 (APPI 2(5), Rules 31), and GDPR's article 4(5)."""
    MASKED = "masked"
    """Neither: personal data with something taken away."""


class Role(Enum):
    """What a column says about the person."""

    IDENTIFIER = "identifier"
    """Tells by itself who it is: name, e-mail, telephone, address line (Rules 31 (i), 34 (i))."""
    CODE = "identification_code"
    """An individual identification code: passport, licence, My Number, biometric template (31 (ii), 34 (ii))."""
    LINK = "link"
    """A code that ties this row to other records of ours: customer number, device id (34 (iii))."""
    DAMAGE = "property_damage"
    """Its misuse could cost the person money: card number, login with password (31 (iii))."""
    QUASI = "quasi_identifier"
    """Tells together with others who it is: birth date, postal code, sex."""
    SENSITIVE = "sensitive"
    """What must not be learned about the person from the group they are in."""
    OTHER = "other"
    """None of these; tested all the same."""


# --- the ten methods ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DropItem:
    """項目削除: the column does not go out."""


@dataclass(frozen=True, slots=True)
class DropRecords:
    """レコード削除: rows go whose value here is one of these, or is held by fewer than so many rows."""

    values: frozenset[str | int | float] = frozenset()
    fewer_than: int = 0


@dataclass(frozen=True, slots=True)
class DropCells:
    """セル削除: the cell becomes null where its value is one of these, or is held by fewer than so many rows."""

    values: frozenset[str | int | float] = frozenset()
    fewer_than: int = 0


@dataclass(frozen=True, slots=True)
class Generalize:
    """一般化: the value becomes its label in a hierarchy."""

    hierarchy: Hierarchy
    level: int | None = None
    """0 is the value itself; None leaves the choice to the recoding."""


@dataclass(frozen=True, slots=True)
class TopBottom:
    """トップ（ボトム）コーディング: numbers beyond a bound become the bound ("116" becomes "90": 90 or more)."""

    bottom: float | None = None
    top: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """レコード一部抽出: a share of the rows, drawn at random, goes out."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Microaggregate:
    """ミクロアグリゲーション: numbers become the mean of their group of at least k like rows."""

    k: int
    together: str = ""
    """Columns with the same word are grouped as one, standardized."""


@dataclass(frozen=True, slots=True)
class Swap:
    """データ交換（スワップ）: values change places between rows that are alike in `within`."""

    within: tuple[str, ...] = ()
    together: str = ""
    """Columns with the same word move as one."""


@dataclass(frozen=True, slots=True)
class AddNoise:
    """ノイズ（誤差）の付加: a normal error is added; its deviation is `scale` times the column's own."""

    scale: float
    decimals: int | None = None
    """Digits kept after the point; None keeps the column's type (whole numbers stay whole)."""


@dataclass(frozen=True, slots=True)
class Synthesize:
    """疑似データ生成: new values with the column's distribution and its rank correlation to the others named."""

    together: str = ""
    """Columns with the same word are drawn from one model."""


# --- pseudonyms --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """A keyed token of 128 bits (HMAC-SHA256, truncated: NIST SP 800-107), 32 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class KeepFormat:
    """Format-preserving encryption FF1 (NIST SP 800-38G): digits become as many digits."""


Method: TypeAlias = (
    DropItem
    | DropRecords
    | DropCells
    | Generalize
    | TopBottom
    | Microaggregate
    | Swap
    | AddNoise
    | Synthesize
    | Token
    | KeepFormat
)
"""What is done to a column; `Sample` is done to the whole table."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is, and what is done to it, in order."""

    role: Role
    methods: tuple[Method, ...] = ()


# --- what must hold ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Distinct:
    """At least so many different sensitive values in each class (Machanavajjhala et al., 2006)."""

    l: int  # noqa: E741 -- the letter is the name of the measure


@dataclass(frozen=True, slots=True)
class Entropy:
    """The exponential of each class's entropy is at least l (same paper)."""

    l: float  # noqa: E741 -- same


@dataclass(frozen=True, slots=True)
class Recursive:
    """The most frequent value is rarer than c times the sum of those from the l-th on (same paper)."""

    c: float
    l: int  # noqa: E741 -- same


Diversity: TypeAlias = Distinct | Entropy | Recursive


class Distance(Enum):
    """How far one sensitive value is from another (Li et al., 2007)."""

    EQUAL = "equal"
    """All values are equally far from each other."""
    ORDERED = "ordered"
    """As far as the ranks between them."""
    HIERARCHICAL = "hierarchical"
    """As far as the level at which they meet."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """No class's sensitive values are further than t from the whole table's."""

    t: float
    distance: Distance = Distance.EQUAL
    hierarchy: Hierarchy | None = None
    """Needed for HIERARCHICAL."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What an anonymous output must show; every sensitive column must show l and t."""

    k: int | None = None
    diversity: Diversity | None = None
    closeness: Closeness | None = None


@dataclass(frozen=True, slots=True)
class LocalRecoding:
    """Each row is generalized only as far as it needs; classes may overlap."""


@dataclass(frozen=True, slots=True)
class GlobalRecoding:
    """One level a column for all rows, provably the best; at most this share of the rows is left out."""

    suppress: float = 0.0


Recoding: TypeAlias = LocalRecoding | GlobalRecoding


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Rows that are steps of a person's path: where, in which order."""

    order: str
    places: tuple[str, ...]
    known: int = 4
    """Steps an outsider may know (four suffice for most people: de Montjoye et al., 2013)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The whole of it."""

    aim: Aim
    columns: Mapping[str, Column]
    """Every column of the table, by name, in the order they go out."""
    demands: Demands = field(default_factory=Demands)
    recoding: Recoding = field(default_factory=LocalRecoding)
    sample: Sample | None = None
    person: str | None = None
    """Column of the original that tells whose row it is: k then counts people, not rows."""
    trajectory: Trajectory | None = None

    def having(self, *roles: Role) -> tuple[str, ...]:
        """Return the columns of these roles, in order."""
        return tuple(name for name, column in self.columns.items() if column.role in roles)

    @property
    def quasi(self) -> tuple[str, ...]:
        """The quasi-identifiers that go out."""
        return tuple(name for name in self.having(Role.QUASI) if DropItem() not in self.columns[name].methods)

    @property
    def sensitive(self) -> tuple[str, ...]:
        """The sensitive columns that go out."""
        return tuple(name for name in self.having(Role.SENSITIVE) if DropItem() not in self.columns[name].methods)
