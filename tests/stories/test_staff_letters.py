"""Colleagues by e-mail at the wire: an answer above the line, commands at its top; forged letters do nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from channels.email.simulator import Letter, MailServer, Person
from crmcore.models.staff import StaffIdentity
from kernel import ids
from tests.stories.test_email import ADDRESS, adapter, playing
from tests.support.stage import Stage

PROVIDER = "mx.desk.example"
ANNA = "anna@home.example"


@dataclass
class Posting:
    """The stage with a mail server, Eszter who writes, and Anna who reads her mail at home."""

    stage: Stage
    server: MailServer
    eszter: Person
    anna: Person

    async def given(self) -> Letter:
        """Eszter's matter, given to Anna: the letter that tells it."""
        await self.eszter.write(ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
        await self.settled()
        await self.stage.staff("/assign T1 Anna", by=self.stage.marek)
        return await self.came(1)

    async def came(self, number: int) -> Letter:
        """The `number`th letter for Anna."""
        await self.settled()
        await self.stage.until(lambda: len(self.server.inbox(ANNA)) >= number)
        return self.server.inbox(ANNA)[number - 1]

    async def answers(self, letter: Letter, text: str, *, proof: str = "pass", **headers: str) -> None:
        """As her provider delivers it: with what our own mail server has found of the sender."""
        await self.sends(self.anna, letter, text, proof=proof, **headers)

    async def sends(self, person: Person, letter: Letter, text: str, *, proof: str = "pass", **headers: str) -> None:
        mail = person.answer(letter, text)
        if proof:
            domain = person.address.partition("@")[2]
            mail["Authentication-Results"] = f"{PROVIDER}; dmarc={proof} header.from={domain}"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        await person.post(mail, letter.answer_to)
        await self.settled()

    async def settled(self) -> None:
        await self.stage.settled()

    def customers(self) -> list[str]:
        """What Eszter has got."""
        return [letter.text for letter in self.server.inbox(self.eszter.address)]


@pytest.fixture
async def posting(database_url: str, tmp_path: Path) -> AsyncIterator[Posting]:
    async with playing(database_url, tmp_path, trusted_authserv=PROVIDER) as (stage, server, eszter):
        async with stage.app.store.unit() as work:
            row = await work.one("SELECT id FROM staff WHERE name = 'Anna'")
            assert row is not None
            new = {"id": ids.new(), "staff_id": row["id"], "scheme": "mailto", "value": ANNA}
            await work.insert(StaffIdentity, [new])
            await work.change("UPDATE staff SET ways = 'email' WHERE id = ?", row["id"])
        yield Posting(stage, server, eszter, Person(ANNA, "Anna", adapter(stage).port))


async def test_a_letter_tells_the_ticket_and_the_answer_above_the_line_reaches_the_customer(posting: Posting) -> None:
    """Issue 5, M-8: the subject says what it is, the footer what can be done, and one receipt says what was."""
    letter = await posting.given()
    assert letter.subject == "[P3 T1] Eszter Nagy: Card blocked"
    assert "my card 7012 is blocked" in letter.text and "#close card replaced — " in letter.text
    assert letter.answer_to.startswith("r+")
    await posting.answers(letter, "It works again.\nSorry!")
    receipt = await posting.came(2)
    assert posting.customers()[-1] == "It works again.\nSorry!"
    assert "T1 sending to Eszter Nagy by e-mail" in receipt.text
    assert receipt.header("Auto-Submitted") == "auto-replied"
    await posting.eszter.write(ADDRESS, "Re: Card blocked", "Thank you")


async def test_files_go_along_and_the_picture_of_the_signature_stays(posting: Posting) -> None:
    """Whoever signs with a logo is heard, too, and the customer gets what was meant for him."""
    letter = await posting.given()
    mail = posting.anna.answer(letter, "Here is the form.")
    mail["Authentication-Results"] = f"{PROVIDER}; dmarc=pass header.from=home.example"
    mail.make_mixed()
    mail.add_attachment(b"%PDF-1.7 form", maintype="application", subtype="pdf", filename="form.pdf")
    mail.add_attachment(
        b"logo", maintype="image", subtype="png", filename="logo.png", disposition="inline", cid="<logo@home.example>"
    )
    await posting.anna.post(mail, letter.answer_to)
    await posting.settled()
    await posting.stage.until(lambda: len(posting.customers()) >= 2)
    got = posting.server.inbox(posting.eszter.address)[-1]
    assert "Here is the form." in got.text
    files = [(part.get_filename(), part.get_content()) for part in got.mail.iter_attachments()]
    assert files == [("form.pdf", b"%PDF-1.7 form")]


async def test_commands_at_the_top_are_done_with_the_answer_or_not_at_all(posting: Posting) -> None:
    """Issue 5: `#note`, `#close`, and the words below; one unknown word, and nothing of it happens."""
    letter = await posting.given()
    before, told = await posting.stage.effects(), posting.customers()
    await posting.answers(letter, "#note he rang\n#resolve\nIt works again.")
    receipt = await posting.came(2)
    assert await posting.stage.effects() == before
    assert posting.customers() == told
    assert '"#resolve" is not a command.' in receipt.text and "It works again." in receipt.text
    await posting.answers(letter, "#note he rang\n#close card replaced\nIt works again.")
    assert (await posting.stage.ticket())["state"] == "closed"
    assert posting.customers()[-1] == "It works again."
    [note] = await posting.stage.rows("SELECT text FROM entries WHERE kind = 'note'")
    assert note["text"] == "he rang"
    assert "T1 closed." in (await posting.came(3)).text


async def test_words_are_looked_for_by_letter(posting: Posting) -> None:
    """B-11: those after the command, and neither the rest of the letter nor the ticket it answers."""
    letter = await posting.given()
    await posting.stage.indexed()
    await posting.answers(letter, "#note he rang\n#find blocked 7012")
    assert "T1 Card blocked" in (await posting.came(2)).text
    await posting.answers(letter, "#find T1 zebra")
    assert "Nothing found for T1 zebra that is yours to see." in (await posting.came(3)).text


async def test_an_answer_to_a_receipt_comes_to_the_same_ticket(posting: Posting) -> None:
    letter = await posting.given()
    await posting.answers(letter, "#note first")
    await posting.answers(await posting.came(2), "#note second")
    notes = await posting.stage.rows("SELECT text FROM entries WHERE kind = 'note' ORDER BY id")
    assert [row["text"] for row in notes] == ["first", "second"]


@pytest.mark.parametrize("proof", ["", "fail", "none"])
async def test_a_letter_without_proof_waits_until_he_confirms_it_in_the_chat(posting: Posting, proof: str) -> None:
    """S20: the token alone is no proof; the button is, once, and only his."""
    stage = posting.stage
    stage.open(stage.anna)
    letter = await posting.given()
    told = posting.customers()
    await posting.answers(letter, "#close T1 done\nIt works again.", proof=proof)
    assert posting.customers() == told
    assert (await stage.ticket())["state"] == "open"
    own = stage.world.private(stage.anna)
    asked = stage.find("without proof that it is yours", own.id)
    assert "/reply T1 It works again." in asked.text
    assert len(posting.server.inbox(ANNA)) == 1, "whoever wrote it hears nothing"
    _, pressed = stage.button("Do it", chat=own)
    assert "Nothing of yours waits" in await stage.forge(stage.marek, pressed)
    await stage.press("Do it", by=stage.anna, chat=own)
    await posting.settled()
    assert posting.customers()[-1] == "It works again."
    assert (await stage.ticket())["state"] == "closed"
    assert "Nothing of yours waits" in await stage.forge(stage.anna, pressed, chat=own)


async def test_a_letter_without_proof_and_nowhere_to_confirm_it_is_told_on_the_ticket(posting: Posting) -> None:
    """S20: nothing of it is done, and nobody is told to wait for what cannot come."""
    letter = await posting.given()
    async with posting.stage.app.store.unit() as work:
        anna = "(SELECT id FROM staff WHERE name = 'Anna')"
        await work.change(f"DELETE FROM staff_identities WHERE scheme = 'telegram' AND staff_id IN {anna}")
    told = posting.customers()
    await posting.answers(letter, "#close T1 done\nIt works again.", proof="")
    assert posting.customers() == told
    assert (await posting.stage.ticket())["state"] == "open"
    [event] = await posting.stage.rows("SELECT text FROM entries WHERE text LIKE 'A letter in %'")
    assert event["text"].endswith("Ask Anna.") and "waits" not in event["text"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("#web\nIt works again.", "not possible by e-mail"),
        ("#note first\n#invite Zoja", "not possible by e-mail"),
        ("#resolve\nIt works again.", '"#resolve" is not a command.'),
        ("#note he rang\n" + "It works again. " * 400, "too long to be shown whole"),
        ("", "nothing above the line"),
    ],
    ids=["not by mail", "the second is not", "no command", "more than the question shows", "empty"],
)
async def test_a_letter_without_proof_may_no_more_than_one_with_it(posting: Posting, words: str, why: str) -> None:
    """S20: nothing waits for a yes; the ticket says that one came, he reads why in his chat, and no mail goes back."""
    stage = posting.stage
    stage.open(stage.anna)
    letter = await posting.given()
    before, told = await stage.rows("SELECT state, version, assignee_id FROM tickets"), posting.customers()
    await posting.answers(letter, words, proof="")
    own = stage.world.private(stage.anna)
    assert why in stage.find("It was refused", own.id).text
    assert "Do it" not in [label for one in stage.shown(own.id) for row in one.buttons for label, _ in row]
    assert await stage.rows("SELECT id FROM staff_orders WHERE commands <> '[]'") == []
    [event] = await stage.rows("SELECT text FROM entries WHERE text LIKE 'A letter in %'")
    assert "was refused" in event["text"]
    assert posting.customers() == told
    assert len(posting.server.inbox(ANNA)) == 1, "whoever wrote it hears nothing"
    after = await stage.rows("SELECT state, assignee_id FROM tickets")
    assert after == [{"state": one["state"], "assignee_id": one["assignee_id"]} for one in before]


