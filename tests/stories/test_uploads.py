"""Links by which customers send files: made by a colleague, good once, and what comes is a message on the ticket."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from channels import uploads
from console import receiving
from tests.stories import test_email as mails
from tests.stories import test_files as held
from tests.stories import test_sms as texts
from tests.stories.test_sms import ESZTER, Texting
from tests.support import pictures
from tests.support.confirming import confirmed
from tests.support.entering import entered
from tests.support.stage import Stage

LINK = re.compile(r"http://\S+?(/u/[A-Za-z0-9_-]{22})(?=\s)")
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
File = tuple[str, str, bytes]
TWO = (("bon.png", "image/png", pictures.png()), ("számla.jpg", "image/jpeg", pictures.jpeg()))


@pytest.fixture
async def texting(database_url: str, tmp_path: Path) -> AsyncIterator[Texting]:
    async with texts.playing(database_url, tmp_path) as found:
        yield found


class Phone:
    """The browser of a customer's telephone."""

    def __init__(self, stage: Stage, browser: aiohttp.ClientSession) -> None:
        self.stage, self.browser = stage, browser
        self.base = f"http://127.0.0.1:{stage.app.port}"

    async def open(self, link: str) -> tuple[int, str]:
        async with self.browser.get(self.base + link) as got:
            return got.status, await got.text()

    async def send(self, link: str, files: Sequence[File], comment: str = "", **more: str) -> tuple[int, str]:
        """The form as the page shows it, or with a proof of its own (`csrf`)."""
        csrf = more.get("csrf")
        if csrf is None:
            [csrf] = CSRF.findall((await self.open(link))[1]) or [""]
        form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
        form.add_field("csrf", csrf)
        for name, kind, body in files:
            form.add_field("files", io.BytesIO(body), filename=name, content_type=kind)
        form.add_field("comment", comment)
        async with self.browser.post(self.base + link, data=form, headers={"Origin": self.base}) as got:
            return got.status, await got.text()


@asynccontextmanager
async def phone(stage: Stage) -> AsyncIterator[Phone]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        yield Phone(stage, browser)


async def linked(texting: Texting, words: str = "/upload T1 Kérem a bizonylatot.") -> str:
    """The link that the customer was sent last."""
    await texting.stage.staff(words)
    await texting.settled()
    [link] = LINK.findall(texting.api.world.inbox(ESZTER)[-1])
    return str(link)


async def customer_messages(stage: Stage) -> list[str]:
    found = await stage.rows(
        "SELECT m.text FROM entries AS e JOIN messages AS m ON m.id = e.message_id WHERE e.author_kind = 'customer'"
        " ORDER BY e.id"
    )
    return [row["text"] for row in found]


async def test_photos_come_by_a_link_where_the_channel_carries_none(texting: Texting) -> None:
    """B-6: an SMS customer gets a link in his language; two pictures and a comment are a message on his ticket."""
    stage = texting.stage
    await texting.text("Rossz az üzemanyag")
    await texting.text("LANG HU")
    link = await linked(texting)
    sent = texting.api.world.inbox(ESZTER)[-1]
    assert sent.startswith("Kérem a bizonylatot.\nA(z) T1 ügyhöz itt küldhet fényképet")
    assert (await stage.ticket())["state"] == "waiting"
    async with phone(stage) as browser:
        status, page = await browser.open(link)
        assert status == 200 and "T1" in page and "Fájlok küldése" in page
        assert "üzemanyag" not in page and ESZTER not in page and "bizonylat" not in page, "a leaked link shows nothing"
        status, page = await browser.send(link, TWO, "A kútnál készült <b>")
        assert (status, "megkaptuk a fájljait" in page) == (200, True)
        await stage.settled()
        assert (await customer_messages(stage))[-1] == "[bon.png] [számla.jpg] A kútnál készült <b>"
        found = await held.drawn(stage)
        assert [(one["name"], one["content_type"], one["size"], one["state"]) for one in found] == [
            (name, kind, len(body), "held") for name, kind, body in TWO
        ]
        ticket = await stage.ticket()
        assert (ticket["state"], ticket["channel"], ticket["address"]) == ("open", "sms", ESZTER), "answers go by SMS"
        assert stage.find("[bon.png] [számla.jpg] A kútnál készült <b>"), "under the card"
        async with entered(stage) as desk:
            _, _, shown = await held.got(desk, "/tickets/T1")
            for row in found:
                assert f'src="/files/{row["id"]}/thumb"' in shown.decode()
            assert (await held.got(desk, f"/files/{found[1]['id']}"))[2] == TWO[1][2]
            _, _, card = await held.got(desk, f"/contacts/{ticket['contact_id']}")
            assert f'href="/files/{found[0]["id"]}"' in card.decode()
        again = await browser.send(link, TWO, csrf="x")
        assert (again[0], "már felhasználták" in again[1]) == (410, True)
        assert (await browser.open(link))[0] == 410
    await stage.settled()
    assert len(await customer_messages(stage)) == 2
    await stage.staff("/reply T1 Köszönöm")
    await texting.settled()
    assert texting.api.world.inbox(ESZTER)[-1] == "Köszönöm", "the answer goes where it went before"


