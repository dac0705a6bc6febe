"""Where a customer's message belongs: an open ticket of his, a closed one opened again, or a new one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from channels.messages import Arrived
from crmcore.access import INBOX
from crmcore.contacts import Person
from kernel import folding, ids, rows
from kernel.unit import Work
from tickets import courtesy, history, moving, naming, numbers, old_numbers, states
from tickets.models import AuthorKind, Entry, EntryKind, State, Ticket
from tickets.old_numbers import Patterns
from tickets.tokens import Tokens

REOPEN_WITHIN = timedelta(days=14)
NO_PATTERNS = Patterns()
QUESTION = "question"  # the kind of a matter that no rule says anything of
CANDIDATES = 20  # a contact's newest tickets looked at
SUBJECT_LIMIT = 300  # of a subject that the customer gave
WORDS_LIMIT = 80  # of his first words where he gave none
COMPARED = 200  # characters of two subjects, without their prefixes: mail programs cut and add at the ends
# Prefixes that mail programs put before a subject, in our five languages and the common ones.
_PREFIX = re.compile(r"^\s*(?:(?:re|fwd?|odp|pd|sv|aw|vs|vá|tov|ha|отв|пересл?)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


class Letter(Struct, frozen=True):
    """A customer's message with the person behind it. `conversational`: its channel has no subjects."""

    arrived: Arrived
    person: Person
    conversational: bool
    is_blocked: bool = False  # its sender: it is kept, and calls nobody

    @property
    def is_history(self) -> bool:
        """Older than our connection to its mailbox: kept under its true date, and nobody is called."""
        return self.arrived.inbound.history

    @property
    def is_quiet(self) -> bool:
        """A machine's answer or an old letter: it joins what it belongs to and changes nothing there."""
        return self.is_history or self.is_blocked or self.arrived.inbound.automatic

    @property
    def is_courtesy(self) -> bool:
        """Thanks, a thumb: of a matter that is done it makes nothing to do."""
        inbound = self.arrived.inbound
        return not inbound.attachments and not inbound.unreadable and courtesy.is_courtesy(inbound.text)


class Place(Struct):
    """A ticket as one batch works on it: loaded or new, changed in memory, written once."""

    id: int
    number: int
    subject: str
    state: str
    queue: str
    priority: int
    tags: list[str]
    assignee_id: int | None
    contact_id: int
    channel: str
    account: str
    scheme: str
    address: str
    matter: str | None
    answered_at: datetime | None
    closed_at: datetime | None
    version: int
    previous_id: int | None = None
    own_state: str | None = None
    merged_into_id: int | None = None
    is_past: bool = False  # of another desk: while it is closed, nothing joins it
    is_new: bool = False
    is_reopened: bool = False
    created_at: datetime | None = None
    snoozed_until: datetime | None = None
    source: str = ""  # how the customer heard of us, of a new one
    kind: str = QUESTION
    was: str = ""  # its state before the batch; "" of a new one
    letters: list[Letter] = field(default_factory=list)

    @property
    def has_moved(self) -> bool:
        """To another state; what is new is where it begins."""
        return not self.is_new and self.state != self.was

    @property
    def starts(self) -> bool:
        """The matter begins (again): rules choose its queue, clocks start."""
        return (self.is_new and self.state != State.CLOSED) or self.is_reopened


def fortnight(queue: str) -> timedelta:
    """How long a closed ticket is opened again, where no queue says otherwise."""
    return REOPEN_WITHIN


async def place(
    work: Work,
    letters: Sequence[Letter],
    tokens: Tokens,
    patterns: Patterns = NO_PATTERNS,
    reopens: Callable[[str], timedelta] = fortnight,
) -> list[Place]:
    """The ticket of each letter, in the letters' order. Nothing is written yet: rules decide first.

    `reopens`: queue → how long after its end a ticket of it is opened again. What belongs to a merged ticket goes to
    the last of the chain.

    What a letter names (a token, references, the message it replies to) counts only among its sender's own tickets:
    whoever names another person's ticket gets one of his own, with a link that colleagues see. What goes on with a
    ticket of another desk is a new one, linked; the old one stays closed.
    """
    named = await naming.named(work, [letter.arrived for letter in letters], tokens)
    people: set[int] = {letter.person.contact_id for letter in letters}
    chain = await moving.merged(work, people)
    named = {key: _followed(ticket_ids, chain) for key, ticket_ids in named.items()}
    wanted = {ticket_id for ticket_ids in named.values() for ticket_id in ticket_ids}
    candidates = await _candidates(work, people, wanted)
    old = await old_numbers.continued(work, [(one.arrived, one.person.contact_id) for one in letters], patterns)
    places = []
    for letter in letters:
        own = candidates.setdefault(letter.person.contact_id, [])
        meant = named.get(letter.arrived.id, ())
        before = old.get(letter.arrived.id)
        found = _choose(letter, _fitting(letter, own, meant, before), reopens, work.now)
        if found is None:
            found = _opened(letter, own, meant if before is None else (before,), work.now)
            own.insert(0, found)
        _join(found, letter)
        places.append(found)
    await _number(work, places)
    return places


