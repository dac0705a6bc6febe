"""The first day: people come in by a link and nobody types an id; what opens nothing tells nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from channels.contract import Address
from crmcore import invitations, staff
from crmcore.access import Role
from tests.stories import test_sms as sms
from tests.stories.test_sms import Texting
from tests.support import commands
from tests.support import stage as stages
from tests.support.stage import Stage

DOOR = "https://t.me/centrala_demo_bot?start="
NOTHING = "This invitation opens nothing. Ask for a new one."
NEWCOMER = 1010


@pytest.fixture
async def first(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A hub that works without a staff group yet; calls may be dealt with in a queue of their own."""
    queues = {"cards": {"assign": "none", "calendar": "office"}}
    office = {"office": {"zone": "Europe/Budapest", "hours": {"mon": ["08:00-16:00"]}}}
    telegram = {"telegram": {"staff_chat": 0}}
    async with stages.playing(database_url, tmp_path, channels=telegram, queues=queues, calendars=office) as playing:
        playing.open(playing.anna, playing.marek)
        yield playing


async def invited(
    stage: Stage, *, role: Role = Role.AGENT, name: str = "", queues: tuple[str, ...] = (), by: str = ""
) -> str:
    async with stage.app.store.unit() as work:
        kind = invitations.ADMINISTRATOR if role is Role.ADMIN else invitations.COLLEAGUE
        inviter = (await staff.named(work, by)).id if by else None
        return await invitations.create(work, kind=kind, role=role, name=name, queues=queues, by=inviter)


def newcomer(stage: Stage, *, language: str = "en", number: int = NEWCOMER, name: str = "Jana") -> Any:
    return stage.world.person(number, name, last_name="Nová", language_code=language)


async def opened(stage: Stage, person: Any, token: str) -> str:
    """He follows the link and presses START; what the bot says to that."""
    stage.world.open_link(person, f"{DOOR}{token}")
    await stage.settled()
    return stage.bot_texts(person.id)[-1]


async def told(stage: Stage, person: Any, text: str) -> str:
    """He writes in his own chat with the bot; what it says last."""
    await stage.say(person, stage.world.private(person), text)
    return stage.bot_texts(person.id)[-1]


async def colleagues(stage: Stage) -> list[tuple[str, str]]:
    return [(one.name, one.role.value) for one in await staff.listed(stage.app.store.reading())]


# -- coming in -------------------------------------------------------------------------------------------------------


async def test_the_administrator_comes_in_by_a_link_and_is_told_what_is_next(first: Stage) -> None:
    """B-11: no id is typed; from then on he is one."""
    jana = newcomer(first)
    said = await opened(first, jana, await invited(first, role=Role.ADMIN))
    assert said.startswith("Hello Jana Nová, you are the administrator.\nNext: add me to the group")
    assert ("Jana Nová", "admin") in await colleagues(first)
    assert (await told(first, jana, "/zone")).startswith("Your zone is UTC")
    [tickets] = await first.rows("SELECT count(*) AS n FROM tickets")
    [contacts] = await first.rows("SELECT count(*) AS n FROM contacts")
    assert (tickets["n"], contacts["n"]) == (0, 0), "nobody of ours is a customer"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Hello Jana Nová, you are with us as agent of cards."),
        ("pl", "Dzień dobry, Jana Nová! Pracujesz z nami jako konsultant, kolejka: cards."),
        ("sk", "Dobrý deň, Jana Nová! Pracujete s nami ako operátor, rad: cards."),
        ("hu", "Üdvözöljük, Jana Nová! Mostantól ügyintézőként dolgozik velünk, sor: cards."),
        ("ru", "Здравствуйте, Jana Nová! Теперь вы с нами. Роль: оператор, очередь: cards."),
    ],
)
async def test_a_colleague_is_greeted_in_his_language_and_works_at_once(first: Stage, language: str, said: str) -> None:
    """B-11: his queue's tickets are his to see; he lives by its clocks; whoever invited him hears of it."""
    jana = newcomer(first, language=language)
    assert (await opened(first, jana, await invited(first, queues=("cards",), by="Marek"))).split("\n")[0] == said
    assert (await told(first, jana, "/queue cards")).startswith("Nothing waits")
    assert (await told(first, jana, "/zone")).startswith("Your zone is Europe/Budapest")
    assert first.bot_texts(first.marek.id)[-1] == "Jana Nová has joined as agent of cards."


async def test_the_link_written_as_text_does_too_and_said_again_is_a_success(first: Stage) -> None:
    """B-11: in a chat that exists Telegram shows no START."""
    token = await invited(first, name="Dora")
    jana = newcomer(first)
    await told(first, jana, "hello?")
    first.world.say(jana, first.world.private(jana), f"{DOOR}{token}")
    first.world.say(jana, first.world.private(jana), "/my")  # in one batch with it
    for text in (token, f"/start {token}"):
        first.world.say(jana, first.world.private(jana), text)
    await first.until(lambda: len(first.bot_texts(jana.id)) == 5)
    _, hello, mine, *again = first.bot_texts(jana.id)
    assert hello.startswith("Hello Dora, you are with us as agent of inbox.") and again == [hello] * 2
    assert mine == "Nothing is yours. /queue shows what waits."
    assert [name for name, _ in await colleagues(first)] == ["Anna", "Dora", "Marek"]


