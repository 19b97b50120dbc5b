"""A forecast as a picture: stacked bars a week in SVG, and one character a week for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from retention.planning.forecast import Forecast, Series

COLOURS = ("#14213d", "#1b7f5c", "#b7791f", "#7b4b94", "#3a6ea5", "#b23a48", "#5c677d", "#2a9d8f", "#8a5a44", "#c2b280")
_WIDTH, _TOP, _FLOOR, _LEFT = 820, 14, 214, 64
_BLOCKS = " ▁▂▃▄▅▆▇█"


def sparkline(weeks: Sequence[int]) -> str:
    """Return one character a week, as high as its share of the highest; what is there is never invisible."""
    highest = max(weeks, default=0)
    if not highest:
        return "·" * len(weeks)
    return "".join(_BLOCKS[max(1, count * 8 // highest)] if count else "·" for count in weeks)


def bars(forecast: Forecast, series: Sequence[Series], names: Sequence[str]) -> str:
    """Return the series as stacked bars a week, with their names and totals below."""
    weeks = len(forecast.edges) - 1
    heights = [sum(one.weeks[week] for one in series) for week in range(weeks)]
    highest = max(heights, default=0) or 1
    step = (_WIDTH - _LEFT - 10) / max(weeks, 1)
    drawn = [_axis(highest)]
    for week in range(weeks):
        left, floor = _LEFT + week * step, float(_FLOOR)
        for number, one in enumerate(series):
            height = one.weeks[week] / highest * (_FLOOR - _TOP)
            floor -= height
            if height:
                drawn.append(
                    f'<rect x="{left + 3:.1f}" y="{floor:.1f}" width="{step - 6:.1f}" height="{height:.1f}" '
                    f'fill="{_colour(number)}"><title>{escape(names[number])}: {one.weeks[week]:,}</title></rect>'
                )
        label = f"{forecast.edges[week]:%m-%d}"
        drawn.append(f'<text x="{left + step / 2:.1f}" y="{_FLOOR + 16}" text-anchor="middle">{label}</text>')
    drawn += [_legend(number, name, one.total) for number, (name, one) in enumerate(zip(names, series, strict=True))]
    height = _FLOOR + 40 + 18 * len(series)
    return f'<svg viewBox="0 0 {_WIDTH} {height}" font-family="inherit" font-size="11">{"".join(drawn)}</svg>'


def _axis(highest: int) -> str:
    lines = []
    for part in (0, 1, 2):
        y = _FLOOR - (_FLOOR - _TOP) * part / 2
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - 10}" stroke="#d8dee9"/>')
        if highest * part % 2 == 0:
            text = f"{highest * part // 2:,}"
            lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#5c677d">{text}</text>')
    return "".join(lines)


def _legend(number: int, name: str, total: int) -> str:
    y = _FLOOR + 34 + 18 * number
    return (
        f'<rect x="{_LEFT}" y="{y}" width="11" height="11" fill="{_colour(number)}"/>'
        f'<text x="{_LEFT + 18}" y="{y + 10}">{escape(name)}: {total:,}</text>'
    )


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
