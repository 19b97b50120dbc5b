"""What a column's name says: nothing, something that values must bear out, or everything.

A name is cut into words (`BillingPostalCode` → `billing_postal_code`) and compared with
phrases; Japanese is compared as it stands, since it has no spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from retention.datamap.detection.kinds import Kind


class Certainty(IntEnum):
    """How much a name says."""

    MAYBE = 1
    """Values, or the table, must bear it out."""
    SURE = 2
    """Values must not contradict it."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a name says."""

    kind: Kind
    certainty: Certainty


_SURE, _MAYBE = Certainty.SURE, Certainty.MAYBE
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")

_ENGLISH: tuple[tuple[Kind, Certainty, str], ...] = (
    (Kind.IP_ADDRESS, _SURE, r"(?:\w+_)?ip(?:_?v?_?[46])?(?:_?addr(?:ess)?)?|remote_?addr|ipaddress|client_?ip"),
    (Kind.DEVICE, _SURE, r"mac_?addr(?:ess)?|imei|idfa|idfv|gaid|aaid|adid|(?:advertising|device|browser|terminal|vendor)_?id"
     r"(?:entifier)?|device_?(?:token|uuid|fingerprint|serial)|fingerprint|cookie(?:_?(?:id|value))?|visitor_?id|push_?token"
     r"|anonymous_?id|client_?id_?cookie|msisdn_?hash|iccid|imsi"),
    (Kind.USER_AGENT, _SURE, r"user_?agent|ua(?:_?string)?|http_?user_?agent"),
    (Kind.EMAIL, _SURE, r"e?_?mail(?:_?addr(?:ess)?)?|email_?\d?|(?:e_)?mail_?(?:pc|mobile|home|work)|mail_?address"),
    (Kind.PHONE, _SURE, r"(?:tele)?phone(?:_?(?:no|num|number|home|work|mobile|cell))?|tel(?:_?(?:no|num|number))?|fax(?:_?(?:no|num"
     r"|number))?|mobile_?(?:phone|no|num|number)|cell(?:_?phone)?|(?:home|work|contact|daytime|cell)_?(?:phone|tel|number)|msisdn"
     r"|telephone_?\w*|phone_?\d"),
    (Kind.PHONE, _MAYBE, r"mobile|contact_?(?:no|number)|home|extension|whatsapp|line_?number|sms"),
    (Kind.MY_NUMBER, _SURE, r"my_?number|individual_?number|kojin_?bango|my_?no"),
    (Kind.CORPORATE_NUMBER, _SURE, r"corporate_?(?:no|num|number)|houjin_?bango|hojin_?bango|company_?registration_?(?:no|number)"),
    (Kind.CARD, _SURE, r"(?:credit_?|debit_?|payment_?)?card_?(?:no|num|number)|credit_?card|cc_?(?:no|num|number)|ccn|pan"
     r"|card_?pan"),
    (Kind.CARD, _MAYBE, r"card"),
    (Kind.BANK_ACCOUNT, _SURE, r"iban|bank_?(?:account|acct)(?:_?(?:no|num|number))?|account_?(?:no|num|number)|acct_?(?:no|num|number)"
     r"|routing_?(?:no|number)|kouza_?bango"),
    (Kind.PASSPORT, _SURE, r"passport(?:_?(?:no|num|number|id))?|ryoken_?bango"),
    (Kind.DRIVING_LICENCE, _SURE, r"(?:driv(?:er|ers|ing)_?(?:s_)?)?licen[cs]e_?(?:no|num|number)|driv(?:er|ers|ing)_?(?:s_)?licen[cs]e"
     r"|menkyo(?:_?bango)?"),
    (Kind.RESIDENCE_CARD, _SURE, r"(?:residence|zairyu)_?card(?:_?(?:no|num|number))?"),
    (Kind.SOCIAL_NUMBER, _SURE, r"ssn|social_?security(?:_?(?:no|number))?|national_?id(?:_?(?:no|number))?|nino|tax_?id"
     r"|(?:basic_?)?pension_?(?:no|num|number)|(?:health_?)?insur(?:ance|ed)_?(?:no|num|number|id)|nenkin_?bango|nhs_?(?:no|number)"
     r"|employment_?insurance_?(?:no|number)|national_?identity_?\w*|personal_?id(?:entity)?_?(?:no|number|code)?"),
    (Kind.BIRTH_DATE, _SURE, r"(?:date_?of_?)?birth(?:_?(?:date|day|year|month))?|dob|birth_?dt|born(?:_?(?:on|at))?|bday|seinengappi"),
    (Kind.POSTAL_CODE, _SURE, r"(?:zip|post(?:al)?)_?(?:code|cd|no)(?:_?\d)?|zip(?:_?\d)?|postcode|yubin_?bango|zip_?(?:plus)?_?4"),
    (Kind.ADDRESS, _SURE, r"(?:home|street|postal|mailing|billing|shipping|delivery|bill(?:ing)?|ship(?:ping)?|residential|current"
     r"|permanent|contact)_?(?:to_)?(?:addr(?:ess)?)(?:_?\d)?|addr(?:ess)?(?:_?line)?(?:_?\d)?|street(?:_?(?:name|no|number|line"
     r"|address|\d))?|house_?(?:no|number|name)|apartment|apt(?:_?no)?|jusho|building|room_?no|address_?line"),
    (Kind.LOCALITY, _MAYBE, r"city|town|state|province|prefecture|pref|county|country(?:_?(?:code|name|cd))?|region|district|suburb"
     r"|municipality|ward|location|hometown|birth_?place|place_?of_?birth|nationality"),
    (Kind.GEO, _SURE, r"lat(?:itude)?|lng|lon(?:gitude)?|long|geo(?:_?(?:point|location|hash|coord(?:inate)?s?))?|gps(?:_?\w+)?"
     r"|coord(?:inate)?s?|(?:last_?)?(?:known_?)?position|lat_?l(?:ng|on)"),
    (Kind.CREDENTIAL, _SURE, r"pass_?(?:word|wd|phrase|code)(?:_?(?:hash|salt|digest))?|pwd(?:_?hash)?|(?:encrypted|hashed)_?password"
     r"|secret(?:_?(?:answer|question|key))?|(?:access|refresh|auth|api|session|reset|remember|oauth|confirmation)_?(?:token|key)"
     r"|api_?key|pin(?:_?code)?|otp(?:_?secret)?|security_?(?:answer|question)|cvv|cvc|session_?id|salt"),
    (Kind.CREDENTIAL, _MAYBE, r"token"),
    (Kind.ACCOUNT, _SURE, r"(?:user|member|customer|client|account|login|employee|staff|student|patient|subscriber|cust|emp|person"
     r"|applicant|guest|passenger|contact|respondent|player|viewer|buyer|recipient|owner|author|visitor|membership)_?(?:id|no|num"
     r"|number|code|cd|uuid|key)|user_?(?:name|login|handle)|login(?:_?name)?|nick_?name|screen_?name|display_?name|handle"
     r"|twitter(?:_?\w+)?|facebook(?:_?\w+)?|instagram(?:_?\w+)?|skype|linkedin|google_?id|apple_?id|uid|user_?nicename"
     r"|avatar(?:_?url)?|profile_?(?:image|photo|picture)(?:_?url)?|photo|portrait"),
    (Kind.ACCOUNT, _MAYBE, r"user|member|account|created_?by|updated_?by|uploaded_?by|sales_?rep|assigned_?to|approved_?by|reports_?to"),
    (Kind.NAME, _SURE, r"(?:first|last|middle|family|given|full|sur|maiden|legal|birth|contact|holder|customer|user|member|client|employee"
     r"|patient|student|person|recipient|guest|passenger|card_?holder|account_?holder|emergency_?contact|billing|shipping|applicant"
     r"|spouse|guardian|father|mother|buyer|sender|receiver|subscriber|author|owner|shopper|cust|emp|manager|staff|representative"
     r"|consignee|addressee|teacher|doctor|driver|artist)_?(?:first_?|last_?|full_?)?name(?:_?(?:kana|kanji|romaji|en|ja|\d))?"
     r"|f_?name|l_?name|surname|forename|lastname|firstname|initials|name_?(?:kana|kanji|sei|mei|first|last|family|given|\d)"
     r"|kana(?:_?\d)?|furigana|sei(?:_?kana)?|mei(?:_?kana)?|shimei|simei|real_?name|fullname|cardholder"),
    (Kind.NAME, _MAYBE, r"name|author|owner|contact|recipient|addressee|holder|representative|attendee|passenger|guest|manager|signatory"
     r"|beneficiary|sender|composer|interviewer|person"),
    (Kind.SENSITIVE, _SURE, r"diagnos[ie]s|disease|illness|medical_?\w*|health(?:_?(?:status|condition|history))?|allerg(?:y|ies)"
     r"|disabilit(?:y|ies)|religion|religious_?\w*|race|ethnicity|ethnic_?\w*|political_?\w*|sexual_?orientation|blood_?type"
     r"|union_?member(?:ship)?|criminal_?\w*|medication|prescription|biometric\w*|genetic\w*|symptoms?"),
    (Kind.DEMOGRAPHIC, _SURE, r"age(?:_?(?:group|years))?|gender|sex|marital(?:_?status)?|education(?:_?level)?|occupation"
     r"|job_?title|profession|income|salary|household_?\w*|relationship|native_?language|citizenship"
     r"|employer|height_?cm|weight_?kg|mother_?tongue|hobb(?:y|ies)|number_?of_?children|position_?title|school_?name"),
    (Kind.DEMOGRAPHIC, _MAYBE, r"title|company|department|position|job|contact_?title|title_?of_?courtesy|salutation|language|hire_?date"),
    (Kind.FREE_TEXT, _SURE, r"(?:free_?)?(?:notes?|memo|remarks?|comments?)(?:_?(?:text|body|content))?|inquiry(?:_?(?:body|text|content))?"
     r"|bio(?:graphy)?|about_?me|self_?introduction|message(?:_?(?:body|text))?|feedback|free_?text|description_?by_?user|testimonial"
     r"|comment_?content|chat(?:_?log)?|transcript|complaint|answer_?text|review_?(?:text|body)|special_?requests?"),
    (Kind.FREE_TEXT, _MAYBE, r"body|content|text|reason|opinion|details?"),
)

