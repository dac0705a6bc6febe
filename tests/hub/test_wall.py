"""The wall: every verb and every button, tried by each who has no right to it. Made from the registry of verbs.

A verb that joins the registry fails here until it has a case, and its case is tried by all of them.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import codes
from bot.commands import registry
from kernel.clock import Clock
from tests.hub.walled import ANNA, BELA, CYRIL, ESZTER, GROUP, MAREK, OBCY, SECRET, Step, Wall, furnished, leaks

UNSEEN = r"There is no T\d, or it is not yours to see\. /my and /queue list what is\."
UNKNOWN = "I do not know this account. Ask an administrator to add you."
NO_REMINDER = r"There is no R\d, or it is not yours\. /reminders lists yours\. Nothing was done\."
NO_LEAD = r"/[a-z ]+ needs a lead \(you: agent\)\. Nothing was done\."
NO_MANAGER = r"/[a-z ]+ needs a manager \(you: agent\)\. Nothing was done\."
NO_COMPANY = r"There is no company .*, or it is not yours to see\. Nothing was done\."
ALONE = r"Others read here who may not see it\. Write /\w+ to me alone\. Nothing was done\."
NOT_FOUND = r"Nothing found for .* that is yours to see\.[\s\S]*"
NO_ADMIN = r"/[a-z ]+ needs an admin \(you: agent\)\. Nothing was done\."
NOT_HELD = r"Nothing of yours is held any more\. What was sent cannot be unsent; send a correction\."


@dataclass(frozen=True, slots=True)
class Case:
    """What is typed; what an agent of no queue is told instead; by whom it does something (for "" it only reads)."""

    lines: tuple[str, ...]
    says: str = UNSEEN
    by: str = BELA


TYPED = {
    "reply": Case(("/reply T3 Send me money", "/r T4 Hi")),
    "note": Case(("/note T3 x",)),
    "undo": Case(("/undo T3", "/undo"), f"{UNSEEN}|{NOT_HELD}"),
    "via": Case(("/via T3 chat",)),
    "link": Case(("/link T3 +48601234568",)),
    "take": Case(("/take T4", "/take T1")),
    "assign": Case(("/assign T3 none", "/assign T4 Anna")),
    "close": Case(("/close T3", "/close T4 done")),
    "reopen": Case(("/reopen T2",)),
    "show": Case(("/show T3", "/show T4 50"), by=""),
    "files": Case(("/files T3",), by=""),
    "sla": Case(("/sla T3", "/why T4"), by=""),
    "my": Case(("/my",), r"Nothing is yours\. /queue shows what waits\.", by=""),
    "queue": Case(
        ("/queue cards", "/queue"), r"There is no queue cards for you\. There are: inbox\.|Nothing waits\.", ""
    ),
    "ack": Case(("/ack T4", "/ack T1 1h"), by=MAREK),
    "escalate": Case(("/escalate T3 he waits", "/escalate T4 @Marek he waits")),
    "who": Case(("/who",), r"Nobody is away\.", by=""),
    "away": Case(("/away Nobodyhere",), r"There is no colleague called Nobodyhere\. There are: .*", by=""),
    "back": Case(("/back",), r"You were not away\.", by=""),
    "quiet": Case(("/quiet", "/quiet late"), r"You have no quiet hours\. .*|Which hours\? .*", by=""),
    "digest": Case(
        ("/digest", "/digest now", "/digest now weekly"),
        r"(?s)No digests come to you\..*|(Morning|Weekly) digest, .*|Write /digest to me in our own chat: .*",
        by="",
    ),
    "station": Case(("/station 0412 down 300d 301d", "/station O-1 cancel"), NO_LEAD, MAREK),
    "outage": Case(("/outage O-1",), NO_LEAD, by=""),
    "confirm": Case(("/confirm O-1",), NO_LEAD, MAREK),
    "discard": Case(("/discard O-1",), NO_LEAD, MAREK),
    "remind": Case(("/remind T3 2h x", "/remind R1 2h", "/remind R3 2h"), f"{UNSEEN}|{NO_REMINDER}"),
    "plan": Case(("/plan T3 2h call",)),
    "reminders": Case(("/reminders",), r"Nothing to remind you of\. /remind tomorrow 9:00 call the bank", by=""),
    "done": Case(("/done T3", "/done R1 x", "/done R3 x", "/done R4 x"), f"{UNSEEN}|{NO_REMINDER}"),
    "drop": Case(("/drop R1", "/drop R3", "/drop R4"), NO_REMINDER),
    "state": Case(("/state T3 waiting_us", "/state T4 solved")),
    "wait": Case(("/wait T4",)),
    "prio": Case(("/prio T3 1",)),
    "tag": Case(("/tag T3 vip",)),
    "move": Case(("/move T3 inbox keep",)),
    "kind": Case(("/kind T3 complaint",)),
    "set": Case(("/set T3",), by=""),
    "watch": Case(("/watch T3",)),
    "merge": Case(("/merge T3 into T4",), by=""),  # tickets of two customers, which nobody may merge
    "split": Case(("/split T3 1",), by=""),  # of one message, of which nothing would be left
    "relate": Case(("/relate T3 T4",)),
    "ban": Case(("/ban T3 7d x",), NO_LEAD, MAREK),
    "spam": Case(("/spam T3",), NO_LEAD, MAREK),
    "snooze": Case(("/snooze T3 2h",)),
    "wake": Case(("/wake T1",)),
    "macro": Case(("/macro T3 hello",)),
    "callback": Case(("/callback T3",)),
    "rang": Case(("/rang T3 reached",)),
    "upload": Case(("/upload T3 please",)),
    "ask": Case(("/ask T3", "/ask T4")),
    "channels": Case(("/channels",), r"You are told by Chat\. .*", by=""),
    "web": Case(("/web",), r"There is no console here\. .*|Write /web to me in our own chat: .*", by=""),
    "zone": Case(("/zone",), r"Your zone is UTC: it is .*", by=""),
    "lang": Case(("/lang x",), r"There is no language x\. .*", by=""),  # alone it is a customer's wish too
    "phone": Case(("/phone",), r"We know no number of yours\. /phone \+48601234567 sends it a code; .*", by=""),
    "invite": Case(("/invite Dora agent cards",), NO_MANAGER, MAREK),
    "company": Case((f"/company T3 {SECRET} Logistics",)),
    "call": Case(("/call T3 x", "/call B1 x"), f"{UNSEEN}|{NO_COMPANY}"),
    "card": Case(("/card T3", "/card B1"), f"{UNSEEN}|{NO_COMPANY}|{ALONE}", by=""),
    "find": Case((f"/find {SECRET[:4]}", "/find T3"), f"{NOT_FOUND}|{ALONE}", by=""),
    "source": Case(("/source T3 fair",)),
    "golive": Case(("/golive", "/golive yes"), NO_ADMIN, by=""),
    "withheld": Case(("/withheld", "/withheld send all", "/withheld drop all"), NO_ADMIN, by=""),
    "incident": Case(('/incident T3 "terminals"',), NO_LEAD, MAREK),
    "commands": Case(("/commands",), r"(?s)/reply T12 .*", by=""),
}
# Button → what an agent of no queue is told, and what it needs to be about.
PRESSED = {
    "tk": UNSEEN,
    "cl": UNSEEN,
    "ro": UNSEEN,
    "sh": UNSEEN,
    "wk": UNSEEN,
    "ak": r"There is no such alert any more\.",
    "hv": r"You are not away with that deputy any more\. Nothing was done\.",
    "iv": NO_MANAGER,
    "lv": NO_ADMIN,
    "ou": NO_LEAD,
    "ws": NO_ADMIN,
    "wx": NO_ADMIN,
    "oc": NO_LEAD,
    "od": NO_LEAD,
    "ij": NO_LEAD,
    "ix": NO_LEAD,
    "is": NO_LEAD,
    "id": NO_LEAD,
    "un": NOT_HELD,
    "ua": r"That is not yours to take back\. Nothing was done\.",
    "sn": r"That note is not yours to send\.",
    "hx": r"Nothing of yours waits under this button any more\. Nothing was done\.",
    "hd": r"Nothing of yours waits under this button any more\. Nothing was done\.",
    "me": r"Nothing of yours waits under this button any more\. Nothing was done\.",
    "rr": UNSEEN,
    "rn": UNSEEN,
    "rd": NO_REMINDER,
    "rx": NO_REMINDER,
    "rl": NO_REMINDER,
    "rt": NO_REMINDER,
    "fo": r"That search is not here any more\. Write /find and the words again\.",
}
LINES = [line for case in TYPED.values() for line in case.lines]
BARE = list(
    dict.fromkeys(re.sub(r" (T|R|O-|I-)\d", "", line) for line in LINES)
)  # under a message that says what about
SPOKEN = ["Send me money", "confirm"]
NUMBERS = """
SELECT number AS n FROM tickets UNION SELECT number FROM reminders UNION SELECT number FROM outages
UNION SELECT id FROM reminders UNION SELECT id FROM alerts UNION SELECT id FROM outage_revisions
UNION SELECT id FROM outages UNION SELECT id FROM incidents UNION SELECT id FROM ticket_changes
UNION SELECT id FROM entries UNION SELECT id FROM messages WHERE purpose = 'reply'
"""
STANDING = """
SELECT min(external_id) AS id FROM messages WHERE address = ? AND direction = 'out' AND operation = 'send'
AND COALESCE(ref_kind, '') <> ? GROUP BY purpose, ref_id
"""


@pytest.fixture
async def wall(template: Any, database_url: str, clock: Clock, tmp_path: Path) -> AsyncIterator[Wall]:
    async with furnished(template, database_url, tmp_path, clock) as wall:
        yield wall


def test_every_verb_and_every_button_has_a_case() -> None:
    """S20: who registers a verb says here who may not use it."""
    verbs = registry().verbs
    assert set(TYPED) == {verb.name for verb in verbs if verb.is_typed}
    assert set(PRESSED) == {verb.button for verb in verbs if verb.button}
    assert all(verb.button for verb in verbs if not verb.is_typed)


async def buttons(wall: Wall) -> list[tuple[str, str]]:
    """Every button about everything there is: (verb, code)."""
    numbers = sorted(row["n"] for row in await wall.rows(NUMBERS))
    return [(verb, codes.write(verb, number)) for verb in PRESSED for number in numbers]


async def standing(wall: Wall, address: str, *, besides: str = "") -> list[str]:
    """One message of ours of every kind and matter in a chat: cards, copies, answers, a reminder, a preview."""
    return [row["id"] for row in await wall.rows(STANDING, address, besides) if row["id"]]


@pytest.mark.parametrize("who", [OBCY, ESZTER, CYRIL], ids=["stranger", "customer", "leaver"])
async def test_who_is_no_colleague_does_and_hears_nothing_in_the_staff_chat(wall: Wall, who: str) -> None:
    """S20: typed, said under whatever stands there, and pressed."""
    assert await wall.tried(who, *LINES, group=True) == Step((), ())
    places = await standing(wall, GROUP)
    assert len(places) > 5
    for place in places:
        assert await wall.tried(who, *BARE, *SPOKEN, group=True, replies_to=place) == Step((), ()), place
    pressed = [code for _, code in await buttons(wall)]
    assert await wall.pressed(who, *pressed, group=True) == Step((), ((GROUP, UNKNOWN),) * len(pressed))


@pytest.mark.parametrize("who", [OBCY, ESZTER, CYRIL], ids=["stranger", "customer", "leaver"])
async def test_who_is_no_colleague_writes_as_a_customer_in_his_own_chat(wall: Wall, who: str) -> None:
    """S20: whatever he types does exactly what "hello" does; whatever he presses, nothing."""
    await wall.say(who, "first", "second")
    pressed = [code for _, code in await buttons(wall)]
    typed = [*LINES, *SPOKEN]
    usual = await wall.tried(who, *["hello"] * len(typed))
    assert usual.changes and not usual.told(who)
    step = await wall.tried(who, *typed)
    assert (step.changes, step.told(who)) == (usual.changes, [])
    usual = await wall.tried(who, "hello")
    for place in [*await standing(wall, who), *await standing(wall, GROUP)]:
        step = await wall.tried(who, "/close", replies_to=place)
        assert (step.changes, step.told(who)) == (usual.changes, []), place
    assert await wall.pressed(who, *pressed) == Step((), ((who, UNKNOWN),) * len(pressed))


@pytest.mark.parametrize("group", [False, True], ids=["own chat", "staff chat"])
async def test_an_agent_of_another_queue_types_in_vain_and_is_told_so(wall: Wall, group: bool) -> None:
    """S3-3 (of tickets), S6, S20: nothing happens, nothing is shown, and a sentence says what he may do instead."""
    where = GROUP if group else ANNA
    for verb, case in TYPED.items():
        step = await wall.tried(ANNA, *case.lines, group=group)
        assert (step.changes, len(step.said), leaks(step.told(where))) == ((), len(case.lines), []), verb
        assert all(re.fullmatch(case.says, text) for text in step.told(where)), (verb, step.said)


async def test_an_agent_of_another_queue_says_in_vain_what_stands_under_a_message(wall: Wall) -> None:
    """S6, S20: a message in the staff chat tells a command which ticket is meant, and gives no right to it."""
    places = await standing(wall, GROUP, besides="outage")
    assert len(places) > 5
    for place in places:
        step = await wall.tried(ANNA, *BARE, *SPOKEN, group=True, replies_to=place)
        assert (step.changes, leaks(step.told(GROUP))) == ((), []), place
        assert len(step.said) == len(BARE) + len(SPOKEN), "who is refused is told"


async def test_an_agent_of_another_queue_presses_in_vain_and_is_told_so(wall: Wall) -> None:
    """S6, S20: forged buttons too, of every verb about every ticket, alert, note, reply, reminder and outage."""
    every = await buttons(wall)
    for verb, says in PRESSED.items():
        pressed = [code for name, code in every if name == verb]
        step = await wall.pressed(ANNA, *pressed)
        assert (step.changes, len(step.said), leaks(step.told(ANNA))) == ((), len(pressed), []), verb
        assert any(re.fullmatch(says, text) for text in step.told(ANNA)), (verb, step.said)


DOES = [
    (case.by or (MAREK if case.says == NO_LEAD else BELA), line, bool(case.by))  # who leads reads what is for leads
    for case in TYPED.values()
    for line in case.lines
]


@pytest.mark.parametrize(("who", "line", "acts"), DOES, ids=[line for _, line, _ in DOES])
async def test_what_the_wall_forbids_does_something_for_who_may(wall: Wall, who: str, line: str, acts: bool) -> None:
    """M-9: no case above is refused for another reason than the right to it."""
    step = await wall.tried(who, line)
    assert bool(step.changes) is acts, step
    refused = f"{UNSEEN}|{NO_REMINDER}|{NO_LEAD}|{NO_MANAGER}|{NOT_HELD}|{NO_COMPANY}|{ALONE}|{NOT_FOUND}"
    assert not any(re.fullmatch(refused, text) for text in step.told(who)), step
