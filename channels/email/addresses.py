"""Addresses out of header fields: one scan over the value, and whether what was found is clean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, field

from channels.email import headers

LIMIT = 1000  # addresses of one field that are read
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_STOP = re.compile(r'[",;:<()]')


class Mailbox(Struct, frozen=True):
    """A name and an address. `is_clean`: written so that no two readers could take it for different addresses."""

    name: str
    address: str
    is_clean: bool


class _Draft(Struct):
    """What has been read of one mailbox so far."""

    bare: str = ""  # what stands outside quotes, comments and angle brackets
    quoted: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None
    words: list[str] = field(default_factory=list)
    is_odd: bool = False
    is_split: bool = False  # a comment stands between its words

    def is_empty(self) -> bool:
        return not (self.bare.strip() or self.quoted or self.angle is not None)


def mailboxes(value: str, limit: int = LIMIT) -> list[Mailbox]:
    """Every mailbox of a field's value, groups opened; at most `limit`."""
    text = headers.unfolded(value)
    found: list[Mailbox] = []
    draft, at, in_group = _Draft(), 0, False
    while at < len(text) and len(found) < limit:
        stop = _STOP.search(text, at)
        upto = stop.start() if stop else len(text)
        _bare(draft, text[at:upto])
        if stop is None:
            break
        sign, at = stop[0], upto + 1
        if sign == '"':
            content, at = _quoted(text, at)
            draft.is_odd |= draft.angle is not None
            draft.quoted.append(content)
            draft.words.append(content)
        elif sign == "(":
            content, at, is_whole = _comment(text, at)
            draft.is_odd |= not is_whole
            draft.comments.append(content)
        elif sign == "<":
            content, at, is_whole = _angle(text, at)
            draft.is_odd |= not is_whole or draft.angle is not None
            draft.angle = content if draft.angle is None else draft.angle
        elif sign == ")":
            draft.is_odd = True
        elif sign == ":":
            draft, in_group = _Draft(is_odd=True), True  # a group's name says nothing
        else:
            _finish(draft, found)
            in_group &= sign != ";"
            draft = _Draft(is_odd=in_group)
    if len(found) < limit:
        _finish(draft, found)
    return found


def sole(values: Sequence[str]) -> Mailbox | None:
    """The one clean mailbox of a field that stands once and names one; None for anything else."""
    if len(values) != 1:
        return None
    found = mailboxes(values[0], limit=2)
    return found[0] if len(found) == 1 and found[0].is_clean else None


def normal(address: str) -> str:
    """The address with its domain in lower case ASCII; "" if it is none. The part before the @ stays as it is."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not 0 < len(local) <= 64 or not _LOCAL.fullmatch(local):
        return ""
    ascii_domain = _domain(domain)
    return f"{local}@{ascii_domain}" if ascii_domain else ""


def _domain(domain: str) -> str:
    if not domain.isascii():
        try:
            domain = domain[:253].encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    domain = domain.lower()
    if not 0 < len(domain) <= 253 or not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        return ""
    return domain


def _bare(draft: _Draft, text: str) -> None:
    if not text.strip():
        draft.bare += text[:1]
        return
    draft.is_odd |= draft.angle is not None  # words after the address
    draft.is_split |= bool(draft.comments and draft.bare.strip())
    draft.bare += text
    draft.words.append(text.strip())


def _finish(draft: _Draft, found: list[Mailbox]) -> None:
    if draft.is_empty():
        return
    if draft.angle is None:
        written, name = draft.bare.strip(), " ".join(draft.comments)
        is_odd = draft.is_odd or draft.is_split or bool(draft.quoted)
        if draft.quoted:  # "jan kowalski"@desk.example, or a name without an address
            name = name or ("" if written.startswith("@") else " ".join(draft.words))
            written = f'"{draft.quoted[0]}"{written}' if written.startswith("@") else written
    else:
        written, name = draft.angle.rpartition(":")[2].strip(), " ".join(draft.words) or " ".join(draft.comments)
        claimed = draft.bare.strip()
        is_odd = draft.is_odd or ":" in draft.angle or ("@" in claimed and claimed.lower() != written.lower())
    address = headers.eight_bit(written)
    clean = normal(address)
    is_clean = bool(clean) and not is_odd and "=?" not in written
    shown = clean or headers.plain(address)[:320]
    found.append(Mailbox(headers.words(name)[:200], shown if "@" in shown else "", is_clean))


def _quoted(text: str, at: int) -> tuple[str, int]:
    """What stands up to the closing quote, and where it goes on."""
    content: list[str] = []
    while at < len(text):
        end = at
        while end < len(text) and text[end] not in '"\\':
            end += 1
        content.append(text[at:end])
        if end >= len(text) or text[end] == '"':
            return "".join(content), end + 1
        content.append(text[end + 1 : end + 2])
        at = end + 2
    return "".join(content), at


def _comment(text: str, at: int) -> tuple[str, int, bool]:
    """What stands up to the closing bracket (they nest), where it goes on, and whether it was closed."""
    depth, start = 1, at
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 1
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if not depth:
                return text[start:at], at + 1, True
        at += 1
    return text[start:], len(text), False


def _angle(text: str, at: int) -> tuple[str, int, bool]:
    """What stands up to the closing angle bracket; without one, up to the next comma."""
    end = text.find(">", at)
    comma = text.find(",", at)
    if end < 0:
        stop = comma if comma >= 0 else len(text)
        return text[at:stop], stop, False
    return text[at:end], end + 1, True