def _followed(ticket_ids: Sequence[int], chain: Mapping[int, int]) -> tuple[int, ...]:
    """Where merged tickets went, each once. Pure."""
    return tuple(dict.fromkeys(moving.last(ticket_id, chain) for ticket_id in ticket_ids))


async def write(work: Work, places: Sequence[Place]) -> None:
    """Write what `place` and the rules have made: new tickets, changed ones, and an entry a letter."""
    unique = list({place.id: place for place in places}.values())
    await work.insert(Ticket, [_new(place, work.now) for place in unique if place.is_new])
    await work.update(Ticket, [_changed(place, work.now) for place in unique if not place.is_new])
    await _free(work, [place for place in unique if place.is_reopened and place.assignee_id is not None])
    entries = [_entry(place, letter, work.now) for place in unique for letter in place.letters]
    await work.insert(Entry, entries)


async def _free(work: Work, reopened: Sequence[Place]) -> None:
    """What is opened again and was a colleague's who has left is nobody's."""
    if not reopened:
        return
    freed = await work.fetch(
        f"UPDATE tickets SET assignee_id = NULL WHERE id IN ({rows.marks([place.id for place in reopened])})"
        " AND assignee_id NOT IN (SELECT id FROM staff WHERE active) RETURNING id",
        *(place.id for place in reopened),
    )
    left = {row["id"] for row in freed}
    for place in reopened:
        if place.id in left:
            place.assignee_id = None


def _choose(
    letter: Letter, fitting: Sequence[Place], reopens: Callable[[str], timedelta], now: datetime
) -> Place | None:
    """An existing ticket for the letter, opened again if need be, or None for a new one."""
    for found in fitting:
        if not states.is_done(found.state) or letter.is_quiet:
            return found
        if found.closed_at and now - found.closed_at > reopens(found.queue):
            continue
        if not letter.is_courtesy:
            found.state, found.own_state, found.closed_at = State.OPEN, None, None
            found.is_reopened, found.answered_at, found.snoozed_until = True, None, None
        return found
    return None


def _fitting(letter: Letter, own: list[Place], meant: Sequence[int], before: int | None) -> list[Place]:
    """The candidates in the order of how surely they are meant; own is newest first, open before closed.

    `before`: the ticket of another desk that the letter goes on with.
    """
    inbound = letter.arrived.inbound
    living = [one for one in own if not one.merged_into_id and not (one.is_past and one.state == State.CLOSED)]
    ordered = sorted(living, key=lambda one: states.is_done(one.state))
    named = [one for ticket_id in meant for one in ordered if one.id == ticket_id]
    if named:
        return named
    if before is not None and (following := [one for one in ordered if one.previous_id == before]):
        return following
    if inbound.matter:
        return [one for one in ordered if one.matter == inbound.matter]
    ordered = [one for one in ordered if one.matter is None]
    if letter.conversational or not inbound.subject:
        return ordered
    subject = bare_subject(inbound.subject)
    return [one for one in ordered if bare_subject(one.subject) == subject]


def bare_subject(subject: str) -> str:
    """A subject without reply prefixes, folded and cut, for comparing."""
    return folding.fold(_PREFIX.sub("", subject))[:COMPARED]


def _join(found: Place, letter: Letter) -> None:
    """The customer has written: the ticket waits for us, and the answer goes where he wrote from."""
    inbound, arrived = letter.arrived.inbound, letter.arrived
    begun = not found.is_new or bool(found.letters)
    found.letters.append(letter)
    if begun and letter.is_quiet:
        return
    if not letter.is_history and not letter.is_blocked and not states.is_done(found.state):
        found.state, found.own_state = State.OPEN, None
    found.version += 1
    if not inbound.aside:
        found.channel, found.account = arrived.channel, arrived.account
        found.scheme, found.address = inbound.address.scheme, inbound.address.value


def _opened(letter: Letter, own: list[Place], meant: Sequence[int], now: datetime) -> Place:
    inbound = letter.arrived.inbound
    previous = own[0].id if own else None
    began_at = (inbound.sent_at or now) if letter.is_history else now
    return Place(
        id=ids.new(),
        number=0,
        subject=_subject(letter),
        state=State.CLOSED if letter.is_history or letter.is_blocked else State.OPEN,
        queue=INBOX,
        priority=3,
        tags=[],
        assignee_id=None,
        contact_id=letter.person.contact_id,
        channel=letter.arrived.channel,
        account=letter.arrived.account,
        scheme=inbound.address.scheme,
        address=inbound.address.value,
        matter=inbound.matter or None,
        answered_at=None,
        closed_at=began_at if letter.is_history or letter.is_blocked else None,
        version=0,
        previous_id=meant[0] if meant else previous,
        is_new=True,
        created_at=began_at,
    )


