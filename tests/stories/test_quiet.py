"""Quiet mode with the whole hub on all channels: all comes in, nothing leaves but to staff, until it goes live."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import orjson
import pytest
from msgspec.structs import replace

from channels import outbox
from channels.contract import Address
from channels.email.simulator import MailServer, Person
from channels.outbox import Draft, Ref
from channels.sms import wire
from channels.sms.simulator import TwilioApi
from crmcore import staff
from crmcore.access import Actor
from crmcore.models.staff import Role
from tests.stories.test_email import ADDRESS, adapter
from tests.stories.test_sms import ESZTER, TOKEN, configured
from tests.support import cast, commands
from tests.support import stage as stages
from tests.support.ports import free_port
from tests.support.stage import Stage
from tickets import withheld_all

MAILER = "eszter@example.hu"
ADMIN = 1007


@dataclass
class Quiet:
    """A quiet hub with a settings file, and the three far sides."""

    stage: Stage
    server: MailServer
    api: TwilioApi
    eszter: Person
    file: Path

    async def settled(self) -> None:
        await self.stage.until(lambda: not self.api.world.outgoing.pending)
        await self.stage.settled()

    def left(self) -> list[str]:
        """All that anybody outside has got, on any channel."""
        chats = self.stage.world.private(self.stage.eszter)
        letters = [one.text for one in self.server.letters]
        return [*self.stage.bot_texts(chats.id), *self.api.world.inbox(ESZTER), *letters]

    async def withheld(self) -> list[tuple[str, str]]:
        found = await self.stage.rows("SELECT channel, purpose FROM messages WHERE state = 'withheld' ORDER BY id")
        return [(row["channel"], row["purpose"]) for row in found]


@asynccontextmanager
async def playing(url: str, folder: Path) -> AsyncIterator[Quiet]:
    server, api, port = MailServer(), TwilioApi(TOKEN, retry_delay_s=0.01), free_port()
    smtp = await server.start()
    await api.start()
    api.world.message_url = f"http://127.0.0.1:{port}{wire.MESSAGE_PATH}"
    file = folder / "centrala.toml"
    file.write_text(f'quiet = true  # the old desk answers\n[database]\nurl = "{url}"\n')
    email = {"address": ADDRESS, "listen": "127.0.0.1:0", "smtp": {"host": "127.0.0.1", "port": smtp, "tls": "none"}}
    more = stages.merged(configured(api, port), {"channels": {"email": email}, "quiet": True})

    def read_from_file(stage: Stage) -> None:
        stage.app = stages.hub(replace(stage.app.settings, file=file), stage.app.clock)

    async with stages.playing(url, folder, before=read_from_file, **more) as stage:
        eszter = Person(MAILER, "Eszter Nagy", adapter(stage).port)
        yield Quiet(stage, server, api, eszter, file)
    await api.stop()
    await server.stop()


async def write_by_all_ways(quiet: Quiet) -> None:
    """Eszter writes by Telegram, SMS and mail, and greets the bot."""
    stage = quiet.stage
    stage.open(stage.eszter)
    await stage.customer("/start")
    await stage.customer("My card is blocked")
    quiet.api.world.text(ESZTER, "And my phone too")
    await quiet.settled()
    await quiet.eszter.write(ADDRESS, "Invoice", "Where is my invoice?")
    await quiet.settled()
    await stage.until(lambda: "Where is my invoice?" in " ".join(stage.texts(stage.desk.id)))
    await quiet.settled()


async def test_nothing_leaves_but_to_staff_and_none_of_it_after_going_live(database_url: str, tmp_path: Path) -> None:
    """B-7, B-11: cards and copies come, texts to customers are withheld; live, the next answer leaves and only it."""
    async with playing(database_url, tmp_path) as quiet:
        stage = quiet.stage
        await write_by_all_ways(quiet)
        await stage.staff("We look into it", reply_to=stage.find("My card is blocked").id)
        await stage.staff("Soon", reply_to=stage.find("Where is my invoice?").id)
        await stage.push(hours=2)
        await quiet.settled()
        assert quiet.left() == []
        assert stage.find("✗ not sent: quiet mode")
        assert await quiet.withheld() == [
            ("telegram", "greeting"),
            ("telegram", "acknowledgement"),
            ("sms", "acknowledgement"),
            ("email", "acknowledgement"),
            ("telegram", "reply"),
            ("email", "reply"),
        ]
        await stage.staff("/queue")
        assert stage.find("QUIET MODE")

        admin = await stage.hire("Zofia", ADMIN, Role.ADMIN)
        await stage.staff("/golive")
        assert stage.find("needs an admin") and stage.app.house.quiet.is_on
        await stage.staff("/golive", by=admin)
        assert stage.find("6 would have left and were withheld") and stage.app.house.quiet.is_on
        await stage.press("Go live", by=admin)
        await stage.until(lambda: not stage.app.house.quiet.is_on)
        assert "quiet = false  # the old desk answers" in quiet.file.read_text()

        await stage.staff("It works again", reply_to=stage.find("My card is blocked").id)
        await quiet.settled()
        await stage.push(hours=2)
        assert quiet.left() == ["It works again"]
        assert len(await quiet.withheld()) == 6


async def test_readiness_and_the_list_say_what_would_have_left(database_url: str, tmp_path: Path) -> None:
    """B-11: nobody forgets that it is quiet, and the operator reads what would have been sent."""
    async with playing(database_url, tmp_path) as quiet:
        await write_by_all_ways(quiet)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{quiet.stage.app.port}/readyz") as got,
        ):
            body = await got.json()
        assert "nothing leaves" in body["quiet"]
        assert body["withheld"] == {"telegram": 2, "sms": 1, "email": 1}
        listed = await command(quiet, "messages", "list", "--withheld", "--json")
        rows = [orjson.loads(line) for line in listed.stdout.splitlines()]
        assert [(row["channel"], row["to"], row["state"], row["reason"]) for row in rows][2:] == [
            ("sms", f"{ESZTER[:3]}…{ESZTER[-2:]}", "withheld", "quiet"),
            ("email", "e…@example.hu", "withheld", "quiet"),
        ]
        assert all(row["text"] and row["received_at"] for row in rows)
        refused = await command(quiet, "messages", "retry", rows[-1]["id"])
        assert refused.returncode == 1 and "still quiet" in refused.stderr


async def test_going_live_by_the_command_and_then_one_on_purpose(database_url: str, tmp_path: Path) -> None:
    """B-11: the running hub sees the file within two seconds; a withheld message leaves only when a person says so."""
    async with playing(database_url, tmp_path) as quiet:
        stage = quiet.stage
        await write_by_all_ways(quiet)
        unanswered = await command(quiet, "go-live")
        assert unanswered.returncode == 1 and "add --yes" in unanswered.stderr
        assert stage.app.house.quiet.is_on
        done = await command(quiet, "go-live", "--yes")
        assert done.returncode == 0, done.stderr
        assert "4 would have left and were withheld" in done.stdout
        await stage.until(lambda: not stage.app.house.quiet.is_on)
        await quiet.settled()
        assert quiet.left() == []
        [row] = await stage.rows("SELECT id FROM messages WHERE state = 'withheld' AND channel = 'email'")
        retried = await command(quiet, "messages", "retry", str(row["id"]))
        assert retried.returncode == 0, retried.stderr
        await stage.push(hours=14)  # the command goes by the machine's clock
        await stage.until(lambda: len(quiet.server.letters) == 1)
        await quiet.settled()
        assert len(quiet.left()) == 1
        again = await command(quiet, "go-live", "--yes")
        assert again.returncode == 0 and "off" in again.stdout


async def test_what_was_held_when_the_hub_stopped_does_not_leave_after_a_live_start(
    database_url: str, tmp_path: Path
) -> None:
    """B-7: queued while quiet and not yet due; the file was changed by hand while no hub ran."""
    async with playing(database_url, tmp_path) as quiet:
        stage = quiet.stage
        stage.open(stage.eszter)
        line = stage.app.house.lines.to("telegram")
        assert line is not None
        address = Address("telegram", str(cast.ESZTER))
        held = Draft(line.channel, line.account, address, "reply", "Later", hold=timedelta(hours=1))
        async with stage.app.store.unit() as work:
            await outbox.enqueue(work, [held])
        await stage.app.stop()
        stage.app = stages.hub(replace(stage.app.settings, quiet=False), stage.app.clock)
        await stage.app.start()
        await stage.ready()
        await stage.push(hours=2)
        assert quiet.left() == [] and await quiet.withheld() == [("telegram", "reply")]


@pytest.mark.parametrize("text", ["", "quiet = ", "[web]\n", "quiet = true\n"], ids=["empty", "broken", "gone", "on"])
async def test_only_a_plain_false_ends_it(database_url: str, tmp_path: Path, text: str) -> None:
    """A file that is being written, or has lost the line, ends nothing."""
    async with playing(database_url, tmp_path) as quiet:
        quiet.file.write_text(text)
        golive = quiet.stage.app.golive
        golive.loop.poke()
        await quiet.stage.until(lambda: golive._seen is not None and golive._seen[0] == quiet.file.stat().st_mtime_ns)
        assert quiet.stage.app.house.quiet.is_on


async def test_a_colleague_is_told_by_mail_too(database_url: str, tmp_path: Path) -> None:
    """Staff are known by all their addresses: to those, messages leave."""
    async with playing(database_url, tmp_path) as quiet:
        async with quiet.stage.app.store.unit() as work:
            await staff.add(work, "Nina", Role.AGENT, [Address("mailto", "nina@desk.example")])
        found = await quiet.stage.app.house.quiet.barred(
            quiet.stage.app.store.reading(), "mailto", ["Nina@desk.example", MAILER]
        )
        assert found == {MAILER}
        chats = await quiet.stage.app.house.quiet.barred(
            quiet.stage.app.store.reading(), "telegram", [str(cast.STAFF_CHAT), str(cast.ANNA), str(cast.ESZTER)]
        )
        assert chats == {str(cast.ESZTER)}


async def command(quiet: Quiet, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of ours beside the running hub."""
    return await asyncio.to_thread(commands.run_text, *words, "--config", str(quiet.file))


