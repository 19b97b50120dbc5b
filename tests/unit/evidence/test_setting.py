from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retention.evidence.setting import lines_of

TEXTS = st.text("ab c1。、（）「」消去しました個人ーっ.,-", max_size=60)


def wide(text: str) -> float:
    """Measure: Japanese signs are twice as wide."""
    return float(sum(2 if ord(sign) > 0x2E80 else 1 for sign in text))


@given(TEXTS, st.integers(8, 30))
def test_nothing_is_lost_and_lines_fit(text: str, width: int) -> None:
    """All signs but spaces at breaks come out in order; only closing signs that hang may stand beyond the edge."""
    lines = lines_of(text, width, wide)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        words = line.rstrip("。、）」ーっ.,- ")
        tied = len(words) < 2 or set(words[1:-1]) <= set("。、）」ーっ.,-（「 ")  # signs that nothing may part
        assert tied or wide(words) <= width + 2


@given(TEXTS, st.integers(8, 30))
def test_closing_signs_do_not_begin_a_line(text: str, width: int) -> None:
    """No line but the first begins with a closing bracket, a full stop or a small letter (JIS X 4051)."""
    for line in lines_of(text, width, wide)[1:]:
        assert line[:1] not in {"。", "、", "）", "」", "ー", "っ"}


def test_a_digest_is_cut_into_equal_parts() -> None:
    """Sixty-four digits on a line of forty become two lines of thirty-two."""
    assert [len(line) for line in lines_of("ab" * 32, 40, wide)] == [32, 32]


def test_an_opening_bracket_goes_with_its_word() -> None:
    """A bracket that opens does not end a line."""
    assert lines_of("消去しました（個人", 14, wide) == ["消去しました", "（個人"]


def test_empty_text_is_one_empty_line() -> None:
    """Nothing is set as one empty line."""
    assert lines_of("", 10, wide) == [""]
