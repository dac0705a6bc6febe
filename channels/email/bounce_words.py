"""How mail servers say in their own words that a mail did not arrive, and where in that they name whom and what."""

from __future__ import annotations

import re

from channels.email import addresses, headers
from channels.email.headers import Head

STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_LINES = 400  # lines of a report that are read
_LINE = 500
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,253}\w")
_SERVERS = (
    "mailer-daemon",
    "mailerdaemon",
    "postmaster",
    "mail-daemon",
    "mailer_daemon",
    "daemon",
    "mdaemon",
    "mmdf",
    "maildelivery",
)
_SUBJECTS = (
    "undeliver", "delivery status notification", "delivery failure", "delivery notification", "delivery failed",
    "mail delivery",
    "returned mail", "failure notice", "mail system error", "returned to sender", "delivery problem",
    "could not be delivered",
    "not delivered", "non remis", "undelivered", "mail failure", "failed mail", "delivery has failed",
    "message delay", "delayed",
    "delivery report", "nondeliverable", "unzustellbar", "zustellung", "nicht zustellbar", "unzustellbarkeit",
    "niedostarcz", "nie dostarczono", "niedoręcz", "zwrot wiadomości", "zwrócona wiadomość", "nie można dostarczyć",
    "nedoruč", "nelze doručit", "vrácená zpráva", "nie je možné doručiť", "kézbesíthetetlen", "kézbesítési",
    "nem kézbesít",
    "не доставлен", "недоставлен", "невозможно доставить", "сообщение не доставлено", "возвращен",
    "не вдалося доставити",
    "warning: message", "warning: could not send",
)  # fmt: skip
_DELAYED = (
    "delayed", "will be retried", "still trying", "warning message only", "warning: message",
    "could not send message for past",
    "will continue to try", "will keep trying", "has not yet been delivered", "not been delivered yet",
    "delivery attempts will continue",
    "temporarily deferred", "will try again", "do not need to resend", "no action is required on your part",
    "opóźni", "verzögert", "zpožd", "oneskor", "késik", "késleltet", "задерж", "отложен", "затрим",
)  # fmt: skip
_FINAL = (
    "giving up", "permanent error", "permanent failure", "permanent fatal", "i've given up", "failed permanently",
    "gave up",
    "could not be delivered to one or more recipients", "delivery to the following recipient failed permanently",
    "retry timeout exceeded", "no further",
)  # fmt: skip
_FAILED = (
    "recipients failed", "able to deliver the following", "addresses failed", "address(es) failed",
    "failed addresses", "failed recipients",
    "invalid final delivery", "requested action not taken", "mailbox is full", "automatically rejected",
    "unknown host",
    "delivery problems", "because it encountered an error", "not known", "quota violation", "no valid recipients",
    "message looping", "too many hops", "message not delivered", "non-delivery", "failed because",
    "could not be delivered", "couldn't be delivered", "wasn't delivered", "was not delivered", "undeliverable",
    "unable to deliver",
    "wasn't able to deliver", "delivery failed", "delivery has failed", "failed to deliver", "cannot be delivered",
    "not been delivered",
    "user unknown", "unknown user", "no such user", "user not found", "mailbox unavailable", "mailbox full",
    "does not exist",
    "recipient rejected", "address rejected", "recipient unknown", "unknown recipient", "quota exceeded",
    "over quota",
    "did not reach", "permanent error", "permanent fatal errors", "returned to sender", "non-deliverable",
    "failure notice",
    "has been rejected", "message rejected", "unrouteable address", "host unknown", "invalid recipient",
    "not a valid", "delivery error",
    "nie została dostarczona", "nie mogła zostać dostarczona", "nie można dostarczyć", "nie udało się dostarczyć",
    "nie istnieje",
    "nebyla doručena", "nelze doručit", "nepodařilo se doručit", "nebola doručená", "nepodarilo sa doručiť",
    "neexistuje",
    "nem sikerült", "nem kézbesíthető", "nem létezik", "nicht zugestellt", "konnte nicht", "nicht zustellbar",
    "не доставлено", "не может быть доставлено", "не удалось доставить", "не было доставлено", "не существует",
    "не вдалося доставити",
)  # fmt: skip
_NAMING = ("rcpt to:", "recipient:", "delivered-to:", "intended recipient:", "error-for:", "expanded from:")
_ABOUT_THE_MAIL = ("from:", "subject:", "sender:", "reply-to:", "message-id:", "return-path:")
_RETURNED_BELOW = (
    "message text follows", "copy of the original message", "copy of the first part of the message", "old message:",
    "your message reads", "returned mail follows", "start of returned message", "unsent message",
    "below this line is a copy of the message", "this is a copy of the message", "included is a copy of the message",
    "original message follows", "original message headers", "message header follows", "unsent message below",
    "returned message follows", "original message:", "the following is a copy of the message",
    "message headers follow",
    "---- original message ----", "oryginalna wiadomość", "eredeti üzenet", "исходное сообщение",
    "ursprüngliche nachricht",
)  # fmt: skip


