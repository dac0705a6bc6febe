"""The report a mail server writes when it cannot deliver what it has taken: RFC 3464, in a mail from nobody. Pure."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage, Message

from channels.email import wire
from channels.email.simulator.letter import Letter

REPORTER = "mail.simulated.example"
STATUS, WHY = "5.1.1", "550 5.1.1 User unknown"


def report(letter: Letter, recipient: str, *, at: datetime) -> EmailMessage:
    """To the envelope's sender: that `recipient` cannot be reached, why, and the headers of what was sent."""
    mail = EmailMessage(wire.ASCII)
    mail["From"] = f"MAILER-DAEMON@{REPORTER}"
    mail["To"] = letter.sender
    mail["Subject"] = "Undelivered Mail Returned to Sender"
    mail["Date"] = at
    mail["Message-ID"] = f"<{at.timestamp():.6f}.report@{REPORTER}>"
    mail["Auto-Submitted"] = "auto-replied"
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = "multipart/report; report-type=delivery-status"
    mail.set_payload([_told(recipient), _status(recipient), _headers(letter)])
    return mail


def _told(recipient: str) -> Message:
    part = EmailMessage(wire.ASCII)
    part.set_content(f"Your mail could not be delivered.\n\n<{recipient}>: {WHY}\n")
    return part


def _status(recipient: str) -> Message:
    whole, one = Message(wire.ASCII), Message(wire.ASCII)
    whole["Reporting-MTA"] = f"dns; {REPORTER}"
    one["Final-Recipient"] = f"rfc822; {recipient}"
    one["Action"] = "failed"
    one["Status"] = STATUS
    one["Diagnostic-Code"] = f"smtp; {WHY}"
    part = Message(wire.ASCII)
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([whole, one])
    return part


def _headers(letter: Letter) -> Message:
    part = Message(wire.ASCII)
    part["Content-Type"] = "text/rfc822-headers"
    part.set_payload(f"Message-ID: {letter.message_id}\nTo: {letter.header('To')}\nSubject: your mail\n")
    return part
