"""Letters to people: by e-mail (carrier `smtp`), and on paper through the mail room's folder (carrier `folder`).

settings   the options of retention.yaml, checked
message    a letter as a mail: text, page and paper; its Message-ID comes from the letter's number
smtp       hands the mail to a server; what the server says decides whether to try again
alerts     warnings to the desk (alerter `smtp`), over the same servers
folder     puts the PDF where the mail room takes it, with a list to tick off
"""

from __future__ import annotations

from connectors.mail.connect import connect_alerts, connect_folder, connect_smtp

__all__ = ["connect_alerts", "connect_folder", "connect_smtp"]