async def test_a_letter_without_proof_is_confirmed_later(posting: Posting) -> None:
    """S20: he reads how long the button works."""
    stage = posting.stage
    stage.open(stage.anna)
    letter = await posting.given()
    await posting.answers(letter, "#note he rang", proof="")
    own = stage.world.private(stage.anna)
    assert "24 hours" in stage.find("without proof that it is yours", own.id).text
    await stage.push(minutes=25)
    shown, code = stage.button("Do it", chat=own)
    stage.world.press(stage.anna, own, shown.id, code)
    await stage.settled()
    notes = await stage.rows("SELECT text FROM entries WHERE kind = 'note'")
    assert [row["text"] for row in notes] == ["he rang"]


async def test_a_forged_letter_does_nothing_and_hints_at_nothing(posting: Posting) -> None:
    """S20, S14: in her name without the token; with the token in another's name; with a token that is made up."""
    letter = await posting.given()
    before = await posting.stage.rows("SELECT * FROM tickets WHERE number = 1")
    thief = Person("thief@evil.example", "Anna", adapter(posting.stage).port)
    await posting.sends(thief, letter, "#close")
    bare = replace(posting.anna)
    mail = bare.new(ADDRESS, "Re: [P3 T1]", "#close T1")
    mail["Authentication-Results"] = f"{PROVIDER}; dmarc=pass header.from=home.example"
    await bare.post(mail, ADDRESS)
    local, _, domain = letter.answer_to.partition("@")
    made_up = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    mail = bare.new(made_up, "Re: [P3 T1]", "#close")
    mail["Authentication-Results"] = f"{PROVIDER}; dmarc=pass header.from=home.example"
    await bare.post(mail, made_up)
    await posting.settled()
    assert await posting.stage.rows("SELECT * FROM tickets WHERE number = 1") == before
    heard = " ".join(one.text for one in posting.server.inbox(thief.address))
    assert "token" not in heard and "T1 " not in heard and "DMARC" not in heard


