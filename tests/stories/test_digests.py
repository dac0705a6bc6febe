"""Digests at the wire: a lead's morning, the week's picture in a chat and in a letter, and the words."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from channels.contract import Address
from crmcore import staff
from crmcore.models.staff import Role
from kernel.clock import Clock
from tests.stories import test_email
from tests.support import commands
from tests.support import stage as stages
from tests.support.stage import Stage

ADA = "ada@desk.example"
DIGESTS = {"digest": {"to": "leads"}, "web": {"public_url": "https://desk.example"}}


def friday() -> Clock:
    """A clock that runs from ten on the Friday that comes: on Monday at eight there is a week to tell of."""
    clock = Clock()
    now = clock.now()
    day = now + timedelta(days=(4 - now.weekday()) % 7 or 7)
    clock.push(day.replace(hour=10, minute=0, second=0, microsecond=0) - now)
    return clock


async def worked(stage: Stage) -> None:
    """A customer writes and is answered; another waits."""
    await stage.customer("Two of our cards are blocked")
    await stage.staff("/take T1")
    await stage.staff("/reply T1 They work again")
    other = stage.world.person(2002, "Ilona")
    await stage.say(other, stage.world.private(other), "Where is my invoice?")


async def told(stage: Stage, chat: int, part: str) -> str:
    await stage.until(lambda: any(part in text for text in stage.bot_texts(chat)), within_s=60)
    return next(text for text in stage.bot_texts(chat) if part in text)


async def test_on_monday_a_manager_reads_his_morning_and_sees_the_week(database_url: str, tmp_path: Path) -> None:
    """Issue 5: each line with its link, and the chart's very bytes as Telegram has them; once, over a restart."""
    async with stages.playing(database_url, tmp_path, friday(), **DIGESTS) as stage:
        stage.open(stage.marek)
        await worked(stage)
        await stage.push(hours=70)
        morning = await told(stage, stage.marek.id, "Morning digest, Mon")
        assert "• 2 open: 2 up to 3 days\n  https://desk.example/reports?report=backlog" in morning
        assert "• 1 nobody has\n  https://desk.example/manager/tickets/free" in morning
        weekly = await told(stage, stage.marek.id, "Weekly digest, Mon")
        assert "2 messages in, 1 out" in weekly
        [shown] = [one for one in stage.shown(stage.marek.id) if one.photo]
        with Image.open(BytesIO(shown.photo[-1].content)) as picture:
            assert picture.format == "PNG" and picture.width > 1000
        count = len(stage.bot_texts(stage.marek.id))
        await stage.restart()
        await stage.push(minutes=1)
        assert len(stage.bot_texts(stage.marek.id)) == count
        assert not any("digest" in text for text in stage.bot_texts(stage.anna.id))


async def test_a_hub_that_slept_over_eight_says_so_at_ten(database_url: str, tmp_path: Path) -> None:
    """Down over the time of it: late the same day, and not again."""
    async with stages.playing(database_url, tmp_path, friday(), **DIGESTS) as stage:
        stage.open(stage.marek)
        await worked(stage)
        await stage.app.stop()
        stage.app.clock.push(timedelta(hours=24))
        await stage.start()
        text = await told(stage, stage.marek.id, "Morning digest, Sat")
        assert "(late: it was due at 08:00)" in text


async def test_by_mail_the_picture_is_enclosed(database_url: str, tmp_path: Path) -> None:
    """A lead without a chat reads them as letters."""
    async with test_email.playing(database_url, tmp_path, hub={**DIGESTS, "clock": friday()}) as (
        stage,
        server,
        eszter,
    ):
        async with stage.app.store.unit() as work:
            await staff.add(work, "Ada", Role.LEAD, [Address("mailto", ADA)])
        await eszter.write(test_email.ADDRESS, "Card blocked", "Hello, my card 7012 is blocked.")
        await stage.settled()
        await stage.push(hours=70)
        await stage.until(lambda: len([one for one in server.inbox(ADA) if "digest" in one.subject]) == 2, within_s=60)
        found = {one.subject.split()[0]: one for one in server.inbox(ADA) if "digest" in one.subject}
        assert "1 open: 1 up to 3 days" in found["Morning"].text
        [picture] = list(found["Weekly"].mail.iter_attachments())
        assert (picture.get_filename(), picture.get_content_type()) == ("week.png", "image/png")
        with Image.open(BytesIO(picture.get_content())) as opened:
            assert opened.format == "PNG"


async def test_an_agent_asks_for_digests_and_gets_the_next_one_alone(database_url: str, tmp_path: Path) -> None:
    """/digest on and off, in one's own chat; what was due before he asked does not come."""
    async with stages.playing(database_url, tmp_path, friday(), **DIGESTS) as stage:
        stage.open(stage.anna, stage.marek)
        await worked(stage)
        chat = stage.world.private(stage.anna)

        async def says(text: str) -> str:
            before = len(stage.bot_texts(stage.anna.id))
            await stage.say(stage.anna, chat, text)
            await stage.until(lambda: len(stage.bot_texts(stage.anna.id)) > before)
            return stage.bot_texts(stage.anna.id)[-1]

        assert "Write /digest to me in our own chat" in await in_desk(stage, "/digest now")
        assert (await says("/digest")).startswith("No digests come to you.")
        now = await says("/digest now")
        assert "2 open: 2 up to a day" in now and "https://desk.example/queues" in now and "Anna: 1 open" in now
        assert "Which? /digest on" in await says("/digest often")
        await stage.push(hours=7)
        assert "Digests come to you at 08:00, at 16:00 and Monday at 08:00 (UTC)." in await says("/digest on")
        await stage.push(minutes=1)
        assert not any("Evening digest" in text for text in stage.bot_texts(stage.anna.id))
        await stage.push(hours=15)
        await told(stage, stage.anna.id, "Morning digest, Sat")
        assert (await says("/digest off")).startswith("No digests come to you any more.")
        await stage.push(hours=24)
        await told(stage, stage.marek.id, "Morning digest, Sun")
        assert not any("Morning digest, Sun" in text for text in stage.bot_texts(stage.anna.id))


async def in_desk(stage: Stage, text: str) -> str:
    await stage.staff(text)
    await stage.until(lambda: any("/digest" in one for one in stage.bot_texts(stage.desk.id)))
    return stage.bot_texts(stage.desk.id)[-1]


async def test_the_command_line_shows_what_would_be_sent(database_url: str, tmp_path: Path) -> None:
    """For one colleague as he may see it; nothing is sent and nothing noted."""
    async with stages.playing(database_url, tmp_path, Clock(), **DIGESTS) as stage:
        await worked(stage)
        await stage.settled()
    (tmp_path / "centrala.toml").write_text(
        f'[database]\nurl = "{database_url}"\n[web]\npublic_url = "https://desk.example"\n'
    )

    def run(*words: str) -> Any:
        return commands.run("digest", "show", "--config", str(tmp_path / "centrala.toml"), *words)

    done = run("--for", "Marek")
    assert done.returncode == 0 and "• 2 open:" in done.stdout.decode()
    found = json.loads(run("--for", "Marek", "--kind", "evening", "--json").stdout)
    assert (found["kind"], found["open"], found["free"]) == ("evening", 2, 1)
    assert {"text": "1 nobody has", "link": "https://desk.example/manager/tickets/free"} in found["lines"]
    assert run("--for", "Nobody").returncode == 1
    assert run("--for", "Marek", "--kind", "yearly").returncode == 2
