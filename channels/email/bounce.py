"""Reports that a mail did not arrive: RFC 3464, and the poorer ones that servers write in their own words."""

from __future__ import annotations

from msgspec import Struct

from channels.email import addresses, bounce_words, headers, mime
from channels.email.headers import Head

FAILED, DELAYED, DELIVERED = "failed", "delayed", "delivered"
_ACTIONS = {
    "failed": FAILED,
    "failure": FAILED,
    "delayed": DELAYED,
    "delivered": DELIVERED,
    "relayed": "",
    "expanded": "",
}
_BLOCKS = 200  # recipients of one report that are read
_RECIPIENT = ("final-recipient", "original-recipient", "x-actual-recipient")
_RETURNED = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
)
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_LIMIT = 128 * 1024  # bytes of a returned mail in which its header block is looked for


class Report(Struct, frozen=True):
    """What a report says. `outcome`: failed, delayed or delivered; "" where it says none of these.

    `recipients`: those it is about. `status`: an enhanced status code (5.1.1) or "". `reason`: the server's words, cut.
    `message_ids`: Message-IDs of the mail that it is about. `is_receipt`: somebody's client says it was read.
    """

    outcome: str
    recipients: tuple[str, ...] = ()
    status: str = ""
    reason: str = ""
    message_ids: tuple[str, ...] = ()
    is_receipt: bool = False

    @property
    def is_bounce(self) -> bool:
        return self.outcome in (FAILED, DELAYED)


def read(head: Head, root: mime.Part, text: str) -> Report | None:
    """The report that a mail is; None for any other mail."""
    parts = mime.leaves(root)
    ids = tuple(_returned_ids(head, parts))
    for part in parts:
        if part.kind == "message/disposition-notification" and root.kind == "multipart/report":
            return _receipt(part, ids)
    is_report = root.kind == "multipart/report" or bounce_words.is_from_server(head)
    standard = _first_standard(parts, ids) if is_report else None  # else a person passes somebody's report on
    return standard or _enclosed(head, parts) or _own_words(head, parts, text, ids)


def _first_standard(parts: list[mime.Part], ids: tuple[str, ...]) -> Report | None:
    found = (_standard(part, ids) for part in parts if part.kind in _STATUS)
    return next((one for one in found if one is not None), None)


def _enclosed(head: Head, parts: list[mime.Part]) -> Report | None:
    """A report that a filter on its way has packed into another mail."""
    if not bounce_words.is_from_server(head):
        return None
    for part in parts:
        if part.kind == "message/rfc822" and len(part.content()) <= _RETURNED_LIMIT:
            inner = mime.inside(part)
            if inner.kind == "multipart/report":
                leaves = mime.leaves(inner)
                return _first_standard(leaves, tuple(_returned_ids(head, leaves)))
    return None


def _receipt(part: mime.Part, ids: tuple[str, ...]) -> Report:
    """RFC 8098: it was shown, which changes nothing; or a server threw it away, which some report in this way."""
    blocks = _field_blocks(part.content(_RETURNED_LIMIT))
    block = next((one for one in blocks if _names_recipient(one)), Head({}))
    disposition = block.first("disposition").lower().replace(" ", "")
    is_thrown_away = "mdn-sent-automatically" in disposition and ";deleted" in disposition
    recipient = _recipient(block)
    if is_thrown_away and recipient:
        return Report(FAILED, (recipient,), "", "deleted by the server", ids)
    return Report("", message_ids=ids, is_receipt=True)


def _standard(part: mime.Part, ids: tuple[str, ...]) -> Report | None:
    """RFC 3464: a block of fields about the mail, then one for each recipient."""
    blocks = [block for block in _field_blocks(part.content(_RETURNED_LIMIT)) if _names_recipient(block)]
    if not blocks:
        return None
    outcomes = [(_outcome(block), block) for block in blocks[:_BLOCKS]]
    for wanted in (FAILED, DELAYED, DELIVERED, ""):
        chosen = [block for outcome, block in outcomes if outcome == wanted]
        if chosen:
            recipients = dict.fromkeys(filter(None, (_recipient(block) for block in chosen)))
            first = chosen[0]
            return Report(wanted, tuple(recipients), _status(first), _diagnostic(first), ids)
    return None


def _field_blocks(content: bytes) -> list[Head]:
    text = content.replace(b"\r\n", b"\n").strip(b"\n")
    return [headers.head_of(headers.message_of(block + b"\n")[0]) for block in text.split(b"\n\n")[: _BLOCKS + 1]]


def _names_recipient(block: Head) -> bool:
    return any(block.has(name) for name in _RECIPIENT)


def _outcome(block: Head) -> str:
    action = block.first("action").strip().lower().partition(" ")[0].partition(";")[0]
    if action in _ACTIONS:
        return _ACTIONS[action]
    return {"5": FAILED, "4": DELAYED, "2": DELIVERED}.get(_status(block)[:1], "")


def _recipient(block: Head) -> str:
    """The address that we wrote to: as we knew it, where the server still says so."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = block.first(name)
        found = value.rpartition(";")[2].strip().strip("<>").removeprefix("mailto:")
        if "@" in found:
            return addresses.normal(found) or headers.plain(found)[:320]
    return ""


def _status(block: Head) -> str:
    code = block.first("status").strip().partition(" ")[0]
    return code if bounce_words.STATUS.fullmatch(code) else ""


def _diagnostic(block: Head) -> str:
    return headers.words(block.first("diagnostic-code").partition(";")[2] or block.first("diagnostic-code"))[:160]


def _own_words(head: Head, parts: list[mime.Part], text: str, ids: tuple[str, ...]) -> Report | None:
    """A report in a server's own words: from a mail server, about a failure, naming whom it did not reach."""
    if not bounce_words.is_from_server(head):
        return None
    returned = [part for part in parts if part.kind in _RETURNED]
    said = bounce_words.before_returned(text)
    named = [one for value in head.every("x-failed-recipients") for one in addresses.mailboxes(value, limit=_BLOCKS)]
    recipients = [one.address for one in named if one.is_clean]
    outcome = bounce_words.outcome(head, said, is_named=bool(recipients), has_returned=bool(returned))
    if not outcome:
        return None
    recipients = recipients or bounce_words.recipients(said, not_these=bounce_words.writers(head))
    if not recipients and not returned:
        return None
    found = ids or tuple(bounce_words.ids_below(text))
    status = bounce_words.STATUS.search(said)
    return Report(
        outcome, tuple(dict.fromkeys(recipients)), status[0] if status else "", bounce_words.reason(said), found
    )


def _returned_ids(head: Head, parts: list[mime.Part]) -> list[str]:
    """Message-IDs of what comes back: in the returned mail, in the report's fields, in what it answers."""
    found: list[str] = []
    for part in parts:
        if part.kind in _RETURNED:
            found.append(headers.message_id(headers.read(part.content(_RETURNED_LIMIT).lstrip(b"\r\n"))))
        elif part.kind in (*_STATUS, "message/disposition-notification"):
            for block in _field_blocks(part.content(_RETURNED_LIMIT))[:3]:
                for name in ("original-message-id", "x-original-message-id"):
                    found += headers.ids(block.first(name))
    for name in ("original-message-id", "x-original-message-id", "in-reply-to", "references"):
        found += headers.ids(head.first(name))[-3:]
    return list(dict.fromkeys(one for one in found if one))[:10]
