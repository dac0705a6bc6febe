"""Reports of mail that did not arrive, as servers write them: label, mail, recipients, temporary (None: no report)."""

from __future__ import annotations

from tests.channels.email import letters

STANDARD = """Return-Path: <>
From: MAILER-DAEMON@mx.ugyfel.example (Mail Delivery System)
To: help@desk.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

This is the mail system. I'm sorry.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.ugyfel.example
Arrival-Date: Tue, 10 Mar 2026 09:55:00 +0100

Final-Recipient: rfc822; eszter@ugyfel.example
Original-Recipient: rfc822;eszter@ugyfel.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.ugyfel.example
Diagnostic-Code: smtp; 550 5.1.1 <eszter@ugyfel.example>: Recipient address
    rejected: User unknown

--b1
Content-Type: {returned}

Message-ID: {id}
From: help@desk.example
To: eszter@ugyfel.example
Subject: Your card

--b1--
"""


def standard(
    action: str = "failed", status: str = "5.1.1", returned: str = "message/rfc822", about: str = "<m@x.example>"
) -> bytes:
    return STANDARD.format(action=action, status=status, returned=returned, id=about).encode()


def said(text: str, subject: str = "failure notice", sender: str = "MAILER-DAEMON@mx.example", **fields: str) -> bytes:
    return letters.plain(text, From=sender, Subject=subject, Return_Path="<>", **fields)


ESZTER = ("eszter@ugyfel.example",)
OWN_WORDS: list[tuple[str, bytes, tuple[str, ...], bool]] = [
    (
        "qmail",
        said(
            "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the"
            " following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
            "<eszter@ugyfel.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 no"
            " such user\nGiving up.\n\n"
            "--- Below this line is a copy of the message.\n\nMessage-ID: <m@x.example>\nTo: other@ugyfel.example"
        ),
        ESZTER,
        False,
    ),
    (
        "exim",
        said(
            "A message that you sent could not be delivered to one or more of its recipients. This"
            " is a permanent error.\n"
            "The following address(es) failed:\n\n  eszter@ugyfel.example\n    Unrouteable address",
            "Mail delivery failed: returning message to sender",
            X_Failed_Recipients="eszter@ugyfel.example",
        ),
        ESZTER,
        False,
    ),
    (
        "exim, waiting",
        said(
            "A message that you sent has not yet been delivered to one or more of its recipients"
            " after more than 24 hours"
            " on the queue.\nThe address to which the message has not yet been delivered is:\n\n "
            " eszter@ugyfel.example\n\n"
            "No action is required on your part. Delivery attempts will continue for some time.",
            "Warning: message 1abc delayed 24 hours",
        ),
        ESZTER,
        True,
    ),
    (
        "sendmail, old",
        said(
            "The original message was received at Tue, 10 Mar 2026\n\n"
            "   ----- The following addresses had permanent fatal errors -----\n<eszter@ugyfel.example>\n\n"
            "   ----- Transcript of session follows -----\n550 5.1.1 <eszter@ugyfel.example>... User unknown",
            "Returned mail: see transcript for details",
        ),
        ESZTER,
        False,
    ),
    (
        "sendmail, waiting",
        said(
            "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n\n"
            "   ----- The following addresses had transient non-fatal errors -----\n<eszter@ugyfel.example>\n",
            "Warning: could not send message for past 4 hours",
        ),
        ESZTER,
        True,
    ),
    (
        "yahoo",
        said(
            "Sorry, we were unable to deliver your message to the following address.\n\n<eszter@ugyfel.example>:\n"
            "No mx record found for domain=ugyfel.example",
            "Failure Notice",
        ),
        ESZTER,
        False,
    ),
    (
        "exchange",
        said(
            "Your message did not reach some or all of the intended recipients.\n\n      Subject:"
            " Card\n      Sent: 10/03/2026\n\n"
            "The following recipient(s) could not be reached:\n\n      eszter@ugyfel.example on 10/03/2026 10:15\n"
            "            The e-mail account does not exist at the organization.",
            "Undeliverable: Your card",
            "System Administrator <postmaster@mx.example>",
        ),
        ESZTER,
        False,
    ),
    (
        "polish",
        said(
            "Przykro nam, wiadomość nie mogła zostać dostarczona do:\n\n<eszter@ugyfel.example>\n\nKonto nie istnieje.",
            "Niedostarczona wiadomość",
        ),
        ESZTER,
        False,
    ),
    (
        "czech",
        said("Vaše zpráva nebyla doručena:\neszter@ugyfel.example\nSchránka neexistuje.", "Nedoručená zpráva"),
        ESZTER,
        False,
    ),
    (
        "mail.ru",
        said(
            "Это письмо создано автоматически сервером Mail.Ru.\nВаше письмо не может быть доставлено:\n\n"
            "eszter@ugyfel.example\nuser not found",
            "Mail failure.",
            "mailer-daemon@corp.mail.example",
        ),
        ESZTER,
        False,
    ),
    (
        "gmx",
        said(
            "This message was created automatically by mail delivery software.\n\nA message that you sent could not be"
            " delivered to\none or more of its recipients.\n\neszter@ugyfel.example:\nSMTP error:"
            " 550 mailbox unavailable",
            "Mail delivery failed: returning message to sender",
        ),
        ESZTER,
        False,
    ),
    (
        "two at once",
        said("Unable to deliver to:\n<eszter@ugyfel.example>\n<b@ugyfel.example>\n5.1.1 user unknown"),
        ("eszter@ugyfel.example", "b@ugyfel.example"),
        False,
    ),
]

NO_REPORTS: list[tuple[str, bytes]] = [
    ("a customer", letters.plain("My mail to you could not be delivered, why?", Subject="Undelivered mail")),
    (
        "a holiday",
        letters.plain("I am away.", Return_Path="<>", Subject="Out of office", Auto_Submitted="auto-replied"),
    ),
    (
        "a postmaster who writes",
        letters.plain("Hello, please call me.", From="postmaster@ugyfel.example", Subject="Call"),
    ),
]