_JAPANESE: tuple[tuple[Kind, Certainty, str], ...] = (
    (Kind.IP_ADDRESS, _SURE, r"ipアドレス|接続元ip|アクセス元"),
    (Kind.EMAIL, _SURE, r"メール(?:アドレス)?|e?メアド|電子メール|mailアドレス|eメール"),
    (Kind.PHONE, _SURE, r"電話|携帯番号|連絡先番号|fax|ファックス|ファクス|固定電話|tel"),
    (Kind.MY_NUMBER, _SURE, r"マイナンバー|個人番号"),
    (Kind.CORPORATE_NUMBER, _SURE, r"法人番号"),
    (Kind.CARD, _SURE, r"(?:クレジット)?カード番号|クレカ番号"),
    (Kind.BANK_ACCOUNT, _SURE, r"口座番号|振込口座|預金口座"),
    (Kind.PASSPORT, _SURE, r"旅券|パスポート"),
    (Kind.DRIVING_LICENCE, _SURE, r"免許(?:証)?(?:の)?番号|運転免許"),
    (Kind.RESIDENCE_CARD, _SURE, r"在留カード"),
    (Kind.SOCIAL_NUMBER, _SURE, r"年金番号|保険者番号|被保険者|保険証|雇用保険|住民票コード|保険番号"),
    (Kind.BIRTH_DATE, _SURE, r"生年月日|誕生日|生年|生まれ|出生日"),
    (Kind.POSTAL_CODE, _SURE, r"郵便番号|〒"),
    (Kind.ADDRESS, _SURE, r"住所|番地|丁目|居住地|お?届け?先$|建物名|マンション名|部屋番号|現住地|町名"),
    (Kind.LOCALITY, _SURE, r"都道府県|市区町村|市町村|区市町村|出身地|本籍"),
    (Kind.LOCALITY, _MAYBE, r"国$|国名|地域|県名|国籍|市区|町域"),
    (Kind.GEO, _SURE, r"緯度|経度|位置情報|座標"),
    (Kind.DEVICE, _SURE, r"端末(?:識別|id|番号)|デバイスid|広告id|クッキー|cookie|製造番号端末|ブラウザid|機器id"),
    (Kind.USER_AGENT, _SURE, r"ユーザー?エージェント"),
    (Kind.CREDENTIAL, _SURE, r"パスワード|暗証番号|秘密の(?:質問|答え)|認証コード|アクセストークン"),
    (Kind.NAME, _SURE, r"氏名|名前|姓|^名$|苗字|名字|^お名前|フリガナ|ふりがな|^カナ|名義人?|氏\(|ローマ字名|担当者名|宛名|署名者|受取人|契約者名"
     r"|^セイ|^メイ|カナ氏名|シメイ|会員名|顧客名|お客様名|患者名|社員名|利用者名|申込者名?|保護者名?|世帯主名?|代表者名"),
    (Kind.NAME, _MAYBE, r"担当者?|利用者|契約者|申請者|送り主|差出人|作成者|記入者|代表者|講師|著者"),
    (Kind.ACCOUNT, _SURE, r"会員(?:番号|id|no|コード)|顧客(?:番号|id|コード|no)|ユーザー?(?:id|名|番号)|社員(?:番号|コード|id|no)|利用者(?:番号|id)"
     r"|ログインid|ニックネーム|学籍番号|患者(?:番号|id)|お客様番号|アカウント|職員番号|従業員番号|診察券番号|学生番号|受験番号|契約者番号|表示名"),
    (Kind.SENSITIVE, _SURE, r"病歴|既往|診断|傷病|障害(?:者|の)|障がい|宗教|信条|血液型|アレルギー|健康状態|犯罪|前科|人種|服薬|病名|検査結果|本籍地|妊娠"),
    (Kind.DEMOGRAPHIC, _SURE, r"性別|年齢|年代|職業|年収|学歴|続柄|婚姻|配偶者の有無|家族構成|役職|勤務先|国籍|世帯|身長|体重|趣味|最終学歴|扶養"),
    (Kind.DEMOGRAPHIC, _MAYBE, r"会社名|所属|部署|肩書|入社日|敬称"),
    (Kind.FREE_TEXT, _SURE, r"備考|メモ|問い?合わせ内容|お?問合せ内容|自由記述|自由記入|ご?意見|ご?要望|コメント|自己紹介|相談内容|苦情|感想|対応履歴|特記"),
    (Kind.FREE_TEXT, _MAYBE, r"本文|内容$|理由|メッセージ"),
)

