"""Names of people, by the commonest there are: a third of any country's people bear one of them."""

from __future__ import annotations

import re

from retention.datamap.detection.lists import words_of

_FAMILY = words_of("family-japanese")
_FAMILY_KANA = words_of("family-kana")
_GIVEN = words_of("given-japanese")
_GIVEN_ENDS = "子美郎太介香奈恵代樹也夫雄男之斗真菜希乃華江助輔彦吾平司一二三郞人志哉織穂絵里紀枝衣音莉佳那沙羽花葉"
"""With which signs most other given names of Japan end."""
_WESTERN_GIVEN = words_of("given-western")
_WESTERN_FAMILY = words_of("family-western")
_ORGANIZATION = re.compile(
    r"株式会社|有限会社|合同会社|㈱|\(株\)|法人|組合|銀行|大学|病院|学校|商店|工業|商事|製作所|支店|本店|店$|部$|課$|事業所|協会|センター"
    r"|\b(?:inc|ltd|llc|corp|gmbh|co|company|group|bank|university|store|records|s\.?a\.?|plc|ag|band|orchestra)\b\.?",
    re.IGNORECASE,
)
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff々ヶー]+")
_KANA = re.compile(r"[\u30a0-\u30ffー]+|[\u3040-\u309fー]+")
_WORD = re.compile(r"[^\W\d_][^\W\d_.'\u2019\-]*(?:['\u2019\-][^\W\d_]+)*\.?")
_LONGEST_FAMILY = 4
_LONGEST_GIVEN = 4
_MOST_WORDS = 4


def is_name(text: str) -> bool:
    """Whether it is a full name, or a family or given name, that is known."""
    if not text or _ORGANIZATION.search(text) or any(sign.isdigit() for sign in text):
        return False
    words = text.replace(",", " ").replace("・", " ").split()
    if all(map(_JAPANESE.fullmatch, words)):
        return _is_japanese(words)
    return len(words) <= _MOST_WORDS and all(map(_WORD.fullmatch, words)) and _is_western(words)


def could_be_name(text: str) -> bool:
    """Whether nothing speaks against a name: no digits, no sign of an organization, few words."""
    words = text.replace(",", " ").split()
    odd = any(sign.isdigit() or sign in "@/_:;!?%&#" for sign in text)
    return bool(words) and not odd and len(words) <= _MOST_WORDS and not _ORGANIZATION.search(text)


def is_kana(text: str) -> bool:
    """Whether it is written in one kana, with spaces."""
    return all(map(_KANA.fullmatch, text.split())) and bool(text.strip())


def _is_japanese(words: list[str]) -> bool:
    if len(words) == 2:  # noqa: PLR2004 -- family and given name
        return (words[0] in _FAMILY | _FAMILY_KANA) or (_is_given(words[1]) and len(words[0]) <= _LONGEST_FAMILY)
    if len(words) != 1:
        return False
    word = words[0]
    if word in _FAMILY or word in _FAMILY_KANA or word in _GIVEN:
        return True
    return any(word[:cut] in _FAMILY and _is_given(word[cut:]) for cut in range(1, _LONGEST_FAMILY))


def _is_given(word: str) -> bool:
    return 0 < len(word) <= _LONGEST_GIVEN and (word in _GIVEN or word[-1] in _GIVEN_ENDS or is_kana(word))


def _is_western(words: list[str]) -> bool:
    plain = [word.strip(".").lower() for word in words]
    return words[0][:1].isupper() and (plain[0] in _WESTERN_GIVEN or plain[-1] in _WESTERN_FAMILY)
