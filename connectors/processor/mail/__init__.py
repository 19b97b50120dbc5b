"""A processor that is written to (protocol `mail`): a mail with the order's number, a key that only they can open.

settings   the options of retention.yaml, checked
letter     what the mail says; no personal value in subject, text or headers
sealed     the person's key, encrypted as `openssl enc -d` opens it
processor  sends, reminds; the answer comes back by the token of the mail
"""