_ABOUT = re.compile(
    r"(?:^|_)(?:verified|confirmed|enabled|flag|flg|count|cnt|status|type|kind|format|template|length|opt_?in|opt_?out|valid|is|has|num_?of"
    r"|sent|subject|domain|provider|total|price|amount|rate|ratio|size|version|checksum|label|category|campaign|sql|queue|batch"
    r"|updated|changed|opened|bounced|at|mask|pattern|locale|page_?views?|sent_?at|url|html|limit|required|score|brand)(?:_|$)"
    r"|フラグ|有無|件数|区分|種別|日時|回数|設定|状況|可否|希望|種類|単価|金額|合計|形式|ドメイン|テンプレート|ブランド|件名|ステータス"
)
"""Words that make a name about something else: `email_verified`, `phone_type`, `住所変更回数`."""
_MAY_STAY = re.compile(r"avatar|profile|marital|birth|health|blood|生年|婚姻|配偶者|家族|障害|位置情報")
_OF_THINGS = re.compile(
    r"(?:^|_)(?:product|item|goods|sku|file|host|server|domain|store|shop|branch|company|corp|organi[sz]ation|vendor|supplier|warehouse|brand"
    r"|campaign|event|table|column|schema|app|application|job|task|project|plan|model|city_?hall|station|course|class|category|genre|album"
    r"|track|playlist|media|bank|service|service_?name|facility|office|department_?store|hotel|restaurant|song|bucket|queue|topic|plant"
    r"|machine|equipment|building_?site|part|material|ship_?name|vessel|airport|menu|recipe|book|page|template|role|group|team|unit"
    r"|error|exception|parameter|param|config|cluster|node|zone|invoice_?no|order_?(?:no|num|number|id|code)|tracking|lot|serial|batch"
    r"|jan|isbn|ean|upc|asin|barcode|coupon|voucher|ticket|slip|receipt|transaction|payment_?id|request_?id|trace_?id|session_?count)(?:_|$)"
    r"|商品|製品|品名|品番|型番|店舗|支店|本店|本社|会社|企業|法人名|団体|施設|倉庫|仕入先|取引先|ブランド|銀行|機関|部品|工場|ファイル|システム|サーバ"
    r"|注文番号|受注番号|伝票|請求番号|管理番号|追跡|jan|ロット|シリアル|イベント|キャンペーン|学校名|病院名|駅|路線|作品|書籍|番組|曲|アルバム|科目|講座"
)
"""Words of things and organizations: their names, addresses and numbers are not a person's."""
_PEOPLE = re.compile(
    r"(?:^|_)(?:customers?|users?|members?|employees?|staff|persons?|people|patients?|students?|contacts?|clients?|applicants?|subscribers?"
    r"|accounts?|profiles?|guests?|passengers?|candidates?|leads?|teachers?|owners?|recipients?|authors?|visitors?|respondents?|residents?"
    r"|workers?|drivers?|partners?|shareholders?|voters?|donors?|buyers?|players?|participants?|attendees?|beneficiar(?:y|ies)|adult|census"
    r"|address(?:es)?|personnel|hr|crew)(?:_|$)"
    r"|顧客|会員|ユーザー?|利用者|社員|従業員|患者|学生|生徒|応募者|名簿|個人|職員|住民|契約者|申込者|株主|参加者|お客様|連絡先|世帯"
)