async def test_asking_again_ends_the_earlier_link(texting: Texting) -> None:
    stage = texting.stage
    await texting.text("Hello")
    first = await linked(texting, "/upload T1")
    second = await linked(texting, "/upload T1")
    async with phone(stage) as browser:
        assert (await browser.open(first))[0] == 410
        assert (await browser.send(first, TWO, csrf="x"))[0] == 410
        assert (await browser.open(second))[0] == 200
        await stage.push(hours=73)
        assert (await browser.open(second))[0] == 410
    said = await stage.rows("SELECT text FROM entries WHERE kind = 'event' AND text LIKE '%by a link%' ORDER BY id")
    assert [one["text"] for one in said] == [
        "Anna asked for files by a link",
        "Anna asked for files by a link; the earlier link has ended",
    ]


async def test_only_the_digest_of_a_token_is_kept(texting: Texting) -> None:
    """S10: 128 bits; whoever reads the table of links cannot use one."""
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    [row] = await texting.stage.rows("SELECT * FROM upload_links")
    assert link.removeprefix("/u/") not in str(row) and len(row["digest"]) == 64


async def test_a_closed_ticket_takes_no_files(texting: Texting) -> None:
    stage = texting.stage
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    await stage.staff("/close T1")
    async with phone(stage) as browser:
        status, page = await browser.open(link)
        assert (status, "This case is closed" in page) == (410, True)
    await stage.staff("/upload T1")
    assert stage.find("T1 is closed. Nothing was done. /reopen T1 opens it again.")


async def test_the_same_page_for_every_link_that_there_is_not(texting: Texting) -> None:
    """S10: and after twenty of them from one address, a while of nothing."""
    stage = texting.stage
    async with phone(stage) as browser:
        seen = {await browser.open(f"/u/{'x' * 22}"), await browser.open(f"/u/{'y' * 22}"), await browser.open("/u/z")}
        [(status, page)] = {(status, re.sub(r"/u/\w+", "", page)) for status, page in seen}
        assert (status, "There is no such link" in page) == (404, True)
        assert (await browser.send(f"/u/{'x' * 22}", TWO, csrf="x"))[0] == 404
        tried = [(await browser.open(f"/u/{'x' * 22}"))[0] for _ in range(20)]
        assert tried[-1] == 429
        await texting.text("Hello")
        link = await linked(texting, "/upload T1")
        assert (await browser.open(link))[0] == 200, "a link that is good is not what is counted"


