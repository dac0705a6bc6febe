"""An answer that never arrived is no answer; what is opened again waits again; who left has nothing."""

from __future__ import annotations

from datetime import timedelta

from channels import outbox
from crmcore import staff
from tests.support.stage import Stage
from tickets import actions


async def test_a_reply_that_fails_for_good_leaves_the_ticket_open_and_its_clock_running(stage: Stage) -> None:
    """S0-17, M-6: the colleague is told, the ticket waits for us, and the alert is not lost."""
    await stage.customer("Segítség")
    stage.world.block(stage.eszter)
    await stage.settled()
    await stage.staff("/reply T1 Hello")
    assert "✗ not sent to Eszter" in stage.find("T1 ✗").text
    [ticket] = await stage.rows("SELECT state, answered_at FROM tickets")
    assert ticket == {"state": "open", "answered_at": None}
    [clock] = await stage.rows("SELECT state, ended_at FROM clocks")
    assert clock == {"state": "running", "ended_at": None}
    await stage.push(hours=2)
    [alert] = await stage.rows("SELECT state FROM alerts")
    assert alert["state"] == "open"


async def test_a_failed_reply_that_is_sent_again_is_an_answer(stage: Stage) -> None:
    """M-6: an operator puts it back in line; it arrives, and nobody is told of a breach."""
    await stage.customer("Segítség")
    stage.world.faults.fail_next("sendMessage", 400, "Bad Request: message is too odd")
    await stage.staff("/reply T1 Hello")
    [reply] = await stage.rows("SELECT id, state FROM messages WHERE purpose = 'reply'")
    assert reply["state"] == "failed"
    async with stage.app.store.unit() as work:
        assert await outbox.requeue(work, reply["id"])
    await stage.settled()
    assert stage.bot_texts(stage.eszter.id)[-1] == "Hello"
    [ticket] = await stage.rows("SELECT state, answered_at FROM tickets")
    assert ticket["state"] == "waiting" and ticket["answered_at"] is not None
    [clock] = await stage.rows("SELECT state FROM clocks")
    assert clock["state"] == "met"


async def test_an_old_reply_sent_again_does_not_answer_who_has_come_back(stage: Stage) -> None:
    """The ticket was closed and opened again by new words: they wait for an answer of their own."""
    await stage.customer("Segítség")
    stage.world.faults.fail_next("sendMessage", 400, "Bad Request: message is too odd")
    await stage.staff("/reply T1 Hello")
    await stage.staff("/close T1")
    await stage.push(minutes=5)
    await stage.staff("/reopen T1")
    [reply] = await stage.rows("SELECT id FROM messages WHERE purpose = 'reply'")
    async with stage.app.store.unit() as work:
        assert await outbox.requeue(work, reply["id"])
    await stage.settled()
    [ticket] = await stage.rows("SELECT state, answered_at FROM tickets")
    assert ticket == {"state": "open", "answered_at": None}


async def test_an_answer_that_stands_is_not_undone_by_a_later_one_that_fails(stage: Stage) -> None:
    await stage.customer("Segítség")
    await stage.staff("/reply T1 First")
    stage.world.block(stage.eszter)
    await stage.settled()
    await stage.staff("/reply T1 Second")
    [ticket] = await stage.rows("SELECT state, answered_at FROM tickets")
    assert ticket["state"] == "waiting" and ticket["answered_at"] is not None


async def test_a_refused_address_is_marked_until_its_person_writes_again(stage: Stage) -> None:
    """S0-12: who cannot be reached is known, whatever told us."""
    await stage.customer("Segítség")
    stage.world.block(stage.eszter)
    await stage.settled()
    await stage.staff("/reply T1 Hello")
    marked = "SELECT unreachable_since FROM identities"
    [identity] = await stage.rows(marked)
    assert identity["unreachable_since"] is not None
    stage.world.unblock(stage.eszter)
    await stage.customer("I am back")
    [identity] = await stage.rows(marked)
    assert identity["unreachable_since"] is None


async def test_a_ticket_opened_again_by_a_colleague_starts_a_new_clock(stage: Stage) -> None:
    """M-6."""
    await stage.customer("Segítség")
    await stage.staff("/close T1")
    before = stage.app.clock.now()
    await stage.staff("/reopen T1")
    [clock] = await stage.rows("SELECT state, ended_at, due_at FROM clocks")
    assert (clock["state"], clock["ended_at"]) == ("running", None)
    assert "first answer by" in stage.find("T1 ·").text
    await stage.push(hours=1.1)
    [alert] = await stage.rows("SELECT created_at FROM alerts")
    assert stage.app.clock.now() - before >= timedelta(hours=1) and alert


async def test_the_tickets_of_a_colleague_who_leaves_are_nobodys_and_their_cards_say_so(stage: Stage) -> None:
    """S20."""
    await stage.customer("Segítség")
    await stage.staff("/take T1")
    assert "Anna has it" in stage.find("T1 ·").text
    async with stage.app.store.unit() as work:
        gone = await staff.remove(work, "Anna")
        assert await actions.release(work, gone.id) == 1
    await stage.settled()
    assert "nobody has it" in stage.find("T1 ·").text


async def test_a_command_for_another_bot_of_the_group_is_not_ours(stage: Stage) -> None:
    await stage.customer("Segítség")
    said = len(stage.shown(stage.desk.id))
    await stage.staff("/take@another_bot T1")
    [ticket] = await stage.rows("SELECT assignee_id FROM tickets")
    assert ticket["assignee_id"] is None
    assert len(stage.shown(stage.desk.id)) == said + 1
    await stage.staff("/take@Centrala_demo_bot T1")
    [ticket] = await stage.rows("SELECT assignee_id FROM tickets")
    assert ticket["assignee_id"] is not None