def _subject(letter: Letter) -> str:
    """The subject given, else the first words; never empty."""
    inbound = letter.arrived.inbound
    given = inbound.subject.strip()
    if given:
        return given[:SUBJECT_LIMIT]
    first = next((line.strip() for line in inbound.text.splitlines() if line.strip()), "")
    if not first:
        first = "(unreadable message)" if inbound.unreadable else "(no text)"
    return first if len(first) <= WORDS_LIMIT else first[: WORDS_LIMIT - 1].rstrip() + "…"


async def _candidates(work: Work, contact_ids: set[int], wanted: set[int]) -> dict[int, list[Place]]:
    """Each contact's newest tickets, and those of his that a letter names.

    They are ours until the unit ends: an answer that fails meanwhile waits for us and then sees what we wrote.
    """
    lock = " FOR NO KEY UPDATE" if work.is_postgres else ""
    also = f" OR id IN ({rows.marks(list(wanted))})" if wanted else ""
    found = await work.fetch(
        "SELECT * FROM tickets WHERE id IN (SELECT id FROM ("
        "SELECT id, row_number() OVER (PARTITION BY contact_id ORDER BY id DESC) AS place"
        f" FROM tickets WHERE contact_id IN ({rows.marks(list(contact_ids))})"
        f" AND (kind <> '{history.KIND}' OR state <> 'closed')) AS newest"
        f" WHERE place <= ?{also}) ORDER BY id DESC{lock}",
        *contact_ids,
        CANDIDATES,
        *wanted,
    )
    own: dict[int, list[Place]] = {}
    for row in found:
        own.setdefault(row["contact_id"], []).append(_loaded(row))
    return own


async def _number(work: Work, places: Sequence[Place]) -> None:
    new = [one for one in {place.id: place for place in places}.values() if one.is_new]
    for one, number in zip(new, await numbers.take(work, len(new)), strict=True):
        one.number = number


def _loaded(row: rows.Row) -> Place:
    return Place(
        id=row["id"],
        number=row["number"],
        subject=row["subject"],
        state=row["state"],
        queue=row["queue"],
        priority=row["priority"],
        tags=list(rows.json(row["tags"]) or []),
        assignee_id=row["assignee_id"],
        contact_id=row["contact_id"],
        channel=row["channel"],
        account=row["account"],
        scheme=row["scheme"],
        address=row["address"],
        matter=row["matter"],
        answered_at=rows.maybe_instant(row["answered_at"]),
        closed_at=rows.maybe_instant(row["closed_at"]),
        version=row["version"],
        previous_id=row["previous_id"],
        own_state=row["own_state"],
        merged_into_id=row["merged_into_id"],
        is_past=row["kind"] == history.KIND,
        kind=row["kind"],
        created_at=rows.instant(row["created_at"]),
        snoozed_until=rows.maybe_instant(row["snoozed_until"]),
        was=row["state"],
    )


def _changed(place: Place, now: datetime) -> rows.Row:
    """What a letter can change of a ticket that is there already."""
    return {
        "id": place.id,
        "state": str(place.state),
        "own_state": place.own_state,
        "kind": place.kind,
        "queue": place.queue,
        "priority": place.priority,
        "tags": place.tags or None,
        "channel": place.channel,
        "account": place.account,
        "scheme": place.scheme,
        "address": place.address,
        "answered_at": place.answered_at,
        "closed_at": place.closed_at,
        "snoozed_until": place.snoozed_until,
        "version": place.version,
        "updated_at": now,
    }


def _new(place: Place, now: datetime) -> rows.Row:
    return _changed(place, now) | {
        "number": place.number,
        "subject": place.subject,
        "assignee_id": place.assignee_id,
        "contact_id": place.contact_id,
        "matter": place.matter,
        "previous_id": place.previous_id,
        "created_at": place.created_at or now,
        "source": place.source,
    }


def _entry(place: Place, letter: Letter, now: datetime) -> rows.Row:
    inbound = letter.arrived.inbound
    return {
        "id": ids.new(),
        "ticket_id": place.id,
        "at": (inbound.sent_at or now) if letter.is_history else now,
        "kind": EntryKind.MESSAGE.value,
        "author_kind": AuthorKind.CUSTOMER.value,
        "author": letter.person.name,
        "channel": letter.arrived.channel,
        "message_id": letter.arrived.id,
        "text": f"unreadable: {inbound.unreadable}" if inbound.unreadable else None,
    }
