"""Traffic on all channels at once: people whose providers behave as real ones do, and answers that go back to them.

Every text is written once and carries its place: conversation and number. So what became of it can be told by anybody.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosmtplib

from channels import outbox
from channels.contract import Address
from channels.email.simulator import MailServer, Person
from channels.keys import external_key
from channels.outbox import Draft
from channels.sms import wire as twilio
from channels.sms.simulator import TwilioApi
from channels.telegram.simulator import BotApi
from kernel.unit import Store
from tests.support.load import LOOK_EVERY_S, Crowd, HubProcess, until
from tests.support.ports import free_port

TOKEN = "1000:story-token-of-the-bot"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
DESK = "help@desk.example"
PATIENCE_S = 180.0  # a store may be away for a minute
PEOPLE = 3  # a channel
REPEATED = 0.2  # of what was taken comes again
UNCONFIRMED = 20  # updates at Telegram beyond which nobody writes another
TWILIO_AGAIN_S = 1.0  # five tries: longer than the hub takes to start
ANSWER_EVERY_S = 0.3
UPSET = 0.3  # of the answers meet a far side that is slow, busy or cuts the line
PLACE = re.compile(r"\b([a-z]+\d+)-(\d+)\b")

CHANNELS = """
[channels.telegram]
token = "{token}"
api_url = "{telegram}"
[channels.sms]
account_sid = "{account}"
auth_token = "{auth_token}"
sender = "{number}"
api_url = "{twilio}"
public_url = "http://127.0.0.1:{port}"
rate = 100
account_rate = 100
per_recipient = 0
per_prefix = 0
per_day = 0
[channels.email]
address = "{desk}"
listen = "127.0.0.1:{listen}"
smtp = {{ host = "127.0.0.1", port = {smtp}, tls = "none" }}
"""


@dataclass(slots=True)
class Far:
    """The far sides, which outlive every hub."""

    telegram: BotApi
    twilio: TwilioApi
    mail: MailServer
    listen: int  # where the hub takes mail

    def settings(self, port: int) -> str:
        """The hub's channels, as its file has them."""
        return CHANNELS.format(
            token=TOKEN,
            telegram=self.telegram.url,
            account=self.twilio.world.account_sid,
            auth_token=AUTH_TOKEN,
            number=self.twilio.world.number,
            twilio=self.twilio.url,
            port=port,
            desk=DESK,
            listen=self.listen,
            smtp=self.mail.port,
        )

    @property
    def world(self) -> Any:
        return self.telegram.world


@asynccontextmanager
async def far_sides(port: int) -> AsyncIterator[Far]:
    """Telegram, Twilio and a mail server. `port`: where Twilio finds the hub."""
    far = Far(BotApi(TOKEN), TwilioApi(AUTH_TOKEN, retry_delay_s=TWILIO_AGAIN_S), MailServer(), free_port())
    await far.telegram.start()
    await far.twilio.start()
    await far.mail.start()
    far.twilio.world.message_url = f"http://127.0.0.1:{port}{twilio.MESSAGE_PATH}"
    try:
        yield far
    finally:
        await far.mail.stop()
        await far.twilio.stop()
        await far.telegram.stop()


@dataclass(frozen=True, slots=True)
class Line:
    """Where one person is answered, and how to see what he has got from us."""

    channel: str
    account: str
    address: Address
    inbox: Callable[[], list[str]]


