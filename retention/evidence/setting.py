"""Breaking text into lines, Japanese and Latin together (after JIS X 4051: what must not begin a line)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

# Latin words and their spaces stay whole, but for what closes in front of them; other signs may stand at a line's end
_PIECES = re.compile(r"[)\]},.:;!?]+ *|[!-~\u00a0-\u024f\u2013-\u2026]+ *| +|.", re.DOTALL)
_NOT_FIRST = frozenset("、。，．・：；？！ー’”）〕］｝〉》」』】々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ)]},.:;!?")
_NOT_LAST = frozenset("‘“（〔［｛〈《「『【([{")


def lines_of(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return the text in lines no wider than `width`, as `measure` measures them.

    A word that is wider than a line (a digest) is cut into equal parts.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, width, measure):
        if lines and not line and piece[0] in _NOT_FIRST:
            lines[-1] += piece  # the line was broken at spaces before it
        elif line and measure((line + piece).rstrip()) > width and piece[0] not in _NOT_FIRST:
            moved = ""
            while len(line) > 1 and line[-1] in _NOT_LAST:
                line, moved = line[:-1], line[-1] + moved
            lines.append(line.rstrip())
            line = moved + piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line or not lines else lines


def _pieces(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    pieces: list[str] = []
    for piece in _PIECES.findall(text):
        parts = math.ceil(measure(piece.rstrip()) / width)
        size = math.ceil(len(piece) / max(parts, 1))
        pieces += [piece[at : at + size] for at in range(0, len(piece), size)]
    return pieces