async def test_tokens_stay_nowhere_in_the_store(first: Stage) -> None:
    """S18: neither the invitation nor the messages that brought and carried it have it once they are settled."""
    said = await told(first, first.marek, "/invite Dora agent cards")
    token = said.split(DOOR)[1].split()[0]
    assert (await opened(first, newcomer(first), token)).startswith("Hello Dora")
    for table in ("invitations", "messages", "attempts", "entries", "staff"):
        for row in await first.rows(f"SELECT * FROM {table}"):
            assert not any(token in str(value) for value in row.values()), table


# -- what opens nothing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["too old", "used", "foreign", "cancelled"])
async def test_a_token_that_opens_nothing_is_answered_in_one_sentence(first: Stage, why: str) -> None:
    """S18, S20: the same for each; nobody comes in."""
    token = await invited(first, by="Marek")
    if why == "too old":
        await first.push(days=7)
    elif why == "used":
        await opened(first, newcomer(first, number=1011, name="Bela"), token)
    elif why == "foreign":
        token = f"i_{'x' * 43}"
    else:
        await first.app.store.direct().execute_query("UPDATE invitations SET used_at = created_at")
    before = await colleagues(first)
    assert await opened(first, newcomer(first), token) == NOTHING
    assert await colleagues(first) == before


async def test_who_guesses_is_not_answered_after_five(first: Stage) -> None:
    """S18: and then the right one opens nothing either, for an hour."""
    jana, token = newcomer(first), await invited(first)
    for place in range(7):
        await told(first, jana, f"i_{place}{'x' * 42}")
    await first.restart()
    await told(first, jana, token)
    await first.until(lambda: first.bot_texts(jana.id) == [NOTHING] * 5)
    await first.push(hours=2)
    assert (await told(first, jana, token)).startswith("Hello Jana")


async def test_in_a_group_an_invitation_is_void_and_its_maker_is_told(first: Stage) -> None:
    """S18: others have seen it."""
    token = await invited(first, name="Dora", by="Marek")
    jana = newcomer(first)
    first.desk.members[jana.id] = jana
    await first.staff(f"/start@centrala_demo_bot {token}", by=jana)
    assert first.bot_texts(first.desk.id)[-1].startswith("An invitation works in our own chat only.")
    assert first.bot_texts(first.marek.id)[-1] == (
        "The invitation of Dora was shown where others can read it, so it is void. /invite makes a new one."
    )
    assert await opened(first, jana, token) == NOTHING
    assert [name for name, _ in await colleagues(first)] == ["Anna", "Marek"]


GOOD, WRONG = "{token}", f"a_{'A' * 43}"
ATTEMPTS = [
    "/start", "/start admin", f"/start {WRONG}", WRONG, "a_", "/start a_", "/invite Obcy admin", "/invite me admin",
    "I am staff", "/staff add Obcy", "/phone +48601234567", "123456", "/start {start}", "{part}", "x{token}",
    "{token} please", "my code: {token}", "/START\n{token} now", "/id {token}", "{upper}",
]  # fmt: skip


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=repr)
async def test_nobody_who_is_not_invited_becomes_staff_by_any_text(first: Stage, attempt: str) -> None:
    """S20: whatever stands around a token, and whatever looks like one."""
    token = await invited(first, by="Marek")
    text = attempt.format(token=token, part=token[:-1], start=token[2:], upper=token.swapcase())
    before = await colleagues(first)
    await told(first, first.obcy, text)
    first.world.edit(first.obcy, first.world.private(first.obcy), first.shown(first.obcy.id)[0].id, token)
    await first.settled()
    assert await colleagues(first) == before
    assert "/reply" not in await told(first, first.obcy, "/commands")


# -- /invite ---------------------------------------------------------------------------------------------------------


async def test_a_manager_invites_by_a_link_and_takes_it_back(first: Stage) -> None:
    """B-11: name, role and queue in any order; the link is gone from the chat with the button."""
    said = await told(first, first.marek, "/invite Dora Nagy cards lead")
    assert said.startswith("For Dora Nagy as lead of cards, once, until ")
    token = said.split(DOOR)[1].split()[0]
    assert await first.press("Cancel", by=first.marek, chat=first.world.private(first.marek)) == "Cancelled."
    assert first.bot_texts(first.marek.id)[-1] == "The invitation of Dora Nagy is cancelled: its link opens nothing."
    assert await opened(first, newcomer(first), token) == NOTHING


