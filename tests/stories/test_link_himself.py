"""A customer joins a second address of his own, at the wire: by code or by his shared number, and learns no other's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.email.simulator import Person
from channels.sms.simulator import TwilioApi
from crmcore import linking
from tests.stories.test_email import ADDRESS, come
from tests.stories.test_email import playing as mailing
from tests.stories.test_sms import ESZTER, Texting, playing

ON_ITS_WAY = "Ha elérjük azt a címet, a kód már úton van oda. Küldje el nekünk ide 10 percen belül."
CODE = re.compile(r"\b\d{6}\b")
PROVIDER = "mx.desk.example"


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    """Eszter has a chat with us and, as we do not know yet, a phone from which she writes."""
    async with playing(database_url, tmp_path) as found:
        found.stage.open(found.stage.eszter)
        await found.stage.customer("Segítség")
        yield found


def last(texting: Texting) -> str:
    """The newest words in Eszter's chat."""
    return str(texting.stage.bot_texts(texting.stage.eszter.id)[-1])


def codes(api: TwilioApi, number: str = ESZTER) -> list[str]:
    return [found[0] for text in api.world.inbox(number) if (found := CODE.findall(text))]


async def owned(texting: Texting) -> dict[str, int]:
    """address → how many of the customer's own stand on the contact that has it."""
    found = await texting.stage.rows("SELECT value, contact_id FROM identities")
    return {row["value"]: sum(one["contact_id"] == row["contact_id"] for one in found) for row in found}


async def asked(texting: Texting, words: str) -> None:
    await texting.stage.customer(words)
    await texting.settled()


async def test_a_code_sent_to_the_phone_and_typed_in_the_chat_joins_them(texting: Texting) -> None:
    """S1-9: and what she wrote by text stands in one history from then on; no word of it is a ticket."""
    await texting.text("És a telefonom is")
    assert set((await owned(texting)).values()) == {1}
    await asked(texting, f"/link {ESZTER}")
    assert last(texting) == ON_ITS_WAY
    [code] = codes(texting.api)
    await asked(texting, f"/link {code}")
    assert "Köszönjük" in last(texting)
    assert set((await owned(texting)).values()) == {2}
    [contacts] = await texting.stage.rows("SELECT count(*) AS n FROM contacts WHERE archived_at IS NULL")
    [entries] = await texting.stage.rows(
        "SELECT count(*) AS n FROM entries WHERE kind = 'message' AND author_id IS NULL"
    )
    assert contacts["n"] == 1 and entries["n"] == 2


async def test_the_word_alone_explains_and_offers_the_button(texting: Texting) -> None:
    """S1-9: Telegram's own button sends the number of the very account."""
    stage = texting.stage
    await asked(texting, "/link")
    assert last(texting).endswith("A telefonszáma összekötéséhez nyomja meg a gombot.")
    shown = stage.shown(stage.eszter.id)[-1]
    assert shown.markup is not None
    assert shown.markup["keyboard"] == [[{"text": "Megosztom a számomat", "request_contact": True}]]
    stage.world.share_contact(stage.eszter, stage.world.private(stage.eszter), "36301234567")
    await stage.until(lambda: "Köszönjük" in last(texting))
    [tickets] = await stage.rows("SELECT count(*) AS n FROM tickets")
    assert tickets["n"] == 1


async def test_a_wrong_code_joins_nothing(texting: Texting) -> None:
    await asked(texting, f"/link {ESZTER}")
    [code] = codes(texting.api)
    await asked(texting, f"/link {(int(code) + 1) % 1_000_000:06d}")
    assert last(texting).startswith("Ez nem a kód, vagy lejárt az ideje.")
    assert ESZTER not in await owned(texting)