async def test_withheld_answers_are_sent_or_dropped_one_by_one(database_url: str, tmp_path: Path) -> None:
    """B-7, B-11: a ticket does not look answered; live, an administrator decides, and each leaves once or never."""
    async with playing(database_url, tmp_path) as quiet:
        stage = quiet.stage
        await write_by_all_ways(quiet)
        await stage.staff("We look into it", reply_to=stage.find("My card is blocked").id)
        await stage.staff("Soon", reply_to=stage.find("Where is my invoice?").id)
        await quiet.settled()
        assert len([text for text in stage.texts(stage.desk.id) if "· P3" in text and "answer withheld" in text]) == 2
        assert not [text for text in stage.texts(stage.desk.id) if "\nanswered ·" in text]

        admin = await stage.hire("Zofia", ADMIN, Role.ADMIN)
        await stage.staff("/withheld", by=admin)
        assert stage.find("Withheld answers: 2. None leaves by itself.")
        assert "It is still quiet" in await stage.press("Send 1", by=admin)
        await stage.staff("/golive yes", by=admin)
        assert stage.find("/withheld shows the 2 answers among them.")
        await stage.until(lambda: not stage.app.house.quiet.is_on)
        await quiet.settled()
        assert quiet.left() == []

        assert await stage.press("Send 1", by=admin) == "It goes out now."
        assert "No withheld answer waits" in await stage.press("Send 1", by=admin)
        assert "Dropped: it never leaves" in await stage.press("Drop 2", by=admin)
        await quiet.settled()
        assert quiet.left() == ["We look into it"]
        assert stage.find("answer dropped").text.startswith("T3 ·")
        assert stage.find("\nanswered · Anna has it").text.startswith("T1 ·")
        events = await stage.rows(
            "SELECT text FROM entries WHERE kind = 'event' AND text LIKE '%withheld answer' ORDER BY id"
        )
        assert [row["text"] for row in events] == [
            "Zofia sent the withheld answer",
            "Zofia dropped the withheld answer",
        ]
        await stage.staff("/withheld", by=admin)
        assert stage.find("No withheld answer waits.")
        await stage.customer("Thank you")
        assert (await stage.ticket(1))["state"] == "open"


