"""What the tests of the search stand on: rows written straight in, an index caught up, and the oracle they ask."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crmcore.access import Scope
from crmcore.models.people import Contact, Identity
from kernel import ids
from kernel.unit import Store
from tickets.models import Entry, Ticket
from tickets.search import finding, index, query, rebuild

_WORDS = """
Żółć łódź wyłączona zamówienie zamówieniem faktura fakturę Proszę prosze pilne ščúr žltý kôň vypnutá kártya kártyák
őrült fűtés árvíztűrő заёмщик заемщик Ёлка елка карта карты straße STRASSE größe Öl Ørsted œuvre ﬁrma № karta kartę
T1042 t-77 TCK-1042 #T5 +48600123456 600-123-456 48600999888 526-10-40-828 5261040828 PL5261040828 2026-03-10 17:45
anna.k@example.pl example pl k a i z w co-op wi-fi 1042 77 12 EW 34/2026 don't naïve Ⅷ x² 中文 ไทย हिन्दी
"""
WORDS = _WORDS.split()


@dataclass(frozen=True, slots=True)
class Said:
    """One message as the oracle knows it."""

    entry_id: int
    number: int
    queue: str
    assignee_id: int | None
    at: datetime
    text: str
    author: str


async def write(
    store: Store, said: Iterable[tuple[str, str]], *, assignee_id: int | None = None, ago: timedelta = timedelta()
) -> list[Said]:
    """A note a text, (queue, text), each on a ticket of its own without a subject, a minute apart."""
    found: list[Said] = []
    async with store.unit() as work:
        before = await work.one("SELECT COALESCE(max(number), 0) AS n FROM tickets")
        first = int(before["n"]) + 1 if before else 1
        contact_id = ids.new()
        await work.insert(Contact, [{"id": contact_id, "name": "Q", "language": "", "created_at": work.now}])
        for number, (queue, text) in enumerate(said, first):
            at = work.now - ago + timedelta(minutes=number)
            found.append(Said(ids.new(), number, queue, assignee_id, at, text, f"Anna{number % 3}"))
        tickets = [_ticket(one, contact_id, at=work.now - timedelta(days=30)) for one in found]
        await work.insert(Ticket, tickets)
        await work.insert(Entry, [_entry(one, ticket["id"]) for one, ticket in zip(found, tickets, strict=True)])
    await catch_up(store)
    return found


def _ticket(one: Said, contact_id: int, *, at: datetime) -> dict[str, Any]:
    return {
        "id": ids.new(), "number": one.number, "subject": "", "state": "open", "kind": "question",
        "queue": one.queue, "priority": 3, "assignee_id": one.assignee_id, "contact_id": contact_id,
        "channel": "chat", "account": "chat:1", "address": "1", "scheme": "chat", "version": 1,
        "created_at": at, "updated_at": at,
    }  # fmt: skip


def _entry(one: Said, ticket_id: int) -> dict[str, Any]:
    return {
        "id": one.entry_id, "ticket_id": ticket_id, "at": one.at, "kind": "note", "author_kind": "staff",
        "author": one.author, "text": one.text,
    }  # fmt: skip


async def person(store: Store, name: str, *addresses: tuple[str, str]) -> int:
    """A contact with these (scheme, value), indexed."""
    contact_id = ids.new()
    async with store.unit() as work:
        await work.insert(Contact, [{"id": contact_id, "name": name, "language": "", "created_at": work.now}])
        for scheme, value in addresses:
            row = {"id": ids.new(), "contact_id": contact_id, "scheme": scheme, "value": value}
            await work.insert(Identity, [{**row, "verified": False, "created_at": work.now}])
    await catch_up(store)
    return contact_id


async def catch_up(store: Store) -> None:
    while True:
        async with store.unit() as work:
            if not await index.catch_up(work):
                return


async def build(store: Store) -> rebuild.Progress:
    while True:
        async with store.unit() as work:
            now = await rebuild.step(work)
        if now.is_over:
            return now


async def found(store: Store, text: str, scope: Scope | None = None, *, limit: int = 20) -> list[int]:
    """Ids of messages and people that are found, all pages one after the other, in their order."""
    answer: list[int] = []
    older = finding.NEWEST
    while hits := await finding.find(store.reading(), query.read(text), scope, older=older, limit=limit):
        answer += [hit.ref_id for hit in hits if hit.kind != "ticket"]
        older = hits[-1].place
    return answer


# -- the oracle: reads every text, knows no index ----------------------------------------------------------------------


def plain(text: str) -> str:
    """Letters as they are compared, written down a second time."""
    lowered = unicodedata.normalize("NFKD", text).casefold()
    for whole, typed in zip("łđøßæœıё", ("l", "d", "o", "ss", "ae", "oe", "i", "е"), strict=True):
        lowered = lowered.replace(whole, typed)
    return "".join(char for char in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(char))


def split(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", plain(text))


def holds(text: str, wanted: str, *, is_last: bool) -> bool:
    """True if the text has what one typed part asks for."""
    ticket = re.fullmatch(r"t[-#]?(\d+)", plain(wanted))
    if ticket:
        return bool(re.search(rf"(?<![^\W_])t[-#]?{ticket[1]}(?![^\W_])", plain(text)))
    if re.fullmatch(r"\d(?:[ ()-]{0,3}\d){8,}|\+\d(?:[ ()-]{0,3}\d){6,}", wanted):
        return _holds_digits(text, re.sub(r"\D", "", wanted))
    asked, has = split(wanted.strip('"')), split(text)
    if len(asked) == 1 and asked[0].isdecimal():
        return asked[0] in has or (len(asked[0]) >= 4 and _holds_digits(text, asked[0]))
    is_open = is_last and not wanted.startswith('"') and len(asked[-1]) > 1
    places = range(len(has) - len(asked) + 1)
    return any(_same(has[place : place + len(asked)], asked, is_open) for place in places)


def _same(has: Sequence[str], asked: Sequence[str], is_open: bool) -> bool:
    last = has[-1].startswith(asked[-1]) if is_open else has[-1] == asked[-1]
    return last and has[:-1] == asked[:-1]


def _holds_digits(text: str, digits: str) -> bool:
    folded = plain(text)
    joined = re.findall(r"(?<![^\W_])\+?\d(?:[ ()-]{0,3}\d)+(?![^\W_])", " ".join(folded.split()))
    numbers = [re.sub(r"\D", "", one) for one in joined if len(re.sub(r"\D", "", one)) >= (7 if "+" in one else 9)]
    return any(digits in run for run in [*numbers, *re.findall(r"\d+", folded)])


def texts(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=chance.randint(1, 9))) for _ in range(count)]


def scan(said: list[Said], parts: list[str], without: list[str], seen: Scope | None) -> list[int]:
    hits = [
        one.entry_id
        for one in said
        if all(holds(one.text, part, is_last=place == len(parts) - 1) for place, part in enumerate(parts))
        and not any(holds(one.text, part, is_last=False) for part in without)
        and (seen is None or seen.covers(one.queue, one.assignee_id))
    ]
    return hits[::-1]


def asked(chance: random.Random) -> tuple[list[str], list[str]]:
    """Words, beginnings and rows of words; now and then one that must not be there."""
    words = [word for word in WORDS if split(word) and not word.startswith("-")]
    parts = chance.choices(words, k=chance.randint(1, 3))
    if chance.random() < 0.4:
        cut = parts[-1][: chance.randint(1, 6)]
        parts[-1] = cut if split(cut) else parts[-1]
    if chance.random() < 0.2:
        parts[0] = f'"{parts[0]} {chance.choice(words)}"'
    # digits beside digits are one number: their own cases are above
    if len([part for part in parts if part.strip('"+#')[0].isdigit()]) > 1:
        parts = parts[:1]
    return parts, chance.choices(words, k=1) if chance.random() < 0.2 else []