@pytest.mark.parametrize("known", ["nobody's", "another's", "her own", "unreachable", "dear", "too many"])
async def test_the_answer_does_not_tell_what_we_know(texting: Texting, known: str) -> None:
    """S3-3, threat list of decision 0012: the same words whoever has the address, and whether a code went or not."""
    address = {"unreachable": "anna@mail.example", "dear": "+48701234567"}.get(known, ESZTER)
    if known in ("another's", "her own"):
        await texting.text("És a telefonom is")
        async with texting.stage.app.store.unit() as work:
            await work.change("UPDATE identities SET verified = ? WHERE value = ?", True, ESZTER)
            if known == "her own":
                row = await work.one("SELECT contact_id FROM identities WHERE scheme = 'telegram'")
                assert row is not None
                await linking.join(work, row["contact_id"], linking.Address("tel", ESZTER))
    if known == "too many":
        for _ in range(linking.AN_HOUR):
            await asked(texting, f"/link {address}")
    before = len(texting.api.world.messages)
    await asked(texting, f"/link {address}")
    assert last(texting) == ON_ITS_WAY
    assert (len(texting.api.world.messages) > before) is (known in ("nobody's", "another's"))


async def test_what_another_has_proved_stays_his_and_a_colleague_can_read_why(texting: Texting) -> None:
    """Decision 0012: who has the phone for a minute wins nothing."""
    await texting.text("És a telefonom is")
    async with texting.stage.app.store.unit() as work:
        await work.change("UPDATE identities SET verified = ? WHERE value = ?", True, ESZTER)
    await asked(texting, f"/link {ESZTER}")
    await asked(texting, f"/link {codes(texting.api)[-1]}")
    assert set((await owned(texting)).values()) == {1}
    [line] = await texting.stage.rows("SELECT text FROM timeline WHERE kind = 'not linked'")
    assert line["text"] == f"{ESZTER} is another customer's by proof: nothing was joined"


async def test_customers_together_ask_for_so_many_codes_an_hour(
    texting: Texting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts cost: whoever opens many chats empties no purse. A colleague's own asking is not counted."""
    monkeypatch.setattr(linking, "BY_CUSTOMERS_AN_HOUR", 1)
    await asked(texting, "/link +36301111111")
    await asked(texting, f"/link {ESZTER}")
    assert last(texting) == ON_ITS_WAY and codes(texting.api) == []
    await texting.stage.staff(f"/link T1 {ESZTER}")
    await texting.settled()
    assert len(codes(texting.api)) == 1


async def test_by_text_the_way_is_told_and_nothing_is_proved(texting: Texting) -> None:
    """A number can be made up: the word asks for the chat, and a code from there proves nothing."""
    await asked(texting, f"/link {ESZTER}")
    [code] = codes(texting.api)
    await texting.text("LINK")
    await texting.settled()
    assert "/link" in texting.api.world.inbox(ESZTER)[-1] and "Telegram" in texting.api.world.inbox(ESZTER)[-1]
    await texting.text(f"LINK {code}")
    await texting.settled()
    assert set((await owned(texting)).values()) == {1}


@pytest.mark.parametrize("proof", ["pass", ""], ids=["proven", "not proven"])
async def test_by_mail_only_a_proven_letter_is_heard(database_url: str, tmp_path: Path, proof: str) -> None:
    """S1-9: the code goes to the other mailbox; a letter without proof is a letter like any other."""
    async with mailing(database_url, tmp_path, trusted_authserv=PROVIDER) as (stage, server, eszter):
        await send(eszter, "LINK other@mail.example", proof)
        await stage.settled()
        if not proof:
            await stage.until(lambda: "LINK other@mail.example" in " ".join(stage.texts(stage.desk.id)))
            assert server.inbox("other@mail.example") == []
            return
        told = await come(stage, server, eszter.address, 1)
        letter = await come(stage, server, "other@mail.example", 1)
        assert "If we can reach that address" in told.text or "címet" in told.text
        await send(eszter, CODE.findall(letter.text)[0], proof)
        await stage.until(lambda: len(server.inbox(eszter.address)) == 2)
        [tickets] = await stage.rows("SELECT count(*) AS n FROM tickets")
        found = await stage.rows("SELECT DISTINCT contact_id FROM identities WHERE scheme = 'mailto'")
        assert (tickets["n"], len(found)) == (0, 1)


async def send(person: Person, text: str, proof: str) -> None:
    """As his provider delivers it: with what our own mail server has found of the sender."""
    mail = person.new(ADDRESS, "Link", text)
    if proof:
        domain = person.address.partition("@")[2]
        mail["Authentication-Results"] = f"{PROVIDER}; dmarc={proof} header.from={domain}"
    await person.post(mail, ADDRESS)