async def test_a_machine_that_answers_for_her_does_nothing(posting: Posting) -> None:
    """Auto-submitted mail is kept, never executed, never answered."""
    letter = await posting.given()
    before = await posting.stage.effects()
    await posting.answers(letter, "#close\nI am away until Monday.", Auto_Submitted="auto-replied")
    assert await posting.stage.effects() == before
    assert len(posting.server.inbox(ANNA)) == 1


async def test_a_customers_letter_with_commands_is_his_words(posting: Posting) -> None:
    """S20: `#close` at the top of a customer's mail is text."""
    await posting.given()
    acknowledged = posting.server.inbox(posting.eszter.address)[0]
    await posting.sends(posting.eszter, acknowledged, "#close\n/close T1")
    assert (await posting.stage.ticket())["state"] == "open"
    assert posting.stage.find("#close\n/close T1")


async def test_an_empty_answer_says_nothing_to_the_customer(posting: Posting) -> None:
    """Our own words, quoted below, are never taken for hers."""
    letter = await posting.given()
    before, told = await posting.stage.effects(), posting.customers()
    await posting.answers(letter, "")
    assert await posting.stage.effects() == before and posting.customers() == told
    assert "nothing above the line" in (await posting.came(2)).text


async def test_the_same_letter_twice_acts_once(posting: Posting) -> None:
    """R5, R2."""
    letter = await posting.given()
    mail = posting.anna.answer(letter, "#note once\nIt works.")
    mail["Authentication-Results"] = f"{PROVIDER}; dmarc=pass header.from=home.example"
    for _ in range(3):
        await posting.anna.post(mail, letter.answer_to)
    await posting.came(2)
    assert posting.customers().count("It works.") == 1
    assert len(await posting.stage.rows("SELECT id FROM entries WHERE kind = 'note'")) == 1


async def test_her_customers_next_words_come_by_letter_too(posting: Posting) -> None:
    await posting.given()
    acknowledged = posting.server.inbox(posting.eszter.address)[0]
    await posting.sends(posting.eszter, acknowledged, "Still blocked!")
    letter = await posting.came(2)
    assert "Still blocked!" in letter.text
