"""Settings of an e-mail address: where mail comes in, and the server it goes out by."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from channels.email import spelling
from channels.email.oauth.settings import OAuth
from kernel.errors import Misread
from kernel.phrases import Phrase
from kernel.settings import Section

MEBIBYTE = 1024 * 1024
LOCAL = frozenset({"127.0.0.1", "::1", "[::1]", "localhost"})
Tls = Literal["none", "starttls", "implicit"]
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]+\]?")


def _address(text: str) -> str:
    if not spelling.is_address(text):
        raise ValueError(Phrase("one bare e-mail address, for example help@desk.example"))
    local, domain = spelling.split(text)
    if "+" in local:
        raise ValueError(Phrase("an address without + (what follows a + is ours to give out)"))
    return f"{local}@{spelling.ascii_domain(domain)}"


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError(Phrase("the name of a mail server, for example mail.desk.example"))
    return text


def _listen(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if text and not (colon and _HOST.fullmatch(host) and port.isdigit() and int(port) <= 65535):
        raise ValueError(Phrase("host:port, for example 127.0.0.1:8025"))
    return text


def _one_line(text: str) -> str:
    if not spelling.is_one_line(text) or len(text) > 200 or "=?" in text:
        raise ValueError(Phrase("a name in one line of at most 200 characters"))
    return text


def _since(value: Any) -> Any:
    """A date written as TOML's own date means the same as one in quotes."""
    if isinstance(value, datetime):
        value = value.date()
    text = value.isoformat() if isinstance(value, date) else value
    if text in ("now", "all"):
        return text
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError as error:
        raise ValueError(Phrase('"now", "all" or a date, for example "2026-01-31"')) from error


def _file(text: str) -> str:
    if text and not Path(text).is_file():
        raise ValueError(Phrase("a file that is there"))
    return text


Host = Annotated[str, AfterValidator(_host)]
File = Annotated[str, AfterValidator(_file)]


class _Server(Section):
    """`certificates`: a file of certificates to trust besides the system's (a company's own authority).

    A `user` without a password signs in with a token of [channels.email.oauth].
    """

    host: Host
    user: str = ""
    password: SecretStr = SecretStr("")
    certificates: File = ""

    @property
    def by_token(self) -> bool:
        """True if it is signed in to by OAuth."""
        return bool(self.user) and not self.password.get_secret_value()


class Smtp(_Server):
    """The server that our mail goes out by. `port` 0: 587, or 465 with implicit TLS, or 25 without any."""

    port: int = Field(default=0, ge=0, le=65535)
    tls: Tls = "starttls"

    @property
    def known_port(self) -> int:
        return self.port or {"none": 25, "starttls": 587, "implicit": 465}[self.tls]


class Imap(_Server):
    """A mailbox to read. `since`: what was there before us is left alone ("now"), or read as history."""

    port: int = Field(default=0, ge=0, le=65535)
    tls: Tls = "implicit"
    folder: str = Field(default="INBOX", min_length=1, max_length=200)
    since: Annotated[str, BeforeValidator(_since)] = "now"

    @model_validator(mode="after")
    def _folder_is_a_line(self) -> Self:
        if not spelling.is_one_line(self.folder):
            raise ValueError(Phrase("folder: the name of a folder in one line"))
        return self

    @property
    def known_port(self) -> int:
        return self.port or (993 if self.tls == "implicit" else 143)

    @property
    def since_at(self) -> datetime | None:
        """The day from which on old mail is read; None for "now" and "all"."""
        return None if self.since in ("now", "all") else datetime.fromisoformat(self.since).replace(tzinfo=UTC)


class Limits(Section):
    """What the listener puts up with. Behind one mail relay all mail comes from one address."""

    connections: int = Field(default=300, ge=1, le=10_000)
    connections_per_address: int = Field(default=100, ge=1, le=10_000)
    recipients: int = Field(default=1_000, ge=100, le=10_000)
    errors: int = Field(default=20, ge=1, le=1_000)
    command_s: float = Field(default=300, gt=0, le=3_600)
    in_hand_bytes: int = Field(default=256 * MEBIBYTE, ge=MEBIBYTE)  # of all mails being taken in at once


def _several(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class Settings(Section):
    """`name` stands before the address in From. `trusted_authserv`: whose Authentication-Results count.

    `certificate` and `key` let the listener offer STARTTLS. `reply_tokens`: answers go to an address of their own at
    our domain (r+…), which only brings them back where all mail of the domain comes to us: by itself if we listen.
    """

    address: Annotated[str, AfterValidator(_address)]
    name: Annotated[str, AfterValidator(_one_line)] = ""
    listen: Annotated[str, AfterValidator(_listen)] = ""
    trusted_authserv: str = ""
    certificate: File = ""
    key: File = ""
    reply_tokens: bool | None = None
    max_bytes: int = Field(default=25 * MEBIBYTE, ge=64 * 1024, le=100 * MEBIBYTE)
    oauth: OAuth | None = None  # before the servers, which need a password where it is missing
    smtp: Smtp | None = None
    imap: Annotated[tuple[Imap, ...], BeforeValidator(_several)] = ()
    limits: Limits = Limits()

    @property
    def domain(self) -> str:
        return spelling.split(self.address)[1]

    @property
    def has_tokens(self) -> bool:
        return bool(self.listen) if self.reply_tokens is None else self.reply_tokens

    @property
    def listens_on(self) -> tuple[str, int]:
        """Host and port of the listener; only where `listen` is set."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @field_validator("smtp")
    @classmethod
    def _smtp_has_a_way_in(cls, smtp: Smtp | None, info: ValidationInfo) -> Smtp | None:
        if smtp is None or "oauth" not in info.data:
            return smtp
        if smtp.password.get_secret_value() or info.data["oauth"] is None:
            if bool(smtp.user) != bool(smtp.password.get_secret_value()):
                raise ValueError(Phrase("user and password, both or neither; or [channels.email.oauth]"))
            return smtp
        return smtp.model_copy(update={"user": smtp.user or info.data.get("address", "")})

    @field_validator("imap")
    @classmethod
    def _mailboxes_are_somebodys(cls, imap: tuple[Imap, ...], info: ValidationInfo) -> tuple[Imap, ...]:
        if "oauth" not in info.data:
            return imap
        if info.data["oauth"] is None:
            for number, one in enumerate(imap):
                if not (one.user and one.password.get_secret_value()):
                    expected = Phrase("user and password: a mailbox is somebody's; or [channels.email.oauth]")
                    raise Misread(str(number), expected, "half of them or none")
            return imap
        return tuple(one.model_copy(update={"user": one.user or info.data.get("address", "")}) for one in imap)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        servers: list[Imap | Smtp] = [*self.imap, *([self.smtp] if self.smtp else [])]
        if any(one.by_token and one.tls == "none" and one.host not in LOCAL for one in servers):
            raise ValueError(
                Phrase("tls: starttls or implicit, where a token is shown to a server that is not this machine")
            )
        if bool(self.certificate) != bool(self.key):
            raise ValueError(Phrase("certificate and key, both or neither"))
        if not self.listen and not self.imap and self.smtp is None:
            raise ValueError(Phrase("a way for mail: listen, [[channels.email.imap]] or [channels.email.smtp]"))
        return self
