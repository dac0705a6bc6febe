"""Where a customer's message belongs: an open ticket of his, a closed one opened again, or a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from crmcore.access import INBOX
from kernel import ids, rows
from kernel.unit import Work
from tickets import belonging, entries, history, moving, naming, numbers, old_numbers, states
from tickets.belonging import Clue, Trust
from tickets.models import AuthorKind, Entry, EntryKind, State, Ticket
from tickets.old_numbers import Patterns
from tickets.places import Letter, Place
from tickets.tokens import Tokens

REOPEN_WITHIN = timedelta(days=14)
NO_PATTERNS = Patterns()
CANDIDATES = 20  # a contact's newest tickets looked at
SUBJECT_LIMIT = 300  # of a subject that the customer gave
WORDS_LIMIT = 80  # of his first words where he gave none


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
    whoever names another person's ticket gets one of his own, with a link that colleagues see; so does who is not
    trusted enough for what he names (see `belonging`). What goes on with a ticket of another desk is a new one, linked;
    the old one stays closed.
    """
    named = await naming.named(work, [letter.arrived for letter in letters], tokens)
    people: set[int] = {letter.person.contact_id for letter in letters}
    chain = await moving.merged(work, people)
    named = {key: _followed(clues, chain) for key, clues in named.items()}
    wanted = {ticket_id for clues in named.values() for ticket_id in clues}
    candidates = await _candidates(work, people, wanted)
    old = await old_numbers.continued(work, [(one.arrived, one.person.contact_id) for one in letters], patterns)
    places = []
    for letter in letters:
        own = candidates.setdefault(letter.person.contact_id, [])
        meant, before = named.get(letter.arrived.id, {}), old.get(letter.arrived.id)
        clues = _clues(letter, own, meant, before)
        found = _choose(letter, _fitting(letter, clues), reopens, work.now)
        if found is None:
            found = _opened(letter, own, [before[0]] if before else list(meant), work.now)
            _link(found, letter, clues, names_anothers=bool(meant) and all(one.id not in meant for one in own))
            own.insert(0, found)
        _join(found, letter)
        places.append(found)
    await _number(work, places)
    return places


def _followed(clues: Mapping[int, Clue], chain: Mapping[int, int]) -> dict[int, Clue]:
    """Where merged tickets went, each once. Pure."""
    return naming.best((moving.last(ticket_id, chain), clue) for ticket_id, clue in clues.items())


async def write(work: Work, places: Sequence[Place]) -> None:
    """Write what `place` and the rules have made: new tickets, changed ones, and an entry a letter."""
    unique = list({place.id: place for place in places}.values())
    await work.insert(Ticket, [_new(place, work.now) for place in unique if place.is_new])
    await work.update(Ticket, [_changed(place, work.now) for place in unique if not place.is_new])
    await _free(work, [place for place in unique if place.is_reopened and place.assignee_id is not None])
    await work.insert(Entry, [_entry(place, letter, work.now) for place in unique for letter in place.letters])
    await _tell(work, [place for place in unique if place.unjoined])


async def _tell(work: Work, unjoined: Sequence[Place]) -> None:
    """A new ticket says which one its letter names and did not join."""
    if not unjoined:
        return
    others = [place.previous_id for place in unjoined]
    found = await work.fetch(f"SELECT id, number FROM tickets WHERE id IN ({rows.marks(others)})", *others)
    known = {row["id"]: numbers.written(row["number"]) for row in found}
    lines = [(one.id, belonging.unjoined(known[one.previous_id], one.unjoined)) for one in unjoined if one.unjoined]
    await entries.noted(work, [(ticket_id, EntryKind.EVENT, text) for ticket_id, text in lines])


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


def _clues(
    letter: Letter, own: list[Place], meant: Mapping[int, Clue], before: tuple[int, Clue] | None
) -> list[tuple[Place, Clue]]:
    """The candidates in the order of how surely they are meant; own is newest first, open before closed.

    `before`: the ticket of another desk that the letter goes on with.
    """
    inbound = letter.arrived.inbound
    living = [one for one in own if not one.merged_into_id and not (one.is_past and one.state == State.CLOSED)]
    ordered = sorted(living, key=lambda one: states.is_done(one.state))
    named = [(one, clue) for ticket_id, clue in meant.items() for one in ordered if one.id == ticket_id]
    if named:
        return named
    if before:
        return [(one, before[1]) for one in ordered if one.previous_id == before[0]]
    if inbound.matter:
        return [(one, Clue.KEY) for one in ordered if one.matter == inbound.matter]
    ordered = [one for one in ordered if one.matter is None]
    if not letter.conversational and inbound.subject:
        ordered = _of_subject(letter, ordered)
    return [(one, Clue.SUBJECT) for one in ordered]


def _of_subject(letter: Letter, ordered: Sequence[Place]) -> list[Place]:
    """Those whose number a letter's subject names, else those that have its subject."""
    subject = letter.arrived.inbound.subject
    called = belonging.numbers_in(subject) if letter.is_hearsay else ()
    if numbered := [one for one in ordered if one.number in called]:
        return numbered
    bare = belonging.bare_subject(subject)
    return [one for one in ordered if belonging.bare_subject(one.subject) == bare]


def _fitting(letter: Letter, clues: Sequence[tuple[Place, Clue]]) -> list[Place]:
    """Those that whoever wrote it may join."""
    bare = belonging.bare_subject(letter.arrived.inbound.subject)
    return [
        one
        for one, clue in clues
        if belonging.may_join(
            clue,
            letter.trust,
            is_done=states.is_done(one.state),
            is_same_subject=belonging.bare_subject(one.subject) == bare,
        )
    ]


def _link(made: Place, letter: Letter, clues: Sequence[tuple[Place, Clue]], *, names_anothers: bool) -> None:
    """Keep which ticket the letter names and did not join: another person's, or for lack of trust.

    What is merely closed too long ago needs no words.
    """
    if names_anothers:
        made.unjoined = Trust.VOUCHED
    elif clues and not _fitting(letter, clues):
        [(other, _), *_] = clues
        made.previous_id, made.unjoined = other.id, letter.trust


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