async def test_all_withheld_answers_at_once_by_the_command(database_url: str, tmp_path: Path) -> None:
    """B-11: the operator lists, is refused while it is quiet, and then sends all; those only."""
    async with playing(database_url, tmp_path) as quiet:
        stage = quiet.stage
        await write_by_all_ways(quiet)
        await stage.staff("We look into it", reply_to=stage.find("My card is blocked").id)
        await stage.staff("Soon", reply_to=stage.find("Where is my invoice?").id)
        await quiet.settled()
        listed = await command(quiet, "withheld", "list", "--json")
        rows = [orjson.loads(line) for line in listed.stdout.splitlines()]
        assert [(row["author"], row["text"]) for row in rows] == [("Anna", "We look into it"), ("Anna", "Soon")]
        refused = await command(quiet, "withheld", "send", "--all")
        assert refused.returncode == 1 and "still quiet" in refused.stderr
        assert (await command(quiet, "go-live", "--yes")).returncode == 0
        await stage.until(lambda: not stage.app.house.quiet.is_on)
        unnamed = await command(quiet, "withheld", "send")
        assert unnamed.returncode == 1 and "--all" in unnamed.stderr
        sent = await command(quiet, "withheld", "send", "--all")
        assert sent.returncode == 0 and "2 go out now." in sent.stdout
        await stage.push(hours=14)  # the command goes by the machine's clock
        await stage.until(lambda: len(quiet.left()) == 2)
        assert sorted(quiet.left())[-1] == "We look into it"
        again = await command(quiet, "withheld", "drop", rows[0]["id"])
        assert again.returncode == 1 and "no withheld answer" in again.stderr


