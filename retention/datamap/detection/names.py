"""Names of people, by the commonest there are. Written from general knowledge; no data set was copied.

The lists need not be complete: a column is judged by the share of its values that are known, and
a third of any country's people bear one of these.
"""

from __future__ import annotations

import re

FAMILY_NAMES = frozenset(
    """
    佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 渡邉 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 斉藤 齋藤 齊藤 清水
    山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村 藤井 岡本
    藤原 金子 中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 酒井 宮崎 横山 高木 安藤 宮本 大野
    小島 工藤 谷口 今井 高田 増田 丸山 杉山 村田 大塚 新井 小山 平野 河野 藤本 野口 松井 千葉 岩崎 武田 上野 菊地 菊池 木下 野村
    佐野 松尾 市川 杉本 久保 古川 島田 水野 桜井 高野 吉川 山内 西田 飯田 菅原 西川 小松 北村 安田 五十嵐 川口 平田 関 中田 服部
    本田 東 川崎 岩田 土屋 福島 辻 樋口 永井 秋山 田口 中西 山中 吉村 川上 石原 大橋 松岡 馬場 浜田 森本 星野 矢野 浅野 松下 大久保
    熊谷 吉岡 小池 野田 荒木 大谷 内藤 黒田 松村 永田 川村 尾崎 望月 堀 菅野 松浦 田辺 榎本 小西 荒井 広瀬 大西 早川 栗原 平井
    内山 片山 本間 大島 岡崎 小田 西山 横田 関口 成田 宮田 石橋 高山 堀内 須藤 大石 奥村 富田 沢田 澤田 高島 伊東 福井 三宅 土井
    小沢 小澤 黒木 田代 足立 天野 河合 大森 児玉 坂井 平山 白石 青山 岸 岡 柳田 根本 岩本 竹田 森下 川島 滝沢 北川 古田 大川 中井
    松原 稲垣 植田 村井 戸田 上原 比嘉 金城 大城 宮城 新垣 島袋 玉城 津田 岡村 片岡 桑原 若林 神田 飯塚 篠原 今村 大竹 杉浦 牧野
    石塚 細川 日高 坂口 竹中 落合 小野寺 及川 畠山 小笠原 相馬 今野 鎌田 佐久間 渋谷 中谷 西 泉 畑中 松永 塚本 水谷 堀江 長田 長尾
    """.split()
)
"""Family names of Japan."""

FAMILY_KANA = frozenset(
    """
    サトウ スズキ タカハシ タナカ イトウ ワタナベ ヤマモト ナカムラ コバヤシ カトウ ヨシダ ヤマダ ササキ ヤマグチ マツモト イノウエ
    キムラ ハヤシ サイトウ シミズ ヤマザキ ヤマサキ モリ イケダ ハシモト アベ イシカワ ヤマシタ ナカジマ ナカシマ イシイ オガワ マエダ
    オカダ ハセガワ フジタ ゴトウ コンドウ ムラカミ エンドウ アオキ サカモト フクダ オオタ ニシムラ フジイ オカモト フジワラ カネコ
    ナカノ ミウラ ハラダ ナカガワ マツダ タケウチ オノ タムラ ナカヤマ ワダ イシダ モリタ ウエダ ハラ ウチダ シバタ サカイ ミヤザキ
    ヨコヤマ タカギ アンドウ ミヤモト オオノ コジマ クドウ タニグチ イマイ タカダ マスダ マルヤマ スギヤマ ムラタ オオツカ アライ コヤマ
    """.split()
)

GIVEN_NAMES = frozenset(
    """
    太郎 次郎 三郎 一郎 健 健一 健太 大輔 翔 翔太 拓也 直樹 誠 学 剛 浩 博 隆 修 茂 豊 明 勇 進 清 実 正 稔 昇 翼 蓮 湊 陽翔 大翔 悠真
    陽太 颯太 樹 悠斗 花子 幸子 和子 恵子 洋子 裕子 久美子 由美子 真由美 美咲 陽菜 葵 結衣 さくら 七海 愛 舞 彩 遥 美穂 直子 智子 陽子
    京子 順子 明美 恵 薫 綾 優 結菜 凛 芽依 美羽 桜 優子 香織 麻衣 友美 千尋 亜美 里奈 真理子 典子 純子 節子 文子 弘 哲也 和也 達也 亮 涼介
    """.split()
)
"""Given names of Japan; most others end in one of `_GIVEN_ENDS`."""
_GIVEN_ENDS = "子美郎太介香奈恵代樹也夫雄男之斗真菜希乃華江助輔彦吾平司一二三郞人志哉織穂絵里紀枝衣音莉佳那沙羽花葉"

