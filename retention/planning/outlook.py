"""A forecast in words: its table for a terminal, and the page with its plot."""

from __future__ import annotations

from datetime import timedelta

from retention.model.policy import Policy
from retention.planning.forecast import Forecast, Series
from retention.planning.plot import bars, sparkline
from retention.policy import wording
from retention.policy.paper import Block, Figure, Heading, Paragraph, Table, html
from retention.policy.wording import Language, pick

POSTPONED = (
    "これは期間の満了を数えたものです。保全・利用制限・法令による保存があれば、処理はそれより後になります。",
    "This counts when clocks run out: a hold, a restriction or a law can postpone what follows.",
)


class Outlook:
    """Says a forecast in one language."""

    def __init__(self, forecast: Forecast, policy: Policy, language: Language) -> None:
        """Name series by their category's titles."""
        self._forecast = forecast
        self._policy = policy
        self._language = language

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings of the table."""
        ja = ("種類", "規則", "対象", "処理", "満了済み", "今後", "週ごと")
        en = ("category", "rule", "what", "then", "due now", "to come", "week by week")
        return ja if self._language == "ja" else en

    @property
    def title(self) -> str:
        """The table's title: from which day to which."""
        begin = wording.day(self._forecast.edges[0], self._language)
        end = wording.day(self._forecast.edges[-1] - timedelta(days=1), self._language)
        return pick(self._language, f"満了の見通し：{begin}〜{end}", f"What falls due from {begin} to {end}")

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return one row a series, with one character a week."""
        return tuple(
            (
                self._category(one),
                one.rule,
                self._what(one),
                wording.disposal(one.then, self._language),
                "–" if one.overdue is None else f"{one.overdue:,}",
                f"{one.total:,}",
                sparkline(one.weeks),
            )
            for one in self._forecast.series
        )

    def page(self) -> str:
        """Return the page: a plot of rows, a plot of people, and the numbers."""
        return html(self.title, self._language, self._blocks())

    def _blocks(self) -> list[Block]:
        blocks: list[Block] = [Heading(1, self.title), Paragraph(pick(self._language, *POSTPONED))]
        by_date = [one for one in self._forecast.series if one.dataset is not None]
        by_event = [one for one in self._forecast.series if one.dataset is None]
        for name, series in (
            (pick(self._language, "記録（日付による）", "Records, by their dates"), by_date),
            (pick(self._language, "人（出来事による）", "People, by events"), by_event),
        ):
            if series:
                names = [f"{self._category(one)} – {self._what(one)}" for one in series]
                label = pick(self._language, f"週ごとの{name}", f"{name}, week by week")
                blocks += [Heading(2, name), Figure(bars(self._forecast, series, names), label), self._table(series)]
        return blocks

    def _table(self, series: list[Series]) -> Table:
        """Return the numbers: a row a week, a column a series."""
        head = (pick(self._language, "週", "week"), *(f"{self._category(one)} ({self._what(one)})" for one in series))
        due = tuple("–" if one.overdue is None else f"{one.overdue:,}" for one in series)
        weeks = tuple(
            (wording.day(edge, self._language), *(f"{one.weeks[number]:,}" for one in series))
            for number, edge in enumerate(self._forecast.edges[:-1])
        )
        return Table(head, ((self.columns[4], *due), *weeks))

    def _category(self, one: Series) -> str:
        known = self._policy.categories.get(one.category)
        return wording.title(known.title if known else {}, self._language, one.category)

    def _what(self, one: Series) -> str:
        if one.dataset is not None:
            return pick(self._language, f"{one.dataset} の記録", f"rows of {one.dataset}")
        return pick(self._language, "人", "people")
