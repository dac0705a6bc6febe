"""Files at the wire: what a customer sends is taken in, byte for byte, and kept out of harm's way."""

from __future__ import annotations

import io
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from channels.contract import File
from channels.email.simulator import Person
from channels.errors import SendError
from channels.sms import Settings, media
from channels.telegram.simulator.model import Document, Photo, StoredMessage
from tests.stories import test_email as mails
from tests.stories import test_sms as texts
from tests.support import pictures
from tests.support import stage as stages
from tests.support.entering import entered
from tests.support.stage import Stage


def with_files(eszter: Person, *files: tuple[str, str, bytes], text: str = "See the files.") -> EmailMessage:
    """A mail as a mail program makes it: name, type and bytes of each file."""
    mail = eszter.new(mails.ADDRESS, "Receipt", text)
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail


async def files(stage: Stage) -> list[dict[str, Any]]:
    return await stage.rows("SELECT * FROM attachments ORDER BY message_id, position")


async def drawn(stage: Stage) -> list[dict[str, Any]]:
    """The rows once nothing is left to fetch and every picture was looked at."""

    async def is_done() -> bool:
        found = await files(stage)
        return bool(found) and all(one["width"] is not None and one["state"] != "fetching" for one in found)

    await stage.until(is_done)
    return await files(stage)


async def got(browser: aiohttp.ClientSession, path: str) -> tuple[int, Any, bytes]:
    async with browser.get(path) as answer:
        return answer.status, answer.headers, await answer.read()


async def test_a_mail_with_a_picture_and_a_pdf_is_shown_and_handed_out_as_it_was_sent(
    database_url: str, tmp_path: Path
) -> None:
    """4.5: names, types, sizes, a small picture; what is downloaded is what was sent."""
    picture = pictures.png()
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter):
        sent = with_files(eszter, ("bon.png", "image/png", picture), ("számla.pdf", "application/pdf", pictures.PDF))
        await eszter.post(sent, mails.ADDRESS)
        await mails.come(stage, server, eszter.address, 1)
        found = await drawn(stage)
        assert [(one["name"], one["content_type"], one["size"], one["state"]) for one in found] == [
            ("bon.png", "image/png", len(picture), "held"),
            ("számla.pdf", "application/pdf", len(pictures.PDF), "held"),
        ]
        assert (found[0]["width"], found[0]["height"]) == (640, 480)
        async with entered(stage) as browser:
            _, _, page = await got(browser, "/tickets/T1")
            shown = page.decode()
            assert f'src="/files/{found[0]["id"]}/thumb"' in shown
            assert "számla.pdf" in shown and "PDF" in shown
            status, headers, body = await got(browser, f"/files/{found[0]['id']}")
            assert (status, headers["Content-Type"], body) == (200, "image/png", picture)
            assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
            status, headers, body = await got(browser, f"/files/{found[1]['id']}")
            assert (status, headers["Content-Type"], body) == (200, "application/octet-stream", pictures.PDF)
            assert headers["Content-Disposition"].startswith("attachment;")
            assert "filename*=UTF-8''sz%C3%A1mla.pdf" in headers["Content-Disposition"]
            status, headers, body = await got(browser, f"/files/{found[0]['id']}/thumb")
            assert (status, headers["Content-Type"], body[:4]) == (200, "image/png", b"\x89PNG")
            _, _, card = await got(browser, f"/contacts/{(await stage.ticket())['contact_id']}")
            assert f'href="/files/{found[1]["id"]}"' in card.decode()