WESTERN_GIVEN = frozenset(
    """
    james robert john michael david william richard joseph thomas christopher charles daniel matthew anthony mark donald
    steven andrew paul joshua kenneth kevin brian george timothy ronald edward jason jeffrey ryan jacob gary nicholas eric
    jonathan stephen larry justin scott brandon benjamin samuel gregory alexander patrick frank raymond jack dennis jerry
    tyler aaron jose adam nathan henry douglas zachary peter kyle noah ethan jeremy christian walter keith austin roger
    terry sean gerald carl dylan harold jordan jesse bryan lawrence arthur gabriel bruce logan billy joe alan juan elijah
    willie albert wayne randy mason vincent liam roy bobby caleb bradley russell lucas mary patricia jennifer linda
    elizabeth barbara susan jessica karen sarah lisa nancy sandra betty ashley emily kimberly margaret donna michelle carol
    amanda melissa deborah stephanie dorothy rebecca sharon laura cynthia amy kathleen angela shirley brenda emma anna
    pamela nicole samantha katherine christine helen debra rachel carolyn janet maria catherine heather diane olivia julie
    joyce victoria ruth virginia lauren kelly christina joan evelyn judith andrea hannah megan cheryl jacqueline martha
    madison teresa gloria sara janice ann kathryn abigail sophia frances jean alice judy isabella julia grace amber denise
    danielle marilyn beverly charlotte natalie theresa diana brittany doris kayla alexis lori marie luis luís francois
    françois hans klaus jürgen wolfgang heinz fernando carlos pedro joão antonio manuel marco giovanni luca pierre jacques
    marc michel philippe isabelle camille dominique björn lars erik nils kaare bjørn mikko juha ivan dmitri olga tatiana
    ladislav stanisław jan piotr hugh steve dan tim tom jim bob bill mike dave chris alex sam ben nick matt tony ed fred
    ray phil niklas madalena aaron wyatt edward hannah leonie lucas emma manoj puja terhi joakim enrique johannes ellie
    """.split()
)
"""Given names of Europe and the Americas, in lower case."""

WESTERN_FAMILY = frozenset(
    """
    smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson
    thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young
    allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter
    roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers
    gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson watson brooks chavez
    wood james bennett gray mendoza ruiz hughes price alvarez castillo sanders patel myers long ross foster jimenez
    müller schmidt schneider fischer weber meyer wagner becker schulz hoffmann dubois bernard petit durand leroy moreau
    silva santos oliveira souza rodrigues ferreira almeida pereira gonçalves rossi russo ferrari bianchi hansen johansson
    andersson nilsson larsen olsen kowalski novak peacock park callahan chase sullivan cunningham schröder tremblay rocha
    leacock goyer gordon ralston stevens francis barnett girard mercier lefebvre muller fernandes gruber peeters sørensen
    wójcik mancini köhler zimmermann o'reilly mcdonald macdonald kennedy fisher reynolds hamilton graham wallace west
    """.split()
)
"""Family names of Europe and the Americas, in lower case."""

_ORGANIZATION = re.compile(
    r"株式会社|有限会社|合同会社|㈱|\(株\)|法人|組合|銀行|大学|病院|学校|商店|工業|商事|製作所|支店|本店|店$|部$|課$|事業所|協会|センター"
    r"|\b(?:inc|ltd|llc|corp|gmbh|co|company|group|bank|university|store|records|s\.?a\.?|plc|ag|band|orchestra)\b\.?",
    re.IGNORECASE,
)
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff々ヶー]+")
_KANA = re.compile(r"[\u30a0-\u30ffー]+|[\u3040-\u309fー]+")
_WORD = re.compile(r"[^\W\d_][^\W\d_.'’\-]*(?:['’\-][^\W\d_]+)*\.?")
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
        return (words[0] in FAMILY_NAMES | FAMILY_KANA) or _is_given(words[1]) and len(words[0]) <= _LONGEST_FAMILY
    if len(words) != 1:
        return False
    word = words[0]
    if word in FAMILY_NAMES or word in FAMILY_KANA or word in GIVEN_NAMES:
        return True
    return any(word[:cut] in FAMILY_NAMES and _is_given(word[cut:]) for cut in range(1, _LONGEST_FAMILY))


def _is_given(word: str) -> bool:
    return 0 < len(word) <= _LONGEST_GIVEN and (word in GIVEN_NAMES or word[-1] in _GIVEN_ENDS or is_kana(word))


def _is_western(words: list[str]) -> bool:
    plain = [word.strip(".").lower() for word in words]
    return words[0][:1].isupper() and (plain[0] in WESTERN_GIVEN or plain[-1] in WESTERN_FAMILY)
