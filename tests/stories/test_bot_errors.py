"""What is refused, at the wire: each with a clear sentence and the next step, and with no effect at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crmcore.models.staff import Role
from tests.support.stage import Stage

SOFIA, ANDREA, LEAD = 1003, 1004, 1005

REFUSED = [
    ("near miss", "/clsoe T1", '"clsoe" is not a command. Did you mean /close T1? Nothing was sent.'),
    ("unknown", "/xyzzy T1", '"xyzzy" is not a command. /commands lists what you can do. Nothing was sent.'),
    ("only a button", "/sendnote T1", '"sendnote" is not a command.'),
    ("no target", "/close", "Which ticket? Write its number: /close T12"),
    ("no such ticket", "/close T99", "There is no T99, or it is not yours to see. /my and /queue list what is."),
    ("a number too long", "/close T9999999999999", "Which ticket?"),
    (
        "empty reply",
        "/reply T1",
        "There is no text. Nothing was sent. Write it after the command: /reply T12 your text",
    ),
    ("blank reply", "/reply T1   \n ", "There is no text. Nothing was sent."),
    ("empty note", "/note T1", "There is no text."),
    ("to nobody named", "/assign T1", "To whom? Write a name after it: /assign T1 Anna, or me, or none."),
    ("unknown name", "/assign T1 Zoltan", "There is no colleague called Zoltan. There are: Andrea, Anna, Marek."),
    ("ambiguous name", "/assign T1 An", "An could be Andrea, Anna. Write more of the name."),
    ("ack where nothing rings", "/ack T1", "There is no alert for T1. Nothing was done."),
    ("unknown queue", "/queue cards", "There is no queue cards for you. There are: inbox."),
    ("reopen an open one", "/reopen T1", "T1 is open already."),
    ("nothing to undo", "/undo", "Nothing of yours is held any more."),
]


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_a_refused_command_says_why_and_does_nothing(stage: Stage, text: str, said: str) -> None:
    """M-9: bot.md 2.3: what happened, what was not done, the next step."""
    await stage.hire("Andrea", ANDREA)
    await stage.customer("Segítség")
    before = await stage.effects()
    typed = await stage.staff(text)
    assert stage.find(said).reply_to == typed
    assert await stage.effects() == before
    assert len(stage.bot_texts(stage.eszter.id)) == 1  # the acknowledgement alone


@pytest.mark.parametrize("text", ["/reply T2 Hello", "/close T2", "/show T2", "/take T2"])
async def test_a_number_that_disagrees_with_the_message_replied_to_does_nothing(stage: Stage, text: str) -> None:
    """M-9: two sources that disagree are an error."""
    await stage.customer("One")
    await stage.say(stage.obcy, stage.world.private(stage.obcy), "Two")
    before = await stage.effects()
    await stage.staff(text, reply_to=stage.find("Eszter:").id)
    assert stage.find("You answered under T1 but wrote T2. Nothing was done.")
    assert await stage.effects() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/reply T1 Hello", "T1 is closed. Nothing was done. /reopen T1 opens it again."),
        ("/take T1", "T1 is closed. Nothing was done."),
        ("/assign T1 Marek", "T1 is closed. Nothing was done."),
        ("/close T1", "T1 is closed already. /reopen T1 opens it again."),
    ],
)
async def test_a_closed_ticket_is_not_worked_on(stage: Stage, text: str, said: str) -> None:
    """M-9."""
    await stage.customer("Segítség")
    await stage.staff("/close T1")
    before = await stage.effects()
    await stage.staff(text)
    assert stage.find(said)
    assert await stage.effects() == before


async def test_an_agent_moves_nothing_that_is_anothers_and_a_lead_does(stage: Stage) -> None:
    """M-9, S20: may_assign and may_take."""
    await stage.hire("Andrea", ANDREA)
    lead = await stage.hire("Lea", LEAD, Role.LEAD)
    await stage.customer("Segítség")
    await stage.staff("/r T1 Itt vagyok.")
    before = await stage.effects()
    andrea = stage.world.people[ANDREA]
    await stage.staff("/assign T1 me", by=andrea)
    assert stage.find("Anna has T1; only a lead can move it.")
    await stage.staff("/take T1", by=andrea)
    assert stage.find("Anna has T1 and has answered it. Ask a lead to move it.")
    assert await stage.effects() == before
    await stage.staff("/take T1", by=lead)
    assert (await stage.ticket())["assignee"] == "Lea"


async def test_a_close_button_older_than_the_last_change_asks_first(stage: Stage) -> None:
    """M-9: the stale card: [Show] and [Close anyway], and nothing done before that."""
    await stage.customer("Segítség")
    card, code = stage.button("Close")
    await stage.staff("/note T1 Wait, she calls back.", by=stage.marek)
    before = await stage.effects()
    toast = await stage.forge(stage.anna, code, message=card)
    assert toast == "T1 has changed since this card. Nothing was done."
    assert await stage.effects() == before
    offered = stage.find("T1 has changed since this card.")
    assert [text for row in offered.buttons for text, _ in row] == ["Show", "Close anyway"]
    assert await stage.press("Close anyway") == "T1 closed."
    assert (await stage.ticket())["state"] == "closed"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "hello",
        "t:zz:1:1",
        "t:tk",
        "t:tk:one:1",
        "t:tk:-1:1",
        "t:tk:1:1:1",
        "x:tk:1:1",
        "t:tk:99999999999999999999:0",
        "t:cl:1:99999999999",
        "t:tk:9223372036854775807:0",
        "t:un:1:0",
        "t:un:9223372036854775807:0",
        "t:sn:1:0",
        "t:sh:77:0",
        "t:ak:9223372036854775807:0",
        "t:TK:1:1",
        "т:tk:1:1",
        "t:tk:١:1",
        "😀" * 16,
    ],
)
async def test_data_that_no_button_of_ours_carries_is_answered_and_does_nothing(stage: Stage, data: str) -> None:
    """S20: garbage, foreign and forged callback data, by a colleague who may do everything."""
    await stage.customer("Segítség")
    before = await stage.effects()
    toast = await stage.forge(stage.marek, data, message=stage.find("T1 ·"))
    assert toast and await stage.effects() == before
    assert await stage.rows("SELECT id FROM raw_messages WHERE state <> 'done'") == []


async def test_a_press_that_telegram_has_forgotten_still_does_its_work(stage: Stage) -> None:
    """R11: after an outage the toast is too late; the work is not, and nothing is tried again."""
    await stage.customer("Segítség")
    card, code = stage.button("Take")
    query = stage.world.press(stage.anna, stage.desk, card.id, code)
    del stage.world.queries[query]
    await stage.settled()
    assert (await stage.ticket())["assignee"] == "Anna"
    assert await stage.rows("SELECT id FROM messages WHERE state IN ('queued', 'failed')") == []


async def test_taking_what_a_colleague_has_just_taken_names_him(stage: Stage) -> None:
    """M-9: an unanswered ticket may be taken over; his own is his already."""
    await stage.customer("Segítség")
    await stage.press("Take", by=stage.marek)
    assert await stage.press("Take", by=stage.marek) == "T1 is yours already. First answer by " + _due(
        (await stage.rows("SELECT due_at FROM clocks"))[0]["due_at"]
    )
    await stage.press("Take")
    assert (await stage.ticket())["assignee"] == "Anna"


def _due(at: object) -> str:
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    return f"{moment.astimezone(UTC):%H:%M} UTC."
