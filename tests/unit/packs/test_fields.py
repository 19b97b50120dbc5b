"""The data that each policy names is somewhere in the pack's data map, under the category it is named for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pytest

from retention.datamap import read_datamap
from retention.packs import read_pack

NAMED: Mapping[str, Mapping[str, str]] = {
    "umu": {
        "account_information": "name email phone",
        "optional_profile": "profile_photo biography",
        "account_activity": "action preferred_language course_progress",
        "course_suggestions": "suggested_course",
        "account_recovery": "real_name id_card_number phone",
        "cookies": "cookie_id clear_gif_views",
        "device_information": "device_identifier",
        "job_applicants": "name email application government_identifier",
        "employees": "name wages",
        "government_identifiers": "government_identifier",
        "support": "name email content",
        "survey_answers": "answer",
        "user_content": "audio video document comment forum_post other_content transcript thumbnail indexed_text",
        "site_interactions": "link_clicked video_watched form_input",
        "fraud_signals": "device browser",
        "web_logs": "browser_type operating_system ip_address domain_name click_activity referring_site logged_at",
        "device_permissions": "camera microphone photo_album activity_recording",
        "enterprise_hr_information": (
            "real_name contact department position rank work_area organisational_structure other_hr_information"
        ),
    },
    "three-regime": {
        "identity": "name date_of_birth basic_pension_number insurance_card_number other_number",
        "online_identifiers": "ip_address cookie_identifier",
        "commercial_information": "commercial_information",
        "biometrics": "fingerprints voice_prints",
        "connection_telemetry": (
            "global_ip_address port_number os browser hardware_device language_settings screen_resolution"
            " monitor_size protocol_information javascript_information"
        ),
        "cookie_history": "browsing_history logs",
        "special_care": (
            "race creed social_status medical_history criminal_history harm_from_crime criminal_procedure"
            " sex_life_or_orientation trade_union_membership"
        ),
    },
    "webmo": {
        "usage_information": "preferences history cookie ip_address",
        "ad_identifiers": "advertising_identifier advertising_cookie",
        "employees": "name",
        "contractors": "name",
        "inquiries": "content",
        "questionnaires": "answer",
    },
    "coorum": {
        "account_credentials": "email",
        "password": "password",
        "linked_services": "account_there token",
        "access_logs": "access_log",
        "cookies": "cookie",
        "behaviour_history": "action terminal_data",
        "inquiries": "email content",
    },
    "u-next": {
        "account": "name email birth_date change",
        "optional_profile": "gender",
        "payment_instrument": "card_brand card_last4",
        "survey_answers": "name email phone address",
        "campaign_entries": "name email phone address",
        "inquiries": "name email phone address",
        "reviews": "title_id stars body",
        "viewing_history": "title_id watched_at position_s",
        # The web server's log is where the policy's viewed and referring URLs are; its clock is the shorter one.
        "http_requests": "url referrer ip browser os requested_at",
        "billing": "amount paid_at status",
        "partner_data": "tv_viewing_log partner_registration",
        "call_recordings": "audio transcript phone_number",
        "cookie_attributes": "age gender occupation area device site_behaviour location",
        "linked_data": "browsing_history search_history purchase_history location encrypted_email cookie ad_id",
        "shareholders": "name",
        "applicants": "name",
        "retirees": "emergency_contact",
        "employees": "name",
        "business_partners": "name fax",
        "request_papers": "identity_document form",
        "pseudonymised_usage": "contract_status viewing_history purchase_history",
        "deletion_information": "pseudonym",
        "communication_logs": "line_number ip",
        "entrusted_data": "subject body",
    },
}
"""Pack → category → the columns for what the policy (or, where it is silent, its context) names."""


def columns_of(pack: str) -> Mapping[str, set[str]]:
    """Return the columns of each category: its fields, and what else stands in rows that hold it."""
    found: dict[str, set[str]] = defaultdict(set)
    for dataset in read_datamap(read_pack(pack)["datamap.yaml"], "datamap.yaml").datasets.values():
        for field in dataset.fields.values():
            found[field.category] |= {field.name, *dataset.dates.values(), *dataset.not_personal}
    return found


@pytest.mark.parametrize("pack", NAMED)
def test_every_field_that_the_policy_names_has_its_column(pack: str) -> None:
    """Nothing that the text says is collected is missing from the map."""
    columns = columns_of(pack)
    missing = {c: gone for c, named in NAMED[pack].items() if (gone := set(named.split()) - columns[c])}
    assert missing == {}


def test_the_nine_kinds_of_special_care_are_apart() -> None:
    """Nine distinct kinds (the text lists one twice), each a column of its own, held with consent only."""
    datamap = read_datamap(read_pack("three-regime")["datamap.yaml"], "datamap.yaml")
    (dataset,) = (d for d in datamap.datasets.values() if d.short_name == "special_care")
    assert len(dataset.fields) == 9
    assert "consent_id" in dataset.not_personal


def test_what_is_made_of_content_goes_before_it() -> None:
    """Transcripts, the search index and embeddings are derived copies of what people upload."""
    datasets = read_datamap(read_pack("umu")["datamap.yaml"], "datamap.yaml").datasets.values()
    derived = {d.short_name for d in datasets if "app.contents" in d.derived_from}
    assert derived == {"transcripts", "search_index", "embeddings"}
