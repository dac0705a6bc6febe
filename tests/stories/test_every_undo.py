"""Every verb that changes a ticket, done and taken back: all is as it was. Whoever adds a verb says so here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.commands import registry
from kernel import rows
from tests.support import stage as stages
from tests.support.confirming import confirmed
from tests.support.stage import Stage


class Act(NamedTuple):
    """`verb`: of the registry; `before`: what makes it possible; `said`: the act; `by_lead`: who may."""

    verb: str
    said: str
    before: Sequence[str] = ()
    by_lead: bool = False


ACTS = (
    Act("take", "/take T1"),
    Act("take", "/take T1", ("/assign T1 Marek",)),
    Act("assign", "/assign T1 Marek"),
    Act("assign", "/assign T1 none", ("/take T1",)),
    Act("close", "/close T1 a new card was sent"),
    Act("close", "/close T1 done", ("/snooze T1 2h",)),
    Act("reopen", "/reopen T1", ("/close T1",)),
    Act("state", "/state T1 waiting_us"),
    Act("state", "/state T1 solved"),
    Act("wait", "/wait T1"),
    Act("prio", "/prio T1 1"),
    Act("tag", "/tag T1 vip"),
    Act("tag", "/tag T1 -vip", ("/tag T1 vip card",)),
    Act("move", "/move T1 cards"),
    Act("move", "/move T1 cards keep", ("/take T1",)),
    Act("kind", "/kind T1 complaint"),
    Act("set", "/set T1 result refunded", ("/kind T1 complaint",)),
    Act("set", "/set T1 result -", ("/kind T1 complaint", "/set T1 result refunded")),
    Act("watch", "/watch T1"),
    Act("watch", "/watch T1 off", ("/watch T1",)),
    Act("snooze", "/snooze T1 2h"),
    Act("snooze", "/snooze T1 3h", ("/snooze T1 2h",)),
    Act("wake", "/wake T1", ("/snooze T1 2h",)),
    Act("relate", "/relate T1 T2"),
    Act("split", "/split T1 1 second matter"),
    Act("merge", "/merge T1 into T3", ("/split T1 1 second matter",)),
    Act("ban", "/ban T1 7d insults", by_lead=True),
    Act("ban", "/ban T1 off", ("/ban T1 7d insults",), by_lead=True),
    Act("spam", "/spam T1", by_lead=True),
)
# Why a verb is not among them.
OTHERWISE = {
    "it leaves, or others read it": {
        "reply", "note", "macro", "link", "incident", "station", "outage", "withheld", "golive", "escalate", "confirm",
        "discard", "upload", "ask",
    },
    "changes nothing": {
        "my", "queue", "show", "commands", "card", "sla", "files", "find", "who", "channels", "reminders", "web",
    },
    "another verb is its opposite": {
        "away", "back", "quiet", "ack", "remind", "plan", "done", "drop", "invite", "zone", "lang", "phone", "digest",
    },
    "is itself taking back": {"undo"},
    "is history, which stays": {"call", "rang", "company", "source", "callback"},
    "needs two channels: tests/tickets/test_routes.py": {"via"},
}  # fmt: skip
STANDS = {
    "tickets": "SELECT * FROM tickets ORDER BY id",
    "fields": "SELECT ticket_id, name, value FROM ticket_fields WHERE value <> '' ORDER BY ticket_id, name",
    "ties": "SELECT ticket_id, other_id, kind FROM ticket_ties WHERE kind = 'related' ORDER BY ticket_id",
    "watchers": "SELECT ticket_id, staff_id, queue FROM ticket_watchers ORDER BY ticket_id, staff_id, queue",
    "blocked": "SELECT scheme, value, until_at, reason FROM blocked_addresses WHERE lifted_at IS NULL ORDER BY value",
    "clocks": "SELECT ticket_id, kind, state, due_at FROM clocks ORDER BY id",
    "entries": "SELECT id, ticket_id FROM entries WHERE kind <> 'event' ORDER BY id",
}
MOVES_ON = ("version", "updated_at")


async def standing(stage: Stage) -> dict[str, list[dict[str, Any]]]:
    """All that an act on a ticket may touch, but what a new ticket, which is closed again, has brought."""
    found = {name: await stage.rows(sql) for name, sql in STANDS.items()}
    for row in found["tickets"]:
        for name in MOVES_ON:
            del row[name]
        row["tags"] = rows.json(row["tags"]) or []
    return found


def but_made(found: dict[str, list[dict[str, Any]]], known: set[int]) -> dict[str, list[dict[str, Any]]]:
    """Without tickets that did not exist before: a split that is taken back leaves one, closed, that leads back."""
    return {
        name: [row for row in some if row.get("ticket_id", row.get("id")) in known or name == "blocked"]
        for name, some in found.items()
    }


@pytest.mark.parametrize(
    "act", ACTS, ids=[f"{one.said[1:]}{' after ' + one.before[-1][1:] if one.before else ''}" for one in ACTS]
)
async def test_what_is_taken_back_is_as_it_was(database_url: str, tmp_path: Path, act: Act) -> None:
    """S5, M-9: by /undo, within its time, whoever may do it."""
    async with stages.playing(database_url, tmp_path, queues={"cards": {"assign": "none"}}) as stage:
        stage.open(stage.anna, stage.marek)
        await stage.customer("My card is blocked")
        await stage.customer("And the invoice is wrong")
        await stage.post("Another matter", sender="orlik@example.hu")
        if act.by_lead:
            async with stage.app.store.unit() as work:
                await work.change("UPDATE staff SET role = 'lead' WHERE name = 'Anna'")
        await stage.push(seconds=1)
        for words in act.before:
            await confirmed(stage, words)
            await stage.push(seconds=1)
        before = await standing(stage)
        known = {row["id"] for row in before["tickets"]}
        await confirmed(stage, act.said)
        await stage.push(seconds=1)
        assert await standing(stage) != before, stage.bot_texts(stage.desk.id)[-1]
        await stage.staff("/undo")
        if act.verb == "spam":
            await stage.staff("/undo")
        after = but_made(await standing(stage), known)
        assert after == but_made(before, known), stage.bot_texts(stage.desk.id)[-1]


def test_every_verb_is_taken_back_or_says_why_not() -> None:
    """S5: who adds a verb decides."""
    told = {one.verb for one in ACTS} | {name for some in OTHERWISE.values() for name in some}
    assert {verb.name for verb in registry().verbs if verb.is_typed} == told
