"""The hold-out: headers of schemas that others published, with values of our makers.

Written down once, after the lexicon of `retention.datamap.detection.headers`, from what these
programs' schemas call their columns; the lexicon was not changed on its account.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.detection_corpus import Labelled, made
from benchmarks.detection_values import Source
from retention.datamap.detection import Kind

K = Kind
_ = None

SCHEMAS: tuple[tuple[str, tuple[tuple[str, Kind | None, str], ...]], ...] = (
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
"""Table, then header, label and way to write values."""


def holdout(seed: int = 7) -> Iterator[Labelled]:
    """Yield the tables."""
    source = Source(seed)
    for name, columns in SCHEMAS:
        yield made(source, name, columns)