@pytest.mark.parametrize(
    ("files", "status", "says"),
    [
        pytest.param((), 400, "No file was chosen", id="none"),
        pytest.param((TWO[0],) * 6, 400, "at most 5 can be sent", id="six"),
        pytest.param((("a.bin", "x/y", bytes(10_000_001)),), 413, "a.bin is larger than 10 MB", id="one too large"),
        pytest.param((("a", "x/y", bytes(9_000_000)),) * 3, 413, "larger than 20 MB", id="too large together"),
        pytest.param((("empty", "x/y", b""),), 400, "No file was chosen", id="empty"),
    ],
)
async def test_what_cannot_be_taken_is_told_and_the_link_stays_good(
    texting: Texting, files: Sequence[File], status: int, says: str
) -> None:
    """B-6: bounded; nothing is stored, and the next try is heard."""
    stage = texting.stage
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    async with phone(stage) as browser:
        got = await browser.send(link, files)
        assert (got[0], says in " ".join(got[1].split()).replace("\xa0", " ")) == (status, True)
        assert await stage.rows("SELECT id FROM raw_messages WHERE channel = 'upload'") == []
        assert stage.app.files.names() == []
        assert (await browser.send(link, TWO))[0] == 200


async def test_as_much_as_the_page_says_is_taken(texting: Texting) -> None:
    """Five files, 20 MB, the largest of 10: byte for byte."""
    stage = texting.stage
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    sizes = (10_000_000, 5_000_000, 4_000_000, 999_999, 1)
    sent = [(f"{size}.bin", "application/octet-stream", bytes([65 + place]) * size) for place, size in enumerate(sizes)]
    async with phone(stage) as browser:
        assert (await browser.send(link, sent))[0] == 200
    await stage.settled()
    found = await held.files(stage)
    assert [(one["size"], one["state"]) for one in found] == [(size, "held") for size in sizes]
    async with entered(stage) as desk:
        assert (await held.got(desk, f"/files/{found[0]['id']}"))[2] == sent[0][2]


async def test_a_form_that_breaks_off_leaves_nothing(texting: Texting) -> None:
    """R: the link is still good; a form of another page, one that is no form and one of no length are refused."""
    stage = texting.stage
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    _, writer = await asyncio.open_connection("127.0.0.1", stage.app.port)
    head = (
        f"POST {link} HTTP/1.1\r\nHost: 127.0.0.1:{stage.app.port}\r\nContent-Length: 900000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    )
    writer.write(head.encode() + bytes(100_000))
    await writer.drain()
    await asyncio.sleep(0)
    writer.close()
    async with phone(stage) as browser:
        assert (await browser.send(link, TWO, csrf="of another page"))[0] == 403
        url = URL(browser.base + link)
        async with browser.browser.post(url, data=b"x", headers={"Content-Type": "text/plain"}) as got:
            assert got.status == 400
        cut = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nxyz'
        async with browser.browser.post(
            url, data=cut, headers={"Content-Type": "multipart/form-data; boundary=b"}
        ) as got:
            assert (got.status, "did not arrive whole" in await got.text()) == (400, True)
        assert await stage.rows("SELECT id FROM raw_messages WHERE channel = 'upload'") == []
        assert stage.app.files.names() == []
        assert (await browser.send(link, TWO))[0] == 200
    await stage.settled()
    assert len(await customer_messages(stage)) == 2


async def test_no_more_than_the_limit_is_read(texting: Texting) -> None:
    """What says that it is larger is not read at all."""
    stage = texting.stage
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.app.port)
    writer.write(
        f"POST {link} HTTP/1.1\r\nHost: x\r\nContent-Length: {receiving.BODY_LIMIT + 1}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
    )
    await writer.drain()
    assert b" 413 " in await reader.readline()
    writer.close()


async def test_an_answer_that_is_lost_after_storing_leaves_one_message(texting: Texting) -> None:
    """R2: the customer hears nothing, sends again, and is told that we have it; the ticket has it once."""
    stage = texting.stage
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    stage.app.fork.is_paused = True
    async with phone(stage) as browser:
        [csrf] = CSRF.findall((await browser.open(link))[1])
        going = asyncio.create_task(browser.send(link, TWO, csrf=csrf))
        await stage.until(lambda: _is_stored(stage))
        going.cancel()
        assert (await browser.open(link))[0] == 410, "known though nobody has handled it"
        status, page = await browser.send(link, TWO, csrf=csrf)
        assert (status, "we have what was sent by it" in page) == (410, True)
    stage.app.fork.is_paused = False
    stage.app.store.poke("intake")
    await stage.settled()
    assert len(await customer_messages(stage)) == 2


