"""Mail folders (mbox): mails that answer each other are one ticket, whoever of ours or theirs began."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, field

from channels.contract import Address, Inbound, Raw
from channels.email import addresses, headers, identity, parse
from channels.email.content import Understand
from channels.email.parse import House
from crmcore.figures import Figure
from hub.history import reading
from hub.history.reading import Bad, Records, Told
from kernel.errors import Problem
from tickets.models import EntryKind
from tickets.past import PastEntry, PastTicket, Person


class _Head(Struct):
    """A mail of a folder before it is read: where it stands and what it answers."""

    place: int  # of the folder among the files
    key: str
    name: str
    identity: str
    names: tuple[str, ...]  # Message-IDs it answers, and its own
    at: datetime | None


class _Threads(Struct):
    """Which mails hang together: a forest of Message-IDs."""

    above: dict[str, str] = field(default_factory=dict)

    def root(self, name: str) -> str:
        while (higher := self.above.setdefault(name, name)) != name:
            self.above[name] = self.above.get(higher, higher)
            name = higher
        return name

    def join(self, names: Sequence[str]) -> None:
        roots = sorted({self.root(name) for name in names})
        for root in roots[1:]:
            self.above[root] = roots[0]


def read(paths: Sequence[Path], own: frozenset[str], understand: Understand, told: Told) -> Records:
    """Threads in the order they began. `own`: our addresses then and now; mails of theirs are staff's words."""
    folders = [mailbox.mbox(path, create=False) for path in paths]
    try:
        heads = list(_heads(paths, folders, told))
        threads = _Threads()
        for head in heads:
            threads.join(head.names)
        grouped: dict[str, list[_Head]] = {}
        for head in heads:
            grouped.setdefault(threads.root(head.names[-1]), []).append(head)
        house = House(own)
        for some in sorted(grouped.values(), key=lambda group: min(map(_when, group))):
            some.sort(key=_when)
            yield _thread(paths, folders, some, house, understand)
    finally:
        for folder in folders:
            folder.close()


def _heads(paths: Sequence[Path], folders: Sequence[mailbox.mbox], told: Told) -> Iterator[_Head]:
    """The first pass: headers only. A mail that stands in two folders is one."""
    seen: set[str] = set()
    for place, (path, folder) in enumerate(zip(paths, folders, strict=True)):
        for key in folder.iterkeys():
            mime = folder.get_bytes(key)
            head = headers.read(mime)
            same = identity.of(mime)
            if same in seen:
                told.notes.append(f"{path.name}: a mail that stands there twice is taken once")
                continue
            seen.add(same)
            own = identity.short(headers.message_id(head)) or f"<{same[-32:]}@nameless.invalid>"
            names = (*map(identity.short, headers.references(head)), own)
            yield _Head(place, key, own, same, names, headers.date_of(head))


def _when(head: _Head) -> tuple[datetime, int]:
    return head.at or datetime.max.replace(tzinfo=UTC), head.place


def _thread(
    paths: Sequence[Path], folders: Sequence[mailbox.mbox], some: list[_Head], house: House, understand: Understand
) -> PastTicket | Bad:
    first = some[0]
    where = f"{paths[first.place].name}, mail {first.key}"
    entries: list[PastEntry] = []
    people: list[Person] = []
    subject = ""
    for head in some:
        mime = folders[head.place].get_bytes(head.key)
        raw = Raw("", "", head.identity, "", mime, datetime.now(UTC))
        inbound = parse.parse(raw, house, understand)
        at = inbound.sent_at or head.at or (entries[-1].at if entries else None)  # the undated stand last
        if at is None or at < reading.EARLIEST:
            problem = Problem("Date", "a mail with the date it was written, after 1990")
            return Bad(f"{paths[head.place].name}, mail {head.key}", (problem,), head.name)
        is_ours = inbound.sender.value.lower() in house.addresses
        who = None if is_ours else _person(inbound.name, inbound.sender)
        people += [who] if who else _recipients(mime, house)
        subject = subject or inbound.subject
        entries.append(_entry(head, inbound, min(at, datetime.now(UTC)), who, mime))
    if not people:
        problem = Problem("From", "a sender or recipient who is not of our own addresses", "only our own")
        return Bad(where, (problem,), first.name)
    times = [one.at for one in entries]
    return PastTicket(
        key=first.name,
        number="",
        subject=subject,
        person=people[0],
        created_at=min(times),
        closed_at=max(times),
        entries=tuple(entries),
    )


def _entry(head: _Head, inbound: Inbound, at: datetime, who: Person | None, mime: bytes) -> PastEntry:
    files = "".join(f"[{name}] " for name in inbound.attachments)
    text = f"unreadable: {inbound.unreadable}" if inbound.unreadable else f"{files}{inbound.text}".strip()
    return PastEntry(
        key=head.identity,
        at=at,
        kind=EntryKind.MESSAGE,
        author=inbound.name or inbound.sender.value,
        text=text,
        who=who,
        by_staff=who is None,
        message_name=head.name,
        source=mime,
    )


def _person(name: str, sender: Address) -> Person:
    """Compared in lower case, as the addresses of contacts are."""
    address = Address(sender.scheme, sender.value.lower())
    return Person(Figure(name, (address,)))


def _recipients(mime: bytes, house: House) -> list[Person]:
    """To whom a mail of ours went."""
    boxes = [box for value in headers.read(mime).every("to")[:5] for box in addresses.mailboxes(value)]
    return [
        _person(box.name, Address(parse.SCHEME, box.address))
        for box in boxes
        if box.is_clean and box.address.lower() not in house.addresses
    ]
