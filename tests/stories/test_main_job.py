"""The main job, at the wire: a customer writes, a colleague answers through the bot, the answer arrives."""

from __future__ import annotations

from tests.support.stage import Stage


async def test_a_customer_is_answered_by_replying_to_the_copy_of_his_message(stage: Stage) -> None:
    """M-4, M-5, M-8, M-9: Telegram in, ticket, card, reply by gesture, Telegram out."""
    await stage.customer("Letiltották a kártyámat")
    card = stage.find("T1 ·")
    assert "nobody has it" in card.text and "Eszter" in card.text
    copy = stage.find("Eszter:\nLetiltották a kártyámat")
    assert copy.reply_to == card.id
    await stage.staff("A kártya újra működik.", reply_to=copy.id)
    assert stage.bot_texts(stage.eszter.id)[-1] == "A kártya újra működik."
    assert "✓ sent to Eszter" in stage.find("T1 ✓").text
    assert "Anna has it" in stage.find("T1 ·").text
    [ticket] = await stage.rows("SELECT state, assignee_id, answered_at FROM tickets")
    assert ticket["state"] == "waiting" and ticket["answered_at"]


async def test_the_customer_hears_at_once_in_his_language_that_we_have_his_message(stage: Stage) -> None:
    """S0-12, M-8: an acknowledgement with the ticket's number and the promise, in Hungarian."""
    await stage.customer("Segítség")
    [acknowledgement] = stage.bot_texts(stage.eszter.id)
    assert acknowledgement.startswith("Megkaptuk az üzenetét, száma T1.")


async def test_take_and_close_by_the_buttons_of_the_card(stage: Stage) -> None:
    """M-9: the card is edited in place, and each press is answered."""
    await stage.customer("Hello")
    before = len(stage.shown(stage.desk.id))
    toast = await stage.press("Take")
    assert toast.startswith("T1 is yours.")
    assert "Anna has it" in stage.find("T1 ·").text
    toast = await stage.press("Close")
    assert toast == "T1 closed."
    assert "closed" in stage.find("T1 ·").text
    assert len(stage.shown(stage.desk.id)) <= before + 1


async def test_a_customers_text_never_runs_as_a_command(stage: Stage) -> None:
    """S20: what looks like a command is a message like any other."""
    await stage.customer("/close T1")
    await stage.customer("/take T1")
    [ticket] = await stage.rows("SELECT state, assignee_id, subject FROM tickets")
    assert ticket == {"state": "open", "assignee_id": None, "subject": "/close T1"}
