"""A customer's own number, shared from his own account, joins the person; somebody else's does not."""

from __future__ import annotations

from tests.support.stage import Stage


async def identities(stage: Stage) -> list[tuple[str, str]]:
    found = await stage.rows("SELECT scheme, value FROM identities WHERE scheme = 'tel'")
    return [(row["scheme"], row["value"]) for row in found]


async def test_a_number_shared_from_his_own_account_is_his(stage: Stage) -> None:
    """S1-9."""
    await stage.customer("Segítség")
    stage.world.share_contact(stage.eszter, stage.world.private(stage.eszter), "36301234567")
    await stage.until(lambda: "Köszönjük" in stage.bot_texts(stage.eszter.id)[-1])
    assert await identities(stage) == [("tel", "+36301234567")]
    [tickets] = await stage.rows("SELECT count(*) AS n FROM tickets")
    assert tickets["n"] == 1


async def test_somebody_elses_number_is_a_message(stage: Stage) -> None:
    """S20: a contact from the address book proves nothing."""
    await stage.customer("Segítség")
    stage.world.share_contact(stage.eszter, stage.world.private(stage.eszter), "36301234567", user_id=4711)
    await stage.settled()
    [entries] = await stage.rows("SELECT count(*) AS n FROM entries WHERE kind = 'message'")
    assert (entries["n"], await identities(stage)) == (2, [])


async def test_a_bare_number_of_six_digits_is_a_message_unless_a_code_is_open(stage: Stage) -> None:
    await stage.customer("Segítség")
    await stage.customer("123456")
    [entries] = await stage.rows("SELECT count(*) AS n FROM entries WHERE kind = 'message'")
    assert entries["n"] == 2
