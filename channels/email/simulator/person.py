"""A person with a mail program: writes to us by SMTP and answers as such programs do, quoting what he answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage

import aiosmtplib
from msgspec import Struct, field

from channels.email import wire
from channels.email.simulator.letter import Letter


def _now() -> datetime:
    return datetime.now(UTC)


class Person(Struct):
    """Delivers straight to `host`:`port`, as the mail server of his provider would. `clock` dates the mails."""

    address: str
    name: str
    port: int
    host: str = "127.0.0.1"
    clock: Callable[[], datetime] = _now
    _serial: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def write(self, to: str, subject: str, text: str, **headers: str) -> str:
        """Send a new mail; returns its Message-ID. `headers`: further ones, `_` for `-`."""
        mail = self.new(to, subject, text)
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        return await self.post(mail, to)

    async def reply(self, letter: Letter, text: str) -> str:
        """Send the answer to a letter that has come; returns its Message-ID."""
        return await self.post(self.answer(letter, text), letter.answer_to)

    def answer(self, letter: Letter, text: str) -> EmailMessage:
        """The answer to a letter: to its Reply-To, under its subject, with its words quoted below."""
        subject = letter.subject if letter.subject.lower().startswith("re:") else f"Re: {letter.subject}"
        quoted = "\n".join(f"> {line}" for line in letter.text.split("\n"))
        wrote = f"On {letter.header('Date')}, {letter.header('From')} wrote:"
        mail = self.new(letter.answer_to, subject, f"{text}\n\n{wrote}\n{quoted}\n")
        mail["In-Reply-To"] = letter.message_id
        mail["References"] = f"{letter.header('References')} {letter.message_id}".strip()
        return mail

    async def post(self, mail: EmailMessage, to: str, *, sender: str | None = None) -> str:
        """Hand a mail in. Raises aiosmtplib's exceptions when it is not taken. `sender` "": from nobody."""
        await self.hand_in(mail.as_bytes(policy=wire.ASCII), to, sender=sender)
        return str(mail["Message-ID"] or "")

    async def hand_in(self, content: bytes, to: str, *, sender: str | None = None) -> None:
        """The same with a mail as it stands."""
        async with aiosmtplib.SMTP(hostname=self.host, port=self.port, start_tls=False, timeout=20) as smtp:
            options = ["BODY=8BITMIME"]
            await smtp.sendmail(self.address if sender is None else sender, [to], content, mail_options=options)

    def new(self, to: str, subject: str, text: str) -> EmailMessage:
        """A new mail, not sent yet."""
        mail = EmailMessage(wire.ASCII)
        local, _, domain = self.address.rpartition("@")
        mail["From"] = Address(self.name, local, domain)
        mail["To"] = to
        mail["Subject"] = subject
        mail["Date"] = self.clock()
        mail["Message-ID"] = f"<{next(self._serial)}.{datetime.now(UTC).timestamp():.6f}@{domain}>"
        mail.set_content(text)
        return mail