@dataclass(slots=True)
class Traffic:
    """`written` and `answered`: the texts of each conversation in the order they were written, in and out."""

    hub: HubProcess
    far: Far
    store: Store
    seed: int
    written: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    answered: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[str, Line] = field(default_factory=dict)
    taken: int = 0  # acknowledged to the sender, on all channels but Telegram, which only confirms
    repeats: int = 0
    upsets: int = 0
    refused: int = 0  # mails told to come again
    is_over: bool = False
    crowd: Crowd = field(init=False)
    desk: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while a colleague writes; hold it to silence them
    _delivered: set[str] = field(default_factory=set)  # Twilio's ids of what the hub has answered with 200
    _looked_at: int = 0

    def __post_init__(self) -> None:
        self.crowd = Crowd(self.hub, self.seed, size=PEOPLE, pause_s=0.05, patience_s=PATIENCE_S)
        for number in range(PEOPLE):
            self._settle_in(number)

    async def flow(self) -> None:
        """Write and answer until `is_over`; returns when every provider has got rid of what was written."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.crowd.write())
            for number in range(PEOPLE):
                group.create_task(self._on_telegram(number))
                group.create_task(self._by_sms(number))
                group.create_task(self._by_mail(number))
            group.create_task(self._answer())
        for post in self.crowd.posts.values():
            self.written[post.id.rpartition("-")[0]].append(post.text)

    def stop(self) -> None:
        self.is_over = self.crowd.is_over = True

    def is_everywhere(self) -> bool:
        """Every channel has been loaded and has sent something."""
        heard = {line.channel for line in self.lines.values() if line.inbox()}
        return heard == {line.channel for line in self.lines.values()}

    def acknowledged(self) -> tuple[int, int, int]:
        """How much senders have been told is stored: by webhook, by SMS and mail, and updates still unconfirmed."""
        updates = self.far.world.updates
        confirmed = updates.last_id - len(updates.pending)
        return len(self.crowd.acknowledged), self.taken, confirmed

    def refusals(self) -> dict[str, int]:
        """How often a sender was told to come back, by channel."""
        deliveries = self.far.twilio.world.deliveries
        return {
            "webhook": self.crowd.refused,
            "email": self.refused,
            "sms": sum(one.status == 503 for one in deliveries),
        }

    # -- people -----------------------------------------------------------------------------------------------------

    async def _on_telegram(self, number: int) -> None:
        """In bursts. Telegram gives an update again until a later offset confirms it."""
        chance, world = self._chance("tg", number), self.far.world
        person = world.people[5000 + number]
        while not self.is_over:
            for _ in range(chance.choice((1, 1, 1, 4))):
                world.say(person, world.private(person), self._text(f"tg{number}"))
            if chance.random() < REPEATED and world.updates.last_id:
                self.repeats += 1
                world.updates.redeliver(world.updates.last_id)
            await asyncio.sleep(chance.uniform(0.1, 0.5))
            await self._until(lambda: len(world.updates.pending) < UNCONFIRMED, f"tg{number} heard")
        await self._until(lambda: not world.updates.pending, f"tg{number} heard")

    async def _by_sms(self, number: int) -> None:
        """One text after the other: Twilio tries five times, then it is in the list and nowhere else."""
        chance, outgoing = self._chance("sms", number), self.far.twilio.world.outgoing
        while not self.is_over:
            text = self._text(f"sms{number}")
            message = self.far.twilio.world.text(_phone(number), text)
            while not (self._is_delivered(message.sid) or await self._is_listed(message.sid)):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY_S)
            self.taken += 1
            if chance.random() < REPEATED:
                self.repeats += 1
                told = next(one for one in reversed(outgoing.deliveries) if one.params.get("Body") == text)
                outgoing.put(told.url, told.params)
            await asyncio.sleep(chance.uniform(0.02, 0.1))
        await self._until(lambda: not outgoing.pending, "all callbacks posted")

    async def _by_mail(self, number: int) -> None:
        """One mail after the other, by a server that keeps each until it hears 250, and sometimes misses that."""
        chance, person = self._chance("mail", number), _mailer(number, self.far.listen)
        while not self.is_over:
            text = self._text(f"mail{number}")
            mail = person.new(DESK, f"About {text}", text)
            for again in range(1 + (chance.random() < REPEATED)):
                self.repeats += again
                while not await self._posted(person, mail):  # noqa: ASYNC110 - the hub is another process
                    await asyncio.sleep(LOOK_EVERY_S)
            self.taken += 1
            await asyncio.sleep(chance.uniform(0.02, 0.2))

    async def _answer(self) -> None:
        """Colleagues answer on every channel, again and again."""
        chance = self._chance("desk", 0)
        while not self.is_over:
            name = chance.choice([*self.lines])
            if self.written[name]:
                await self._queue(name)
            if chance.random() < UPSET:
                self.upsets += 1
                chance.choice(self._upsets())()
            await asyncio.sleep(ANSWER_EVERY_S)

    def _upsets(self) -> list[Callable[[], object]]:
        """What goes wrong at the far side of the next send. Slow ones are there for the kill to come in between."""
        telegram, texts, mail = self.far.world.faults, self.far.twilio.world.faults, self.far.mail.faults
        return [
            *[lambda: telegram.hang("sendMessage", 0.5), lambda: texts.hang(0.5)] * 3,
            lambda: telegram.throttle(None, 1),
            lambda: telegram.fail_next("sendMessage", 500, "Internal Server Error"),
            lambda: telegram.cut_after("sendMessage"),
            lambda: telegram.cut_after("getUpdates"),
            lambda: texts.throttle(retry_after=1),
            lambda: texts.fail_next(503),
            texts.cut_after,
            lambda: setattr(mail, "later", 1),
            lambda: setattr(mail, "cut", 1),
        ]

    async def _queue(self, name: str) -> None:
        line, text = self.lines[name], f"answer {name}-{len(self.answered[name])}"
        draft = Draft(line.channel, line.account, line.address, "reply", text, subject="Answer", automatic=False)
        async with self.desk, self.store.unit() as work:
            await outbox.enqueue(work, [draft])
        self.answered[name].append(text)

    # -- what they stand on -----------------------------------------------------------------------------------------

    def _settle_in(self, number: int) -> None:
        world, texts, mail = self.far.world, self.far.twilio.world, self.far.mail
        person = world.person(5000 + number, f"Customer {number}")
        phone, mailer = _phone(number), _mailer(number, self.far.listen)
        self.lines[f"tg{number}"] = Line(
            "telegram",
            f"telegram:{world.bot.id}",
            Address("telegram", str(person.id)),
            lambda: [one.text for one in world.messages(person.id) if one.sender.is_bot],
        )
        self.lines[f"sms{number}"] = Line(
            "sms", f"sms:{texts.number}", Address("tel", phone), lambda: texts.inbox(phone)
        )
        self.lines[f"mail{number}"] = Line(
            "email", f"email:{DESK}", Address("mailto", mailer.address), lambda: _once(mail.inbox(mailer.address))
        )

    def _chance(self, channel: str, number: int) -> random.Random:
        return random.Random(f"{self.seed}/{channel}{number}")

    def _text(self, name: str) -> str:
        text = f"question {name}-{len(self.written[name])}"
        self.written[name].append(text)
        return text

    def _is_delivered(self, sid: str) -> bool:
        deliveries = self.far.twilio.world.deliveries
        new, self._looked_at = deliveries[self._looked_at :], len(deliveries)
        self._delivered |= {one.params["MessageSid"] for one in new if one.status == 200 and "Body" in one.params}
        return sid in self._delivered

    async def _posted(self, person: Person, mail: Any) -> bool:
        """One try; a refusal for good would be a bounce."""
        try:
            await person.post(mail, DESK)
        except aiosmtplib.SMTPResponseException as error:
            assert error.code in (421, 451), error
            self.refused += error.code == 451
            return False
        except (aiosmtplib.SMTPException, OSError):
            return False
        return True

    async def _is_listed(self, sid: str) -> bool:
        """True if Twilio gave up and the hub has found it in the list since."""
        if self.far.twilio.world.outgoing.pending or self.desk.locked():
            return False
        key = external_key(sid)
        return bool(await self.store.reading().fetch("SELECT id FROM raw_messages WHERE external_key = ?", key))

    async def _until(self, done: Callable[[], bool], what: str, *, within_s: float = PATIENCE_S) -> None:
        await until(done, what, within_s=within_s)


def configure(hub: HubProcess, far: Far) -> None:
    """Write the channels into the hub's settings."""
    path: Path = hub.config
    path.write_text(path.read_text() + far.settings(hub.port))


def place(text: str) -> tuple[str, int] | None:
    """The conversation and number that a text carries."""
    found = PLACE.search(text)
    return (found[1], int(found[2])) if found else None


def _phone(number: int) -> str:
    return f"+3630123456{number}"


def _mailer(number: int, port: int) -> Person:
    return Person(f"customer{number}@mail.example", f"Customer {number}", port)


def _once(letters: list[Any]) -> list[str]:
    """A mail that came again under its Message-ID is shown once by whoever has it already."""
    return [*{letter.message_id: letter.text for letter in letters}.values()]
