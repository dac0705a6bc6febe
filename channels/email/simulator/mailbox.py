"""A mailbox as its owner sees it: what has come, what he has written, and a way out that tries until it is taken."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import aiosmtplib
from msgspec import Struct

from channels.email import wire
from channels.email.simulator import bounce
from channels.email.simulator.letter import Letter
from channels.email.simulator.person import Person
from channels.email.simulator.server import MailServer

RETRY_S = 0.5
WAITING, SENT, REFUSED = "waiting", "sent", "refused"
Json = dict[str, Any]
File = tuple[str, str, bytes]  # name, type, bytes


class Item(Struct):
    """One mail shown. `text`: without what it quotes; `state`: how sending went, "" for one that came."""

    id: str
    subject: str
    text: str
    at: datetime
    content: bytes
    to: str = ""
    state: str = ""

    @property
    def is_own(self) -> bool:
        return bool(self.to)

    @property
    def files(self) -> list[File]:
        """What hangs on it."""
        return _letter(self).files


class Mailbox:
    """One person's mail. `bounces`: what comes is taken, then reported as undeliverable and never seen by him."""

    def __init__(self, server: MailServer, person: Person) -> None:
        self.person = person
        self.items: list[Item] = []
        self.bounces = False
        self._reports: list[EmailMessage] = []
        self._listeners: list[Callable[[Item], None]] = []
        self._written = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        server.listen(self._came)

    def start(self) -> None:
        self._sending = asyncio.create_task(self._send(), name=f"mailbox-of-{self.person.name}")

    async def stop(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    def listen(self, callback: Callable[[Item], None]) -> Callable[[], None]:
        """Hear of every mail and of how its sending went; call the result to stop."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def find(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)

    def write(self, to: str, subject: str, text: str, files: Sequence[File] = ()) -> Item:
        """A new mail; it leaves in its turn."""
        return self._own(_with(self.person.new(to, subject, text), files), to, text)

    def answer(self, item: Item, text: str, files: Sequence[File] = ()) -> Item:
        """The answer to a mail that came."""
        letter = _letter(item)
        return self._own(_with(self.person.answer(letter, text), files), letter.answer_to, text)

    # -- over a restart ---------------------------------------------------------------------------------------------

    def remember(self) -> Json:
        """The mails as plain JSON values."""
        return {"items": [_kept(item) for item in self.items]}

    def recall(self, memory: Json) -> None:
        """Put remembered mails back; what had not left goes on trying."""
        self.items[:] = [_recalled(kept) for kept in memory["items"]]
        self._written.set()

    # -- steps ------------------------------------------------------------------------------------------------------

    def _own(self, mail: EmailMessage, to: str, text: str) -> Item:
        content = mail.as_bytes(policy=wire.ASCII)
        item = Item(str(len(self.items) + 1), str(mail["Subject"]), text, self.person.clock(), content, to, WAITING)
        self._put(item)
        self._written.set()
        return item

    def _came(self, letter: Letter) -> None:
        if self.person.address not in letter.recipients:
            return
        if self.bounces:
            self._reports.append(bounce.report(letter, self.person.address, at=self.person.clock()))
            self._written.set()
            return
        number = str(len(self.items) + 1)
        self._put(Item(number, letter.subject, letter.text, self.person.clock(), letter.content))

    def _put(self, item: Item) -> None:
        self.items.append(item)
        self._tell(item)

    def _tell(self, item: Item) -> None:
        for listener in list(self._listeners):
            listener(item)

    async def _send(self) -> None:
        """One after the other, each again until a server has taken or refused it."""
        while True:
            waiting = [item for item in self.items if item.state == WAITING]
            self._written.clear()
            if not waiting and not self._reports:
                await self._written.wait()
                continue
            try:
                while self._reports:
                    await self.person.post(self._reports[0], str(self._reports[0]["To"]), sender="")
                    del self._reports[0]
                for item in waiting:
                    await self._post(item)
            except (aiosmtplib.SMTPException, OSError):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._written.wait(), RETRY_S)

    async def _post(self, item: Item) -> None:
        try:
            await self.person.hand_in(item.content, item.to)
            item.state = SENT
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
            if not _is_final(error):
                raise
            item.state = REFUSED
        self._tell(item)


def _is_final(error: aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientsRefused) -> bool:
    refused = error.recipients if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else [error]
    return all(one.code >= 500 for one in refused)


def _letter(item: Item) -> Letter:
    return Letter("", (), message_from_bytes(item.content, policy=policy.default), item.content)


def _with(mail: EmailMessage, files: Sequence[File]) -> EmailMessage:
    for name, content_type, content in files:
        main, _, sub = content_type.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail


def _kept(item: Item) -> Json:
    return {
        "id": item.id,
        "subject": item.subject,
        "text": item.text,
        "at": item.at.isoformat(),
        "content": item.content.decode("latin-1"),
        "to": item.to,
        "state": item.state,
    }


def _recalled(kept: Json) -> Item:
    return Item(**{**kept, "at": datetime.fromisoformat(kept["at"]), "content": str(kept["content"]).encode("latin-1")})
