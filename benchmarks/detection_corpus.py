"""A seeded corpus of columns, half of them about people, in Japanese and English.

Recipe. Sixteen templates of tables (members, orders, logs, products, companies …) in both
languages. A variant of a template takes for each column one of several headers and one of
several ways to write its values, both drawn with the variant's seed: 60 rows, of which 4 % are
empty and 3 % hold what people put where they have nothing to say (`-`, `N/A`, `なし`). Negatives
are realistic and stand in the same tables: order numbers of twelve digits, JAN codes, product
codes in a passport's form, prices, moments, digests, versions, names of products and companies,
dates in 令和. A column's label is what a person would call it; tables' names are labels' context
only as far as real ones are. Also every header stands once without any values (an empty table).

Headers of schemas that others published stand apart, in `detection_holdout.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.detection_values import VALUES, Source, Value
from retention.datamap.detection import Kind
from retention.model.datamap import ColumnType
from retention.ports.surveyor import LiveDataset

ROWS = 60
_EMPTY, _JUNK = 0.04, 0.03
_JUNKS = ("-", "N/A", "なし", "不明", "?")

Row: TypeAlias = tuple[str, Kind | None, str]
"""Headers separated by `|`, the label, ways to write values separated by `|`."""
_ = None
K = Kind

TEMPLATES: tuple[tuple[str, tuple[Row, ...]], ...] = (
    (
        "customers|users|members|tbl_customer|customer_master",
        (
            ("id", _, "number"),
            ("customer_no|user_id|member_code", K.ACCOUNT, "number|member no"),
            ("first_name|FirstName|given_name|fname", K.NAME, "first west|given jp"),
            ("last_name|LastName|surname|family_name|lname", K.NAME, "last west|family jp"),
            ("email|mail|email_address|EmailAddress|e_mail|contact_email", K.EMAIL, "email|email wide"),
            (
                "phone|tel|phone_number|mobile_phone|TelephoneNo|contact_phone",
                K.PHONE,
                "phone jp|phone us|phone intl|phone compact",
            ),
            (
                "birth_date|dob|date_of_birth|birthday|BirthDate",
                K.BIRTH_DATE,
                "birth|birth text|birth us|birth compact",
            ),
            ("gender|sex", K.DEMOGRAPHIC, "gender|gender jp"),
            ("zip|postal_code|zipcode|PostCode|zip_cd", K.POSTAL_CODE, "postal|zip|postal compact"),
            ("address|address_line1|street|street_address|addr1", K.ADDRESS, "address west|address jp"),
            ("city|town", K.LOCALITY, "city|city jp"),
            ("country|country_code|prefecture|state", K.LOCALITY, "country|country code|prefecture|state"),
            ("password_hash|password|passwd", K.CREDENTIAL, "password|hash"),
            ("created_at|registered_at|updated_at", _, "stamp|stamp text"),
            ("status|plan|rank", _, "status"),
            ("point_balance|total_spent|order_count", _, "amount|quantity"),
            ("email_verified|mail_flag|phone_type|is_active|birthday_coupon_sent_at", _, "flag"),
            ("notes|memo|remarks", K.FREE_TEXT, "text"),
        ),
    ),
    (
        "会員|顧客マスタ|利用者一覧|会員名簿",
        (
            ("会員番号|顧客番号|会員ID|お客様番号", K.ACCOUNT, "member no|number"),
            ("氏名|お名前|名前|会員氏名", K.NAME, "name jp|name jp joined"),
            ("フリガナ|カナ氏名|氏名（カナ）|ふりがな", K.NAME, "kana|kana half"),
            ("メールアドレス|電子メール|Eメール|メール", K.EMAIL, "email|email wide"),
            ("電話番号|携帯番号|携帯電話番号|TEL|自宅電話", K.PHONE, "phone jp|phone jp wide|phone compact"),
            ("郵便番号|〒|郵便番号（7桁）", K.POSTAL_CODE, "postal|postal mark|postal compact"),
            ("住所|現住所|住所1|ご住所", K.ADDRESS, "address jp|address jp wide"),
            ("都道府県|都道府県名", K.LOCALITY, "prefecture"),
            ("生年月日|誕生日|お誕生日", K.BIRTH_DATE, "birth wareki|birth text|birth compact"),
            ("性別", K.DEMOGRAPHIC, "gender jp"),
            ("職業|ご職業", K.DEMOGRAPHIC, "job jp"),
            ("登録日時|更新日時|最終購入日時", _, "stamp|stamp text"),
            ("会員区分|会員ステータス|入会状況", _, "status jp"),
            ("保有ポイント数合計|購入回数|累計購入金額", _, "price|quantity"),
            ("メール配信希望|電話連絡可否|住所変更回数", _, "flag"),
            ("備考|メモ|特記事項", K.FREE_TEXT, "text"),
        ),
    ),
    (
        "orders|sales_order|purchase|t_order",
        (
            ("order_no|order_number|order_id", _, "order 12|order dashed|number"),
            ("customer_id|user_id|member_id", K.ACCOUNT, "number|member no"),
            ("recipient_name|ship_to_name|shipping_name", K.NAME, "name jp|name west"),
            ("shipping_address|delivery_address|ship_address", K.ADDRESS, "address jp|address west"),
            ("shipping_zip|ship_postal_code|delivery_zip", K.POSTAL_CODE, "postal|zip"),
            ("shipping_phone|delivery_tel|contact_tel", K.PHONE, "phone jp|phone us"),
            ("total|amount|price|subtotal_amount", _, "price|amount"),
            ("ordered_at|shipped_at|paid_at", _, "stamp|stamp text"),
            ("tracking_number|tracking_no|invoice_no", _, "tracking|order 12"),
            ("item_name|product_name|product_title", _, "product|product jp"),
            ("jan_code|ean|sku|product_code", _, "jan|sku|code"),
            ("currency|order_status|channel", _, "currency|status"),
            ("quantity|qty|line_count", _, "quantity"),
        ),
    ),
    (
        "受注|注文データ|売上明細",
        (
            ("注文番号|受注番号|伝票番号", _, "order 12|order dashed"),
            ("顧客ID|会員番号|お客様番号", K.ACCOUNT, "number|member no"),
            ("お届け先氏名|宛名|受取人名", K.NAME, "name jp|name jp joined"),
            ("お届け先住所|配送先住所|届け先住所", K.ADDRESS, "address jp"),
            ("お届け先電話番号|配送先電話番号|連絡先電話番号", K.PHONE, "phone jp"),
            ("配送先郵便番号|届け先郵便番号", K.POSTAL_CODE, "postal|postal compact"),
            ("商品名|品名|商品名称", _, "product jp"),
            ("商品コード|JANコード|品番", _, "jan|code|sku"),
            ("単価|金額|税込金額|合計金額", _, "price"),
            ("数量|個数", _, "quantity"),
            ("受注日|出荷日|請求日", _, "day compact|era now|stamp"),
            ("追跡番号|送り状番号|管理番号", _, "tracking|order 12"),
            ("仕入先名|店舗名|取引先会社名", _, "company"),
        ),
    ),
    (
        "access_log|events|http/dt=*/*.jsonl|page_views|web_log",
        (
            ("user_id|uid|member_id", K.ACCOUNT, "number|uuid"),
            ("ip|ip_address|remote_addr|client_ip|src_ip", K.IP_ADDRESS, "ip"),
            ("user_agent|ua|http_user_agent", K.USER_AGENT, "agent"),
            ("device_id|idfa|advertising_id|cookie_id|gaid", K.DEVICE, "uuid|hash"),
            ("mac_address|mac|wifi_mac", K.DEVICE, "mac"),
            ("imei|device_imei", K.DEVICE, "imei"),
            ("lat|latitude|last_latitude", K.GEO, "lat"),
            ("lon|lng|longitude", K.GEO, "lon"),
            ("location|geo_point|coordinates", K.GEO, "geo pair"),
            ("url|page_url|referrer_url", _, "url"),
            ("event_time|timestamp|ts|occurred_at", _, "stamp|stamp text|epoch"),
            ("request_id|trace_id|event_uuid", _, "uuid|hash"),
            ("app_version|os_version|sdk_version", _, "version"),
            ("event_type|http_status|method", _, "status|number"),
            ("duration_ms|bytes_sent|score", _, "number|rate"),
        ),
    ),
    (
        "アクセス履歴|端末情報|利用ログ",
        (
            ("ユーザーID|会員ID|利用者ID", K.ACCOUNT, "member no|uuid"),
            ("IPアドレス|接続元IPアドレス|アクセス元IP", K.IP_ADDRESS, "ip"),
            ("ユーザーエージェント", K.USER_AGENT, "agent"),
            ("端末ID|端末識別子|広告ID|デバイスID", K.DEVICE, "uuid|hash"),
            ("緯度", K.GEO, "lat"),
            ("経度", K.GEO, "lon"),
            ("位置情報|測位座標", K.GEO, "geo pair"),
            ("アクセス日時|発生日時", _, "stamp|stamp text"),
            ("画面名|操作種別|イベント種別", _, "status jp"),
            ("アプリバージョン|バージョン", _, "version"),
            ("滞在秒数|表示回数", _, "number"),
            ("セッション件数|リクエストハッシュ値", _, "hash|number"),
        ),
    ),
    (
        "employees|staff|hr_master|personnel",
        (
            ("employee_id|emp_no|staff_code", K.ACCOUNT, "number|member no"),
            ("full_name|employee_name|name|staff_name", K.NAME, "name west|name jp"),
            ("my_number|individual_number|mynumber", K.MY_NUMBER, "my number|my number spaced"),
            ("bank_account|account_number|bank_account_no", K.BANK_ACCOUNT, "bank|iban"),
            ("passport_no|passport|passport_number", K.PASSPORT, "passport"),
            ("driver_license_no|driving_licence|license_number", K.DRIVING_LICENCE, "licence"),
            ("residence_card_no|residence_card", K.RESIDENCE_CARD, "residence card"),
            ("pension_number|ssn|social_security_number", K.SOCIAL_NUMBER, "pension|ssn"),
            ("salary|age|job_title|marital_status", K.DEMOGRAPHIC, "age|job"),
            ("emergency_contact_name|spouse_name", K.NAME, "name west|name jp"),
            ("emergency_phone|home_phone|work_phone", K.PHONE, "phone us|phone jp"),
            ("blood_type|diagnosis|disability", K.SENSITIVE, "blood|illness"),
            ("cost_center_code|office_code|team_name", _, "sku|product"),
            ("paid_leave_count|overtime_rate|badge_count", _, "quantity|rate"),
            ("updated_at|checked_at", _, "stamp"),
        ),
    ),
    (
        "社員|従業員台帳|人事マスタ",
        (
            ("社員番号|従業員番号|職員番号", K.ACCOUNT, "number|member no"),
            ("姓|苗字", K.NAME, "family jp"),
            ("名|名（漢字）", K.NAME, "given jp"),
            ("セイ|姓カナ", K.NAME, "family kana"),
            ("マイナンバー|個人番号", K.MY_NUMBER, "my number|my number spaced"),
            ("口座番号|振込口座番号", K.BANK_ACCOUNT, "bank"),
            ("口座名義|口座名義人", K.NAME, "kana|name jp"),
            ("旅券番号|パスポート番号", K.PASSPORT, "passport"),
            ("運転免許証番号|免許証番号", K.DRIVING_LICENCE, "licence"),
            ("在留カード番号", K.RESIDENCE_CARD, "residence card"),
            ("基礎年金番号|雇用保険番号", K.SOCIAL_NUMBER, "pension"),
            ("年齢|役職|最終学歴", K.DEMOGRAPHIC, "age|job jp"),
            ("血液型|既往歴|病歴", K.SENSITIVE, "blood|illness"),
            ("緊急連絡先氏名|配偶者氏名", K.NAME, "name jp"),
            ("有給残日数合計|支給金額|残業回数", _, "quantity|price"),
            ("改定日時|処理状況", _, "stamp|status jp"),
        ),
    ),
    (
        "products|items|catalog|goods_master",
        (
            ("name|product_name|title", _, "product|product jp"),
            ("jan|ean13|barcode|upc", _, "jan"),
            ("sku|item_code|model_no", _, "sku|code"),
            ("price|list_price|cost", _, "price|amount"),
            ("maker_name|brand_name|vendor_name|supplier_name", _, "company|company west"),
            ("color|size_label|unit", _, "colour"),
            ("released_on|discontinued_at", _, "stamp|day compact"),
            ("image_url|manual_file_name", _, "url|file"),
            ("description_html|spec_version", _, "text|version"),
            ("stock|weight_g|rating", _, "quantity|rate"),
            ("checksum|etag|content_hash", _, "hash"),
            ("lot_no|serial_no|batch_number", _, "seven|order 12"),
        ),
    ),
    (
        "商品マスタ|在庫|部品表",
        (
            ("商品名|部品名|品名", _, "product jp"),
            ("JANコード|商品コード|型番", _, "jan|code|sku"),
            ("標準価格|仕入単価", _, "price"),
            ("メーカー会社名|仕入先名|製造会社", _, "company"),
            ("入荷日|製造年月日合計|廃番日時", _, "day compact|stamp"),
            ("在庫数量|発注点件数", _, "quantity"),
            ("ロット番号|シリアル番号|管理番号", _, "seven|order 12"),
            ("倉庫住所|工場所在地区分|店舗住所", _, "status jp|quantity"),
            ("店舗電話番号設定|倉庫コード", _, "sku|flag"),
            ("画像ファイル名|商品説明テンプレート", _, "file"),
        ),
    ),
    (
        "companies|取引先マスタ|corporations",
        (
            ("company_name|会社名|法人名", _, "company"),
            ("corporate_number|法人番号", K.CORPORATE_NUMBER, "corporate"),
            ("vendor_code|取引先コード", _, "sku|code"),
            ("credit_limit_amount|与信限度金額", _, "price"),
            ("contract_version|契約区分", _, "version|status jp"),
            ("site_url|会社URL", _, "url"),
            ("founded_at|設立登録日時", _, "stamp"),
        ),
    ),
    (
        "payments|billing|決済",
        (
            ("payment_id|取引番号設定|transaction_id", _, "uuid|order 12"),
            ("card_number|カード番号|credit_card_no|cc_number", K.CARD, "card|card spaced"),
            ("card_holder_name|カード名義人|cardholder_name", K.NAME, "name west"),
            ("iban|bank_account_number|振込口座番号", K.BANK_ACCOUNT, "iban|bank"),
            ("amount|決済金額", _, "amount|price"),
            ("paid_at|決済日時", _, "stamp"),
            ("currency|決済種別", _, "currency|status jp"),
            ("receipt_no|領収書管理番号", _, "order 12|seven"),
        ),
    ),
    (
        "inquiries|support_ticket|お問い合わせ",
        (
            ("ticket_no|受付管理番号", _, "order dashed|seven"),
            ("name|お名前|氏名", K.NAME, "name jp|name west"),
            ("email|メールアドレス", K.EMAIL, "email"),
            ("message|inquiry_body|お問い合わせ内容|相談内容", K.FREE_TEXT, "text"),
            ("received_at|受付日時", _, "stamp"),
            ("category|問い合わせ種別", _, "status jp"),
            ("response_count|対応回数", _, "quantity"),
        ),
    ),
    (
        "x1|data_export|tmp_2024|sheet1",
        (
            ("c1|col_a|field1", K.EMAIL, "email"),
            ("c2|col_b|field2", K.PHONE, "phone jp|phone jp wide"),
            ("c3|col_c|field3", K.MY_NUMBER, "my number"),
            ("c4|col_d|field4", K.POSTAL_CODE, "postal|postal mark"),
            ("c5|col_e|field5", K.ADDRESS, "address jp"),
            ("c6|col_f|field6", K.CARD, "card"),
            ("c7|col_g|field7", K.IP_ADDRESS, "ip"),
            ("c8|col_h|field8", K.BIRTH_DATE, "birth wareki"),
            ("c9|col_i|field9", _, "order 12"),
            ("c10|col_j|field10", _, "jan"),
            ("c11|col_k|field11", _, "hash"),
            ("c12|col_l|field12", _, "price"),
            ("c13|col_m|field13", _, "version"),
            ("c14|col_n|field14", _, "era now"),
            ("c15|col_o|field15", _, "code"),
            ("c16|col_p|field16", K.CORPORATE_NUMBER, "corporate"),
            ("c17|col_q|field17", _, "seven"),
            ("c18|col_r|field18", _, "stamp text"),
        ),
    ),
    (
        "jobs|system_config|metrics|machines",
        (
            ("job_name|task_name|queue_name", _, "file|product"),
            ("host_name|server_name|cluster_name", _, "login|product"),
            ("run_id|execution_uuid", _, "uuid"),
            ("started_at|finished_at", _, "stamp|epoch"),
            ("state|status|phase", _, "status"),
            ("error_message_template|error_code", _, "sku|code"),
            ("file_name|file_checksum", _, "file|hash"),
            ("config_value|param_version", _, "rate|version"),
            ("retry_count|rows_total", _, "quantity|number"),
            ("region_rate|zone_label", _, "rate|colour"),
        ),
    ),
    (
        "stores|店舗一覧|branches",
        (
            ("store_name|店舗名|branch_name", _, "company|product jp"),
            ("store_code|店舗コード|branch_code", _, "sku|seven"),
            ("opened_on|開店登録日時", _, "stamp|day compact"),
            ("sales_amount|売上金額", _, "price"),
            ("shop_url|店舗URL", _, "url"),
            ("floor_area_size|店舗面積合計", _, "rate|quantity"),
        ),
    ),
)
"""Tables by names separated by `|`."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A table, and what each column is."""

    live: LiveDataset
    labels: dict[str, Kind | None]


