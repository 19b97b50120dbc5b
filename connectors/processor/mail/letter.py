"""What the mails say, in Japanese or English. Number, day and token; never who it is about."""

from __future__ import annotations

import json
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from connectors.processor.mail.sealed import opening, seal
from connectors.processor.mail.settings import MailSettings
from retention.model.copies import Order
from retention.model.ids import OrderId

_ORDER = {
    "ja": (
        "[{number}] 個人データの消去のご依頼",
        (
            "契約に基づき、個人データの消去をお願いします。\n\n"
            "依頼番号: {number}\n"
            "対象者の識別子は、添付の order.enc にあります。別途お渡しした共有の秘密で開けます:\n  {open}\n\n"
            "再委託先とバックアップを含めて消去し、次のいずれかをお知らせください: "
            "完了、一部のみ（理由）、消去しない（理由）。\n"
            "回答: {answer}\n"
            "回答用の符号は一度だけ使えます。再送された場合も、同じ番号は同じ一つの依頼です。\n"
        ),
    ),
    "en": (
        "[{number}] Request to erase personal data",
        (
            "Under our contract, please erase personal data.\n\n"
            "Order: {number}\n"
            "Who it is about stands in the attached order.enc. Open it with the secret we share:\n  {open}\n\n"
            "Erase it, at your sub-processors and in backups as well, and tell us one of: done, part of it (why), "
            "not erased (why).\n"
            "Answer: {answer}\n"
            "The token for the answer is good once. Should this mail come twice, the same number is the same order.\n"
        ),
    ),
}
_REMINDER = {
    "ja": (
        "[{number}] 消去のご依頼の期限について",
        "依頼番号 {number} の回答期限は {day} です。まだご回答をいただいておりません。\n",
    ),
    "en": (
        "[{number}] Your answer to a request to erase",
        "Order {number} is to be answered by {day}. We have not heard from you yet.\n",
    ),
}


def order_mail(settings: MailSettings, order: Order, now: datetime) -> EmailMessage:
    """Return the mail that places the order; sent again it has the same Message-ID (RFC 5322, 3.6.4)."""
    subject, text = _ORDER[settings.language]
    token = order.acknowledgement or ""
    answer = f"{settings.answer_at}{token}" if settings.answer_at else token
    mail = _mail(settings, order.order_id, subject.format(number=order.order_id), now, order.submitted_at)
    mail.set_content(text.format(number=order.order_id, open=opening("order.enc"), answer=answer))
    keys = json.dumps({name: [str(key) for key in keys] for name, keys in order.keys.items()}, ensure_ascii=False)
    sealed = seal(keys.encode(), settings.secret)
    mail.add_attachment(sealed, maintype="application", subtype="octet-stream", filename="order.enc")
    return mail


def reminder_mail(settings: MailSettings, order_id: OrderId, due_at: datetime, now: datetime) -> EmailMessage:
    """Return the mail that reminds of it."""
    subject, text = _REMINDER[settings.language]
    mail = _mail(settings, order_id, subject.format(number=order_id), now, now)
    mail.set_content(text.format(number=order_id, day=f"{due_at:%Y-%m-%d}"))
    return mail


def _mail(settings: MailSettings, order_id: OrderId, subject: str, now: datetime, of: datetime) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.sender, settings.to, subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{order_id}.{int(of.timestamp())}@{settings.sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    return mail