async def _is_stored(stage: Stage) -> bool:
    return bool(await stage.rows("SELECT id FROM raw_messages WHERE channel = 'upload'"))


async def test_two_forms_at_once_are_one_message(texting: Texting) -> None:
    """R2: the store says who was first."""
    stage = texting.stage
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    async with phone(stage) as browser:
        [csrf] = CSRF.findall((await browser.open(link))[1])
        got = await asyncio.gather(*(browser.send(link, TWO, f"no. {n}", csrf=csrf) for n in range(4)))
        assert sorted(status for status, _ in got) == [200, 410, 410, 410]
    await stage.settled()
    assert len(await customer_messages(stage)) == 2


async def test_what_was_stored_before_a_stop_is_a_message_after_it(texting: Texting) -> None:
    """R1: the customer was thanked, so it must be there."""
    stage = texting.stage
    await texting.text("Hello")
    link = await linked(texting, "/upload T1")
    stage.app.fork.is_paused = True
    async with phone(stage) as browser:
        assert (await browser.send(link, TWO, "before the stop"))[0] == 200
    await stage.restart()
    await stage.settled()
    assert (await customer_messages(stage))[-1] == "[bon.png] [számla.jpg] before the stop"
    found = await held.files(stage)
    assert [(one["name"], one["state"]) for one in found] == [("bon.png", "held"), ("számla.jpg", "held")]
    [raw] = await stage.rows("SELECT account, state FROM raw_messages WHERE channel = 'upload'")
    assert (raw["account"], raw["state"]) == (uploads.ACCOUNT, "done")


async def test_a_link_to_a_merged_ticket_goes_on_with_the_other(texting: Texting) -> None:
    """What belongs to a merged ticket goes to the one that it went into."""
    stage = texting.stage
    await texting.text("Hello")
    await stage.post("The same by the form", sender=ESZTER, thread="4711")
    link = await linked(texting, "/upload T1")
    await confirmed(stage, "/merge T1 into T2")
    async with phone(stage) as browser:
        assert (await browser.send(link, TWO[:1]))[0] == 200
    await stage.settled()
    found = await stage.rows(
        "SELECT t.number FROM messages AS m JOIN entries AS e ON e.message_id = m.id JOIN tickets AS t"
        " ON t.id = e.ticket_id WHERE m.channel = 'upload'"
    )
    assert [one["number"] for one in found] == [2]


async def test_without_an_address_of_our_pages_nothing_is_sent(stage: Stage) -> None:
    await stage.customer("Segítség")
    before = await stage.effects()
    await stage.staff("/upload T1")
    assert stage.find("No link can be made: the address of our pages is not set.")
    assert await stage.effects() == before
    assert await stage.rows("SELECT id FROM upload_links") == []


async def has_tickets(stage: Stage, count: int) -> bool:
    return len(await stage.rows("SELECT id FROM tickets")) == count


async def test_who_writes_letters_sends_by_a_link_too(database_url: str, tmp_path: Path) -> None:
    """B-6: into the ticket that the link was made for, and answers go on by letter, in the same thread."""
    more = {"web": {"public_url": "http://desk.example"}}
    async with mails.playing(database_url, tmp_path, hub=more) as (stage, server, eszter):
        await eszter.write(mails.ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
        await mails.come(stage, server, eszter.address, 1)
        await eszter.write(mails.ADDRESS, "Invoice", "Another matter.")  # nothing proves her: one acknowledgement
        await stage.until(lambda: has_tickets(stage, 2))
        await stage.staff("/upload T1")
        letter = await mails.come(stage, server, eszter.address, 2)
        [link] = LINK.findall(letter.text)
        async with phone(stage) as browser:
            assert (await browser.send(link, TWO[:1]))[0] == 200
        await stage.settled()
        found = await stage.rows(
            "SELECT t.number FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id JOIN messages AS m"
            " ON m.id = e.message_id WHERE m.channel = 'upload'"
        )
        assert [one["number"] for one in found] == [1]
        await stage.staff("/reply T1 Thank you")
        answer = await mails.come(stage, server, eszter.address, 3)
        assert answer.subject == "Re: Card blocked"