async def test_what_could_act_in_a_browser_is_only_handed_out(database_url: str, tmp_path: Path) -> None:
    """S16: pages, drawings and programs, also under a picture's name; a bomb; a file of no bytes; hostile names."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    hostile = (
        ("page.html", "text/html", b"<script>alert(1)</script>"),
        ("drawing.svg", "image/svg+xml", svg),
        ("photo.png", "image/png", svg),
        ("bomb.png", "image/png", pictures.bomb()),
        ("empty.txt", "application/octet-stream", b""),
        ("../../../etc/passwd", "application/pdf", b"path"),
        ("fdp\u202etxt.exe", "application/x-dosexec", b"MZ"),
    )
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.post(with_files(eszter, *hostile), mails.ADDRESS)
        await mails.come(stage, server, eszter.address, 1)
        found = await drawn(stage)
        assert [one["name"] for one in found][-2:] == ["passwd", "fdp txt.exe"]
        async with entered(stage) as browser:
            for row, (_, _, content) in zip(found, hostile, strict=True):
                status, headers, body = await got(browser, f"/files/{row['id']}")
                assert (status, body) == (200, content), row["name"]
                assert headers["Content-Type"] == "application/octet-stream"
                assert headers["Content-Disposition"].startswith("attachment;")
                assert (await got(browser, f"/files/{row['id']}/thumb"))[0] == 404
            status, _, _ = await got(browser, "/tickets/T1")
            assert status == 200
        assert all(len(name) == 64 for name in stage.app.files.names()), "stored under names of our own"


async def test_a_file_that_is_too_large_is_named_and_not_kept(database_url: str, tmp_path: Path) -> None:
    """4.5: the message is taken in all the same."""
    large = bytes(1024 * 1024 + 1)
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter):
        stage.app.fork.file_limit = 1024 * 1024
        stage.app.fetcher.limit = 1024 * 1024
        await eszter.post(with_files(eszter, ("film.mov", "video/quicktime", large)), mails.ADDRESS)
        await mails.come(stage, server, eszter.address, 1)
        [row] = await drawn(stage)
        assert (row["state"], row["size"], row["file"]) == ("too_big", len(large), None)
        async with entered(stage) as browser:
            _, _, page = await got(browser, "/tickets/T1")
            assert "too large: it was not taken in" in page.decode()
            assert (await got(browser, f"/files/{row['id']}"))[0] == 404


async def photo(stage: Stage, content: bytes, caption: str = "My receipt") -> None:
    stage.world.send(stage.eszter, stage.world.private(stage.eszter), Photo(content), caption=caption)
    await stage.settled()


async def test_a_telegram_photo_is_fetched_after_its_message_is_taken_in(database_url: str, tmp_path: Path) -> None:
    """4.5: the largest size, byte for byte, and a document under the name its sender gave it."""
    picture = pictures.png(800, 600)
    async with stages.playing(database_url, tmp_path) as stage:
        await photo(stage, picture)
        document = Document(pictures.PDF, "za\u0142\u0105cznik.pdf", "application/pdf")
        stage.world.send(stage.eszter, stage.world.private(stage.eszter), document)
        await stage.settled()
        await stage.until(lambda: _count(stage, 2))
        found = await drawn(stage)
        assert [(one["name"], one["size"], one["state"]) for one in found] == [
            ("photo.jpg", len(picture), "held"),
            ("załącznik.pdf", len(pictures.PDF), "held"),
        ]
        async with entered(stage) as browser:
            assert (await got(browser, f"/files/{found[0]['id']}"))[2] == picture
            assert (await got(browser, f"/files/{found[1]['id']}"))[2] == pictures.PDF
            assert (await got(browser, f"/files/{found[0]['id']}/thumb"))[0] == 200
        assert stage.find("[photo] My receipt")


async def _count(stage: Stage, wanted: int) -> bool:
    return len(await files(stage)) == wanted


async def test_a_file_whose_fetch_fails_thrice_comes_with_the_fourth_try(database_url: str, tmp_path: Path) -> None:
    """R7: the message is a ticket meanwhile, and says that its file is not here yet."""
    async with stages.playing(database_url, tmp_path) as stage:
        stage.world.faults.fail_next("getFile", 502, "Bad Gateway", 3)
        await photo(stage, pictures.png())
        for tries in (1, 2, 3):
            await stage.until(lambda tries=tries: _tried(stage, tries))
            async with entered(stage) as browser:
                assert "not here yet" in (await got(browser, "/tickets/T1"))[2].decode()
            await stage.push(seconds=200)
        [row] = await drawn(stage)
        assert (row["state"], row["tries"], row["reason"]) == ("held", 4, None)


async def _tried(stage: Stage, wanted: int) -> bool:
    [row] = await files(stage)
    return bool(row["tries"] == wanted)


async def test_what_telegram_does_not_hand_out_is_said(database_url: str, tmp_path: Path) -> None:
    """The Bot API hands out 20 MB at most: nothing is asked for in vain, and the page says why."""
    async with stages.playing(database_url, tmp_path) as stage:
        large = Document(bytes(20 * 1024 * 1024 + 1), "film.mov", "video/quicktime")
        stage.world.send(stage.eszter, stage.world.private(stage.eszter), large)
        await stage.settled()
        await stage.until(lambda: _state(stage, "too_big"))
        assert not [call for call in stage.world.calls if call.method.lower() == "getfile"]


async def _state(stage: Stage, wanted: str) -> bool:
    return [one["state"] for one in await files(stage)] == [wanted]


CSRF = re.compile(r'name="csrf" value="([^"]+)"')
KEY = re.compile(r'name="key" value="([^"]+)"')


async def answered(
    browser: aiohttp.ClientSession, words: str, *sent: tuple[str, str, bytes], how: str = "reply", key: str = ""
) -> str:
    """The composer of T1 sent with files as a browser sends them; returns the page that follows."""
    page = (await got(browser, "/tickets/T1"))[2].decode()
    form = aiohttp.FormData(quote_fields=False)  # as browsers do
    known = {"csrf": CSRF.findall(page)[0], "key": key or KEY.findall(page)[-1], "ticket": "T1", "back": "/tickets/T1"}
    for name, value in {**known, "how": how, "words": words}.items():
        form.add_field(name, value)
    form.add_field("files", b"", filename="", content_type="application/octet-stream")  # a field left empty
    for name, kind, content in sent:
        form.add_field("files", io.BytesIO(content), filename=name, content_type=kind)
    async with browser.post("/orders", data=form) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


async def test_a_reply_with_files_arrives_by_mail_byte_for_byte(database_url: str, tmp_path: Path) -> None:
    """4.5: one mail, the words and every file; the page shows them under the reply. Sent twice it is one."""
    picture = pictures.jpeg()
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.write(mails.ADDRESS, "Receipt", "Where is it?")
        await mails.come(stage, server, eszter.address, 1)
        sent = (("bon.jpg", "image/jpeg", picture), ("umowa żółta.pdf", "application/pdf", pictures.PDF))
        async with entered(stage) as browser:
            for _ in range(2):
                page = await answered(browser, "Here it is.", *sent, key="one-key-of-one-form-0123")
                assert "sending 2 files to Eszter Nagy by e-mail." in page
            letter = await mails.come(stage, server, eszter.address, 2)
            assert letter.text == "Here it is."
            assert letter.files == list(sent)
            assert len(server.inbox(eszter.address)) == 2
            rows = await drawn(stage)
            assert (await got(browser, f"/files/{rows[0]['id']}"))[2] == picture
            assert f'href="/files/{rows[1]["id"]}"' in (await got(browser, "/tickets/T1"))[2].decode()


async def test_a_reply_with_files_arrives_in_telegram_byte_for_byte(database_url: str, tmp_path: Path) -> None:
    """4.5: a picture is shown as one, any other file is handed over; one file carries the words."""
    picture = pictures.jpeg()
    async with stages.playing(database_url, tmp_path) as stage:
        await stage.customer("Where is it?")
        async with entered(stage) as browser:
            await answered(browser, "Here it is.", ("bon.jpg", "image/jpeg", picture))
            await answered(
                browser, "And two more.", ("a.pdf", "application/pdf", pictures.PDF), ("b.txt", "text/plain", b"b")
            )
        await stage.until(lambda: len([one for one in stage.shown(stage.eszter.id) if one.has_file]) == 3)
        await stage.settled()
        shown = stage.shown(stage.eszter.id)[-4:]
        assert (shown[0].text, shown[0].photo[-1].content) == ("Here it is.", picture)
        assert shown[1].text == "And two more." and not shown[1].has_file
        kept = [one.document for one in shown[2:]]
        assert [(one.name, one.content) for one in kept if one] == [("a.pdf", pictures.PDF), ("b.txt", b"b")]
        states = {row["state"] for row in await stage.rows("SELECT state FROM messages WHERE purpose = 'reply'")}
        assert states == {"sent"}


async def test_what_no_answer_carries_is_refused_and_the_words_stay(database_url: str, tmp_path: Path) -> None:
    """Before anything is sent: one too large, too many together, an empty one, and one with a note."""
    mega = 1000 * 1000
    refused = (
        ((("a.bin", "application/zip", bytes(10 * mega + 1)),), "reply", "a.bin has 10.0 MB; at most 10 MB"),
        (tuple((f"{n}.bin", "application/zip", bytes(7 * mega)) for n in range(3)), "reply", "21.0 MB together"),
        ((("empty.txt", "text/plain", b""),), "reply", "empty.txt is empty"),
        ((("a.txt", "text/plain", b"a"),), "note", "Files go with a reply only"),
    )
    async with stages.playing(database_url, tmp_path) as stage:
        await stage.customer("Where is it?")
        before = await stage.effects()
        async with entered(stage) as browser:
            for sent, how, why in refused:
                page = await answered(browser, "Here it is.", *sent, how=how)
                assert why in page and ">Here it is.</textarea>" in page
        assert await stage.effects() == before


async def test_a_colleagues_picture_in_the_staff_chat_reaches_a_customer_who_writes_mails(
    database_url: str, tmp_path: Path
) -> None:
    """It is fetched from the one channel before it leaves by the other; as a command, and under the copy."""
    picture = pictures.png(300, 200)
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.write(mails.ADDRESS, "Receipt", "Where is it?")
        await mails.come(stage, server, eszter.address, 1)
        copy = stage.find("Where is it?")
        stage.world.ledger.post_and_tell(
            replace(
                StoredMessage(stage.desk.id, stage.anna, reply_to=copy.id, text="This one."),
                photo=stage.world.files.keep_photo(Photo(picture)),
            )
        )
        letter = await mails.come(stage, server, eszter.address, 2)
        assert letter.text == "This one."
        assert [(kind, content) for _, kind, content in letter.files] == [("image/jpeg", picture)]
        stage.world.send(
            stage.anna, stage.desk, Document(pictures.PDF, "a.pdf", "application/pdf"), caption="/reply T1"
        )
        letter = await mails.come(stage, server, eszter.address, 3)
        assert letter.files == [("a.pdf", "application/pdf", pictures.PDF)]
        await stage.until(lambda: any("✓ sent" in one for one in stage.bot_texts(stage.desk.id)))


async def test_a_colleagues_file_that_cannot_be_had_is_not_sent_and_said(database_url: str, tmp_path: Path) -> None:
    """The words do not leave without what they speak of."""
    async with stages.playing(database_url, tmp_path) as stage:
        await stage.customer("Where is it?")
        stage.world.faults.fail_next("getFile", 400, "Bad Request: wrong file_id", 1)
        sent = Document(pictures.PDF, "a.pdf", "application/pdf")
        stage.world.send(stage.anna, stage.desk, sent, caption="/reply T1 See the file.")
        await stage.settled()
        await stage.until(lambda: any("✗ not sent" in one for one in stage.bot_texts(stage.desk.id)))
        assert "See the file." not in stage.bot_texts(stage.eszter.id)
        assert (await stage.ticket())["answered_at"] is None


@pytest.mark.parametrize("receive", ["webhook", "poll"])
async def test_a_picture_by_mms_is_fetched_and_an_answer_with_a_file_is_refused(
    database_url: str, tmp_path: Path, receive: str
) -> None:
    """4.5: from where the provider keeps it; and SMS says what carries files before anything is sent."""
    picture = pictures.jpeg(320, 200)
    more = {"receive": "poll", "poll_every": "1s"} if receive == "poll" else {}
    async with texts.playing(database_url, tmp_path, **more) as texting:
        stage = texting.stage
        texting.api.mms(texts.ESZTER, "See", ("image/jpeg", picture), ("application/pdf", pictures.PDF))
        await stage.until(lambda: _count(stage, 2))
        found = await drawn(stage)
        assert [one["state"] for one in found] == ["held", "held"]
        async with entered(stage) as browser:
            assert (await got(browser, f"/files/{found[0]['id']}"))[2] == picture
            assert (await got(browser, f"/files/{found[1]['id']}"))[2] == pictures.PDF
            before = await stage.effects()
            page = await answered(browser, "Here it is.", ("a.txt", "text/plain", b"a"))
            assert "SMS carries no files. Nothing was sent. Answer by e-mail or Telegram" in page
            assert await stage.effects() == before


async def test_no_token_goes_to_an_address_that_is_not_the_providers() -> None:
    """S5: the address of a picture comes from outside; only the provider's own are asked."""
    found = Settings.model_validate(
        {"account_sid": "AC" + "0" * 32, "auth_token": "x" * 32, "sender": "+48600123456", "api_url": "https://api.x"}
    )
    async with aiohttp.ClientSession() as session:
        for url in (
            "http://127.0.0.1:9/a",
            "http://169.254.169.254/latest",
            "https://api.x@evil.example/a",
            "https://api.x.evil.example/a",
            "https://evil.example/.twiliocdn.com",
            "https://twiliocdn.com.evil.example/a",
            "http://media.twiliocdn.com/a",
            "https://media.twiliocdn.com:8443/a",
            "file:///etc/passwd",
            "",
        ):
            with pytest.raises(SendError, match="not the provider's"):
                await media.fetch(session, found, File("image.jpg", reference=url), limit=1000)


async def test_the_bot_hands_a_tickets_files_to_whoever_may_see_it(database_url: str, tmp_path: Path) -> None:
    """4.5: in the chat too; to others it is as if there were no ticket."""
    async with mails.playing(database_url, tmp_path) as (stage, server, eszter):
        await eszter.post(with_files(eszter, ("számla.pdf", "application/pdf", pictures.PDF)), mails.ADDRESS)
        await mails.come(stage, server, eszter.address, 1)
        await drawn(stage)
        await stage.staff("/files T1")
        await stage.until(lambda: any(one.has_file for one in stage.shown(stage.desk.id)))
        [sent] = [one.document for one in stage.shown(stage.desk.id) if one.document]
        assert (sent.name, sent.content) == ("számla.pdf", pictures.PDF)
        assert stage.find("T1: 1 file.")
        before = len(stage.bot_texts(stage.desk.id))
        await stage.staff("/files T1", by=stage.obcy)
        assert len(stage.bot_texts(stage.desk.id)) == before