def corpus(variants: int, seed: int = 20261125) -> Iterator[Labelled]:
    """Yield so many variants of every template, and every template once without values."""
    for number in range(variants):
        source = Source(seed + number)
        for names, rows in TEMPLATES:
            yield made(source, source.random.choice(names.split("|")), _chosen(source, rows))
    source = Source(seed - 1)
    for names, rows in TEMPLATES:
        if not names.startswith("x1"):  # without names and without values nobody could tell
            yield made(source, names.split("|")[0], _chosen(source, _by_name_alone(rows)), rows_each=0)


def _by_name_alone(rows: Iterable[Row]) -> Iterator[Row]:
    yield from (row for row in rows if row[0].split("|")[0] not in {"name", "location"})


def _chosen(source: Source, rows: Iterable[Row]) -> list[tuple[str, Kind | None, str]]:
    return [
        (source.random.choice(headers.split("|")), label, source.random.choice(ways.split("|")))
        for headers, label, ways in rows
    ]


def made(source: Source, name: str, columns: Iterable[tuple[str, Kind | None, str]], rows_each: int = ROWS) -> Labelled:
    """Make one table of columns (header, label, way to write values)."""
    types: dict[str, ColumnType] = {}
    values: dict[str, frozenset[Value]] = {}
    labels: dict[str, Kind | None] = {}
    for header, label, way in columns:
        found = [VALUES[way](source) for _ in range(rows_each)]
        is_text = all(isinstance(value, str) for value in found)
        kept = [source.random.choice(_JUNKS) if is_text and source.random.random() < _JUNK else v for v in found]
        labels[header] = label
        types[header] = _type(found)
        values[header] = frozenset(value for value in kept if source.random.random() >= _EMPTY)
    return Labelled(LiveDataset(name, is_path="/" in name, columns=types, values=values), labels)


def _type(found: list[Value]) -> ColumnType:
    words = {"str": ColumnType.TEXT, "int": ColumnType.INTEGER, "float": ColumnType.NUMBER}
    words |= {"date": ColumnType.DATE, "datetime": ColumnType.INSTANT}
    return words[type(found[0]).__name__] if found else ColumnType.TEXT