@pytest.mark.parametrize(
    ("who", "text", "said"),
    [
        ("marek", "/invite Dora manager", "A manager brings in agents and leads, an administrator everybody"),
        ("marek", "/invite", "Whom? /invite Anna agent"),
        ("marek", "/invite agent", "For agent as agent of inbox"),
        ("marek", "/invite anna", "There is a colleague called anna already."),
        ("anna", "/invite Dora", "/invite needs a manager (you: agent)."),
    ],
)
async def test_who_may_not_invite_is_told_why(first: Stage, who: str, text: str, said: str) -> None:
    """S20."""
    assert (await told(first, getattr(first, who), text)).startswith(said)


async def test_an_invitation_of_a_manager_who_has_left_opens_nothing(first: Stage) -> None:
    """S18: one switch ends all of it."""
    said = await told(first, first.marek, "/invite Dora")
    async with first.app.store.unit() as work:
        await staff.remove(work, "Marek")
    assert await opened(first, newcomer(first), said.split(DOOR)[1].split()[0]) == NOTHING


async def test_in_the_staff_group_no_link_is_made(stage: Stage) -> None:
    """S18: whoever reads along could use it."""
    await stage.staff("/invite Dora", by=stage.marek)
    assert stage.bot_texts(stage.desk.id)[-1].startswith("Write /invite to me in our own chat")
    assert await stage.rows("SELECT id FROM invitations") == []


async def test_at_the_machine_a_link_is_printed_and_open_ones_are_listed(first: Stage, tmp_path: Path) -> None:
    """B-11: `centrala staff invite`; the link leads to the very bot of the settings."""
    config = tmp_path / "centrala.toml"
    config.write_text(
        f'[database]\nurl = "{first.app.settings.database.url}"\n'
        f'[channels.telegram]\ntoken = "{stages.TOKEN}"\napi_url = "{first.api.url}"\n'
    )

    async def run(*words: str) -> tuple[int, str]:
        given = ("staff", *words, "--config", str(config))
        done = await asyncio.to_thread(commands.run_text, *given, is_loaded=words[0] == "invite")
        return done.returncode, done.stdout or done.stderr

    _, link = await run("invite", "Dora", "--role", "lead", "--queue", "inbox", "--days", "2")
    [row] = map(orjson.loads, (await run("invitations", "--json"))[1].splitlines())
    assert (row["name"], row["role"], row["queues"]) == ("Dora", "lead", ["inbox"])
    assert "Invited and not here yet:\n" in (await run("list"))[1]
    jana = newcomer(first)
    first.world.open_link(jana, link.strip())
    await first.settled()
    assert first.bot_texts(jana.id)[-1].startswith("Hello Dora, you are with us as lead of inbox.")
    assert (await run("invitations", "--json")) == (0, "")
    code, said = await run("invite", "Dora", "--role", "lead", "--queue", "nowhere")
    assert code == 1 and "queue: expected one of: inbox" in said
    assert "already; nobody was invited" in (await run("invite", "dora", "--role", "lead"))[1]


# -- one's own number ------------------------------------------------------------------------------------------------


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with sms.playing(database_url, tmp_path) as playing:
        playing.stage.open(playing.stage.anna)
        yield playing


async def code_sent(texting: Texting) -> str:
    """The code in the last text message that left."""
    await texting.settled()
    found = re.search(r"\b(\d{6})\b", texting.api.world.messages[-1].body)
    assert found is not None
    return found[1]


async def test_a_number_is_joined_by_the_code_typed_to_the_bot(texting: Texting) -> None:
    """B-11: a colleague is known by it, and found by nobody else's."""
    stage, anna = texting.stage, texting.stage.anna
    assert (await told(stage, anna, "/phone 601234567")).startswith("Which number?")
    assert (await told(stage, anna, "/phone +48 601 234 567")).startswith("A code goes to +48601234567.")
    assert await told(stage, anna, await code_sent(texting)) == (
        "+48601234567 is yours now: we know you by it, and can reach you there."
    )
    anna_now = await staff.named(stage.app.store.reading(), "Anna")
    assert Address("tel", "+48601234567") in anna_now.addresses


async def test_wrong_codes_are_few_and_end_it(texting: Texting) -> None:
    """S18: five, over messages and restarts; then not even the right one joins."""
    stage, anna = texting.stage, texting.stage.anna
    await told(stage, anna, "/phone +48601234567")
    code = await code_sent(texting)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        await stage.say(anna, stage.world.private(anna), wrong)
    await stage.say(anna, stage.world.private(anna), f"/phone {code}")
    await stage.until(lambda: stage.bot_texts(anna.id)[-1].startswith("No code is open for you any more."))
    anna_now = await staff.named(stage.app.store.reading(), "Anna")
    assert [address.scheme for address in anna_now.addresses] == ["telegram"]


async def test_six_digits_under_a_customers_words_are_an_answer(texting: Texting) -> None:
    """M-9: a code that is open does not swallow what is meant for a customer."""
    stage, anna = texting.stage, texting.stage.anna
    await told(stage, anna, "/phone +48601234567")
    await stage.customer("Kód?")
    await stage.staff("123456", reply_to=stage.find("Eszter:").id)
    assert stage.bot_texts(stage.eszter.id)[-1] == "123456"