def words(name: str) -> str:
    """Return the name as words joined by `_`, in lower case and half width."""
    plain = unicodedata.normalize("NFKC", name).strip()
    return re.sub(r"[^\w〒()]+|_+", "_", _CAMEL.sub("_", plain)).strip("_").lower()


def _compiled(rows: Iterable[tuple[Kind, Certainty, str]], shell: str) -> list[tuple[Hint, re.Pattern[str]]]:
    return [(Hint(kind, certainty), re.compile(shell.format(phrase))) for kind, certainty, phrase in rows]


_PHRASES = [
    *_compiled(_ENGLISH, r"(?:^|_)(?:{})(?:_\d+)?$"),
    *_compiled(_JAPANESE, r"{}"),
]
_ANYWHERE = _compiled(_ENGLISH, r"(?:^|_)(?:{})(?:_|$)")


def hints(name: str) -> tuple[Hint, ...]:
    """Return what the name says, the likeliest first; a name about things or about a property says nothing.

    A phrase at the end counts as it is; one in the middle (`email_2_old`) only as a possibility.
    """
    text = words(name)
    if _ABOUT.search(text) and not _MAY_STAY.search(text):
        return ()
    whole = [hint for hint, phrase in _PHRASES if phrase.search(text)]
    inside = [Hint(hint.kind, _MAYBE) for hint, phrase in _ANYWHERE if phrase.search(text)]
    ordered = sorted(whole, key=lambda hint: -hint.certainty)
    seen = {hint.kind: hint for hint in reversed([*ordered, *inside])}
    return tuple(dict.fromkeys(seen[hint.kind] for hint in [*ordered, *inside]))


def is_of_things(name: str) -> bool:
    """Whether the name speaks of a thing or an organization."""
    return _OF_THINGS.search(words(name)) is not None


def is_workplace(name: str) -> bool:
    """Whether the name is only a company's, which in a table of people is where somebody works."""
    return words(name) in {"company", "company_name", "会社名", "勤務先", "organization", "department"}


def is_of_people(table: str) -> bool:
    """Whether a table's name speaks of people."""
    return _PEOPLE.search(words(table)) is not None
