"""Headers of schemas that others published, with values of our makers: some to learn from, some held out.

Both were written down after the lexicon (`retention/datamap/detection/headers.txt`), from what
these programs call their columns. Mistakes on `LEARNT` were read and mended; of `HELD_OUT` only
the figure has been looked at, and the lexicon was never changed on its account.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.detection_corpus import Labelled, made
from benchmarks.detection_values import Source
from retention.datamap.detection import Kind

K = Kind
_ = None

LEARNT: tuple[tuple[str, tuple[tuple[str, Kind | None, str], ...]], ...] = (
    (
        "customer",  # Sakila
        (
            ("first_name", K.NAME, "first west"),
            ("last_name", K.NAME, "last west"),
            ("email", K.EMAIL, "email"),
            ("active", _, "flag"),
            ("create_date", _, "stamp"),
            ("last_update", _, "stamp"),
        ),
    ),
    (
        "address",  # Sakila
        (
            ("address", K.ADDRESS, "address west"),
            ("address2", K.ADDRESS, "address west"),
            ("district", K.LOCALITY, "city"),
            ("postal_code", K.POSTAL_CODE, "zip"),
            ("phone", K.PHONE, "phone compact"),
        ),
    ),
    (
        "film",
        (
            ("title", _, "product"),
            ("rental_rate", _, "amount"),
            ("special_features", _, "product"),
            ("rating", _, "status"),
        ),
    ),
    (
        "Employees",  # Northwind
        (
            ("LastName", K.NAME, "last west"),
            ("FirstName", K.NAME, "first west"),
            ("Title", K.DEMOGRAPHIC, "job"),
            ("BirthDate", K.BIRTH_DATE, "birth"),
            ("HomePhone", K.PHONE, "phone us"),
            ("Notes", K.FREE_TEXT, "text"),
            ("PostalCode", K.POSTAL_CODE, "zip"),
            ("Region", K.LOCALITY, "state"),
        ),
    ),
    (
        "Suppliers",  # Northwind
        (
            ("CompanyName", _, "company west"),
            ("ContactName", K.NAME, "name west"),
            ("Phone", K.PHONE, "phone us"),
            ("HomePage", _, "url"),
        ),
    ),
    (
        "Orders",  # Northwind
        (
            ("CustomerID", K.ACCOUNT, "member no"),
            ("ShipName", K.NAME, "name west"),
            ("ShipAddress", K.ADDRESS, "address west"),
            ("ShipCity", K.LOCALITY, "city"),
            ("ShipCountry", K.LOCALITY, "country"),
            ("Freight", _, "amount"),
            ("RequiredDate", _, "stamp"),
        ),
    ),
    (
        "Products",
        (
            ("ProductName", _, "product"),
            ("QuantityPerUnit", _, "product"),
            ("UnitPrice", _, "amount"),
            ("Discontinued", _, "flag"),
        ),
    ),
    (
        "HumanResources_Employee",  # AdventureWorks
        (
            ("NationalIDNumber", K.SOCIAL_NUMBER, "bank"),
            ("LoginID", K.ACCOUNT, "login"),
            ("JobTitle", K.DEMOGRAPHIC, "job"),
            ("MaritalStatus", K.DEMOGRAPHIC, "gender"),
            ("VacationHours", _, "quantity"),
            ("rowguid", _, "uuid"),
            ("ModifiedDate", _, "stamp"),
        ),
    ),
    ("Person_EmailAddress", (("EmailAddress", K.EMAIL, "email"), ("EmailAddressID", _, "number"))),
    ("Sales_CreditCard", (("CardNumber", K.CARD, "card"), ("CardType", _, "status"), ("ExpYear", _, "quantity"))),
    (
        "wp_users",  # WordPress
        (
            ("user_login", K.ACCOUNT, "login"),
            ("user_pass", K.CREDENTIAL, "password"),
            ("user_nicename", K.ACCOUNT, "login"),
            ("user_email", K.EMAIL, "email"),
            ("user_registered", _, "stamp"),
            ("user_activation_key", K.CREDENTIAL, "hash"),
            ("display_name", K.ACCOUNT, "login"),
        ),
    ),
    (
        "wp_comments",  # WordPress
        (
            ("comment_author", K.NAME, "name west"),
            ("comment_author_email", K.EMAIL, "email"),
            ("comment_author_IP", K.IP_ADDRESS, "ip"),
            ("comment_content", K.FREE_TEXT, "text"),
            ("comment_agent", K.USER_AGENT, "agent"),
            ("comment_karma", _, "quantity"),
        ),
    ),
    ("wp_options", (("option_name", _, "file"), ("option_value", _, "sku"), ("autoload", _, "flag"))),
    (
        "customer_entity",  # Magento
        (
            ("email", K.EMAIL, "email"),
            ("firstname", K.NAME, "first west"),
            ("middlename", K.NAME, "first west"),
            ("dob", K.BIRTH_DATE, "birth"),
            ("taxvat", K.SOCIAL_NUMBER, "iban"),
            ("rp_token", K.CREDENTIAL, "hash"),
            ("increment_id", _, "order 12"),
            ("failures_num", _, "quantity"),
        ),
    ),
    (
        "customer_address_entity",  # Magento
        (
            ("telephone", K.PHONE, "phone us"),
            ("postcode", K.POSTAL_CODE, "zip"),
            ("street", K.ADDRESS, "address west"),
            ("region", K.LOCALITY, "state"),
            ("company", K.DEMOGRAPHIC, "company west"),
        ),
    ),
    (
        "dtb_customer",  # EC-CUBE
        (
            ("name01", K.NAME, "family jp"),
            ("name02", K.NAME, "given jp"),
            ("kana01", K.NAME, "family kana"),
            ("addr01", K.LOCALITY, "city jp"),
            ("addr02", K.ADDRESS, "address jp"),
            ("phone_number", K.PHONE, "phone compact"),
            ("birth", K.BIRTH_DATE, "birth"),
            ("secret_key", K.CREDENTIAL, "hash"),
            ("buy_times", _, "quantity"),
            ("note", K.FREE_TEXT, "text"),
        ),
    ),
    (
        "dtb_product",
        (
            ("name", _, "product jp"),
            ("search_word", _, "product jp"),
            ("description_list", _, "product jp"),
            ("visible_flg", _, "flag"),
        ),
    ),
    (
        "res_partner",  # Odoo
        (
            ("name", K.NAME, "name west"),
            ("vat", K.SOCIAL_NUMBER, "iban"),
            ("street2", K.ADDRESS, "address west"),
            ("mobile", K.PHONE, "phone intl"),
            ("function", K.DEMOGRAPHIC, "job"),
            ("partner_latitude", K.GEO, "lat"),
            ("color", _, "quantity"),
        ),
    ),
    (
        "user_entity",  # Keycloak
        (
            ("username", K.ACCOUNT, "login"),
            ("email_constraint", K.EMAIL, "email"),
            ("created_timestamp", _, "epoch"),
            ("realm_id", _, "uuid"),
            ("not_before", _, "number"),
        ),
    ),
    (
        "users",  # Discourse
        (
            ("username_lower", K.ACCOUNT, "login"),
            ("registration_ip_address", K.IP_ADDRESS, "ip"),
            ("trust_level", _, "quantity"),
            ("bio_raw", K.FREE_TEXT, "text"),
            ("previous_visit_at", _, "stamp"),
            ("date_of_birth", K.BIRTH_DATE, "birth"),
        ),
    ),
    (
        "patient_identifier",  # OpenMRS
        (
            ("patient_id", K.ACCOUNT, "number"),
            ("identifier", K.ACCOUNT, "member no"),
            ("date_created", _, "stamp"),
            ("voided", _, "flag"),
        ),
    ),
    (
        "Invoice",  # Chinook
        (
            ("CustomerId", K.ACCOUNT, "number"),
            ("BillingAddress", K.ADDRESS, "address west"),
            ("BillingPostalCode", K.POSTAL_CODE, "zip"),
            ("BillingCountry", K.LOCALITY, "country"),
            ("Total", _, "amount"),
        ),
    ),
    (
        "Track",
        (("Name", _, "product"), ("Milliseconds", _, "number"), ("Bytes", _, "number"), ("UnitPrice", _, "amount")),
    ),
    (
        "adult",  # UCI
        (
            ("sex", K.DEMOGRAPHIC, "gender"),
            ("age", K.DEMOGRAPHIC, "age"),
            ("race", K.SENSITIVE, "status"),
            ("marital-status", K.DEMOGRAPHIC, "status"),
            ("native-country", K.LOCALITY, "country"),
            ("workclass", K.DEMOGRAPHIC, "status"),
            ("occupation", K.DEMOGRAPHIC, "job"),
            ("salary-class", K.DEMOGRAPHIC, "status"),
        ),
    ),
)
"""Sakila, Northwind, AdventureWorks, WordPress, Magento, EC-CUBE, Odoo, Keycloak, Discourse, OpenMRS, Chinook, UCI."""

HELD_OUT: tuple[tuple[str, tuple[tuple[str, Kind | None, str], ...]], ...] = (
    (
        "users",  # GitLab
        (
            ("encrypted_password", K.CREDENTIAL, "password"),
            ("current_sign_in_ip", K.IP_ADDRESS, "ip"),
            ("unconfirmed_email", K.EMAIL, "email"),
            ("notification_email", K.EMAIL, "email"),
            ("otp_backup_codes", K.CREDENTIAL, "hash"),
            ("feed_token", K.CREDENTIAL, "hash"),
            ("projects_limit", _, "quantity"),
            ("sign_in_count", _, "quantity"),
            ("theme_id", _, "quantity"),
            ("skype", K.ACCOUNT, "login"),
        ),
    ),
    (
        "mdl_user",  # Moodle
        (
            ("username", K.ACCOUNT, "login"),
            ("idnumber", K.ACCOUNT, "member no"),
            ("firstname", K.NAME, "first west"),
            ("lastnamephonetic", K.NAME, "family kana"),
            ("phone1", K.PHONE, "phone intl"),
            ("institution", K.DEMOGRAPHIC, "company west"),
            ("city", K.LOCALITY, "city"),
            ("lastip", K.IP_ADDRESS, "ip"),
            ("secret", K.CREDENTIAL, "hash"),
            ("timemodified", _, "epoch"),
            ("mailformat", _, "flag"),
        ),
    ),
    (
        "mdl_course",
        (("fullname", _, "product"), ("shortname", _, "sku"), ("startdate", _, "epoch"), ("summaryformat", _, "flag")),
    ),
    (
        "ps_customer",  # PrestaShop
        (
            ("id_gender", K.DEMOGRAPHIC, "gender"),
            ("firstname", K.NAME, "first west"),
            ("passwd", K.CREDENTIAL, "password"),
            ("birthday", K.BIRTH_DATE, "birth"),
            ("ip_registration_newsletter", K.IP_ADDRESS, "ip"),
            ("siret", _, "corporate"),
            ("outstanding_allow_amount", _, "amount"),
            ("date_upd", _, "stamp"),
        ),
    ),
    (
        "ps_address",  # PrestaShop
        (
            ("alias", _, "product"),
            ("address1", K.ADDRESS, "address west"),
            ("phone_mobile", K.PHONE, "phone intl"),
            ("vat_number", K.SOCIAL_NUMBER, "ssn"),
            ("other", K.FREE_TEXT, "text"),
            ("deleted", _, "flag"),
        ),
    ),
    (
        "Contact",  # Salesforce
        (
            ("MailingStreet", K.ADDRESS, "address west"),
            ("MailingPostalCode", K.POSTAL_CODE, "zip"),
            ("OtherPhone", K.PHONE, "phone us"),
            ("AssistantName", K.NAME, "name west"),
            ("Birthdate", K.BIRTH_DATE, "birth"),
            ("LeadSource", _, "status"),
            ("LastActivityDate", _, "stamp"),
            ("SystemModstamp", _, "stamp"),
            ("IsEmailBounced", _, "flag"),
        ),
    ),
    (
        "leads",  # Mautic
        (
            ("firstname", K.NAME, "first west"),
            ("position", K.DEMOGRAPHIC, "job"),
            ("points", _, "quantity"),
            ("zipcode", K.POSTAL_CODE, "zip"),
            ("twitter", K.ACCOUNT, "login"),
            ("preferred_locale", _, "currency"),
            ("last_active", _, "stamp"),
        ),
    ),
    (
        "ipblocks",  # MediaWiki
        (
            ("ipb_address", K.IP_ADDRESS, "ip"),
            ("ipb_expiry", _, "stamp text"),
            ("ipb_auto", _, "flag"),
            ("ipb_range_start", _, "hash"),
        ),
    ),
    (
        "page",
        (
            ("page_title", _, "product"),
            ("page_len", _, "number"),
            ("page_touched", _, "stamp text"),
            ("page_random", _, "rate"),
        ),
    ),
    (
        "phpbb_users",  # phpBB
        (
            ("user_ip", K.IP_ADDRESS, "ip"),
            ("user_birthday", K.BIRTH_DATE, "birth text"),
            ("user_sig", K.FREE_TEXT, "text"),
            ("user_posts", _, "quantity"),
            ("user_lastvisit", _, "epoch"),
        ),
    ),
    (
        "楽天受注",  # an order file of a Japanese market place
        (
            ("注文者郵便番号1", K.POSTAL_CODE, "postal"),
            ("注文者姓", K.NAME, "family jp"),
            ("注文者名カナ", K.NAME, "family kana"),
            ("注文者電話番号1", K.PHONE, "phone jp"),
            ("送付先住所都道府県", K.LOCALITY, "prefecture"),
            ("送付先住所それ以降の住所", K.ADDRESS, "address jp"),
            ("お荷物伝票番号", _, "tracking"),
            ("ポイント利用額", _, "price"),
            ("ラッピング種類", _, "product jp"),
            ("決済方法", _, "status jp"),
            ("配送日時指定", _, "stamp"),
        ),
    ),
    (
        "住民基本台帳",  # a municipality's register
        (
            ("宛名番号", K.ACCOUNT, "number"),
            ("世帯番号", K.ACCOUNT, "number"),
            ("漢字氏名", K.NAME, "name jp"),
            ("清音化かな氏名", K.NAME, "kana"),
            ("和暦生年月日", K.BIRTH_DATE, "birth wareki"),
            ("続柄名", K.DEMOGRAPHIC, "status jp"),
            ("転入前住所", K.ADDRESS, "address jp"),
            ("本籍筆頭者", K.NAME, "name jp"),
            ("異動年月日", _, "era now"),
            ("異動事由コード", _, "sku"),
        ),
    ),
    (
        "給与データ",  # a payroll program
        (
            ("従業員コード", K.ACCOUNT, "number"),
            ("氏名_姓", K.NAME, "family jp"),
            ("基礎年金番号", K.SOCIAL_NUMBER, "pension"),
            ("支給額合計", _, "price"),
            ("源泉所得税", _, "price"),
            ("振込先銀行コード", _, "seven"),
            ("振込先口座番号", K.BANK_ACCOUNT, "bank"),
            ("扶養親族数", K.DEMOGRAPHIC, "age"),
            ("入社年月日", K.DEMOGRAPHIC, "birth text"),
        ),
    ),
    (
        "仕訳帳",
        (
            ("伝票日付", _, "day compact"),
            ("借方勘定科目", _, "status jp"),
            ("貸方金額", _, "price"),
            ("摘要", _, "product jp"),
            ("税区分", _, "status jp"),
        ),
    ),
    (
        "devices",  # a mobile analytics export
        (
            ("distinct_id", K.DEVICE, "uuid"),
            ("$os_version", _, "version"),
            ("ad_id", K.DEVICE, "uuid"),
            ("carrier", _, "product"),
            ("last_seen_lat", K.GEO, "lat"),
            ("battery_level", _, "rate"),
            ("screen_dpi", _, "number"),
        ),
    ),
    (
        "application_form",  # recruiting
        (
            ("candidate_name", K.NAME, "name jp"),
            ("candidate_email", K.EMAIL, "email"),
            ("current_employer", K.DEMOGRAPHIC, "company west"),
            ("expected_salary", K.DEMOGRAPHIC, "price"),
            ("cover_letter", K.FREE_TEXT, "text"),
            ("resume_file", _, "file"),
            ("stage", _, "status"),
        ),
    ),
)
"""GitLab, Moodle, PrestaShop, Salesforce, Mautic, MediaWiki, phpBB, and forms usual in Japan."""


def learnt(seed: int = 7) -> Iterator[Labelled]:
    """Yield the tables whose mistakes were read."""
    source = Source(seed)
    for name, columns in LEARNT:
        yield made(source, name, columns)


def holdout(seed: int = 11) -> Iterator[Labelled]:
    """Yield the tables whose mistakes nobody has read."""
    source = Source(seed)
    for name, columns in HELD_OUT:
        yield made(source, name, columns)