async def test_many_withheld_answers_are_worked_off_by_parts_and_over_a_restart(
    database_url: str, tmp_path: Path
) -> None:
    """B-11: more than one unit may hold; what was ordered goes on when the hub starts again."""
    async with playing(database_url, tmp_path) as quiet:
        stage = quiet.stage
        await write_by_all_ways(quiet)
        admin = await stage.hire("Zofia", ADMIN, Role.ADMIN)
        await kept_back(stage, 201)
        await stage.staff("/withheld drop all", by=admin)
        assert stage.find("201 are dropped, 200 at a time. /withheld shows what is left.")
        await stage.until(lambda: none_left(stage))

        await kept_back(stage, 201)
        async with stage.app.store.unit() as work:
            who = await staff.named(work, "Zofia")
            await withheld_all.begin(work, Actor(who.id, "Zofia", who.role, who.zone, frozenset()), is_sending=False)
            work.pokes.clear()  # the hub stops before its loop has heard of it
        assert not await none_left(stage)
        await stage.restart()
        await stage.until(lambda: none_left(stage))
        assert quiet.left() == []


async def kept_back(stage: Stage, count: int) -> None:
    """So many answers to Eszter that quiet mode has kept."""
    line = stage.app.house.lines.to("telegram")
    assert line is not None
    ref = Ref("ticket", (await stage.ticket(1))["id"])
    eszter = Address("telegram", str(cast.ESZTER))
    drafts = [Draft(line.channel, line.account, eszter, "reply", str(n), ref=ref) for n in range(count)]
    async with stage.app.store.unit() as work:
        made = await outbox.enqueue(work, drafts)
        assert len(made) == count
        await work.change("UPDATE messages SET state = 'withheld', reason = 'quiet' WHERE state = 'queued'")


async def none_left(stage: Stage) -> bool:
    return not await stage.rows("SELECT id FROM messages WHERE state = 'withheld' AND purpose = 'reply'")