def is_from_server(head: Head) -> bool:
    ""
    "True if the sender is a mail server's own mailbox, or there is no sender and the subject speaks of a failure."
    ""
    local = [one.address.partition("@")[0].lower() for one in addresses.mailboxes(head.first("from"), limit=3)]
    if any(one.startswith(_SERVERS) for one in local) or head.has("x-failed-recipients"):
        return True
    return speaks_of_failure(head)


def speaks_of_failure(head: Head) -> bool:
    subject = headers.words(head.first("subject")).lower()
    return any(one in subject for one in _SUBJECTS) and (_has_null_path(head) or _is_mail_system(head))


def _has_null_path(head: Head) -> bool:
    return head.has("return-path") and head.first("return-path").strip() in ("<>", "")


def _is_mail_system(head: Head) -> bool:
    name = headers.words(head.first("from")).lower()
    return any(
        one in name
        for one in ("mail delivery", "mail system", "system administrator", "daemon", "postmaster", "mail admin")
    )


def outcome(head: Head, said: str, *, is_named: bool, has_returned: bool) -> str:
    """ "failed", "delayed", or "" if the words report neither."""
    words = f"{headers.words(head.first('subject'))}\n{said}".lower()
    if any(one in words for one in _DELAYED) and not any(one in words for one in _FINAL):
        return "delayed"
    failed = any(one in words for one in (*_FAILED, *_FINAL)) or STATUS.search(said) is not None
    returns = has_returned and (any(one in words for one in _SUBJECTS) or _is_daemon(head))
    if failed or is_named or returns:
        return "failed"
    return ""


def _is_daemon(head: Head) -> bool:
    """A mailbox that no person writes from, unlike a postmaster's."""
    return any(
        one.address.lower().startswith("mailer-daemon@") for one in addresses.mailboxes(head.first("from"), limit=3)
    )


def before_returned(text: str) -> str:
    """The report's own words, without the mail it returns."""
    kept: list[str] = []
    for line in text.split("\n", _LINES)[:_LINES]:
        lowered = line[:_LINE].lower()
        if any(one in lowered for one in _RETURNED_BELOW) or lowered.startswith(("return-path:", "received:")):
            break
        kept.append(line[:_LINE])
    return "\n".join(kept)


def ids_below(text: str) -> list[str]:
    """Message-IDs in a mail that is returned as plain text."""
    lines = [line[:_LINE] for line in text.split("\n", 2000)[:2000]]
    return [one for line in lines if line.lower().lstrip("> ").startswith("message-id:") for one in headers.ids(line)][
        :3
    ]


def recipients(said: str, *, not_these: frozenset[str]) -> list[str]:
    """Whom it did not reach: addresses that stand out, else those of its To lines, else any that it names."""
    found: dict[int, list[str]] = {}
    for line in said.split("\n"):
        bare = line.strip().strip("-*>:[ \t")
        if bare.lower().startswith(_ABOUT_THE_MAIL):
            continue
        for one in _ADDRESS.findall(bare)[:20]:
            clean = addresses.normal(one.strip("'`."))
            if clean and clean.lower() not in not_these:
                found.setdefault(_rank(bare, one), []).append(clean)
    return list(dict.fromkeys(found[min(found)]))[:50] if found else []


def _rank(line: str, address: str) -> int:
    """0 for an address that begins a line or shares it with a failure, 1 for a To line's, 2 for any other."""
    lowered = line.lower()
    if lowered.startswith("to:"):
        return 1
    begins = line.lstrip("<(\"'").startswith(address) or lowered.startswith(_NAMING)
    return 0 if begins or any(one in lowered for one in _FAILED) or STATUS.search(line) else 2


def writers(head: Head) -> frozenset[str]:
    """Addresses of the report itself: none of them is a recipient that was not reached."""
    named = [
        one for name in ("from", "to", "sender", "reply-to") for one in addresses.mailboxes(head.first(name), limit=20)
    ]
    return frozenset(one.address.lower() for one in named)


def reason(said: str) -> str:
    """The line that says why, as the server has it."""
    lines = [line.strip() for line in said.split("\n")]
    coded = [line for line in lines if STATUS.search(line) or (line.startswith(("5", "4")) and line[1:3].isdigit())]
    spoken = [line for line in lines if any(one in line.lower() for one in _FAILED)]
    return headers.plain((coded or spoken or [""])[0])[:160]
