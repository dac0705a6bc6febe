"""Settings of an SMS account at Twilio."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from channels.sms import wire
from kernel import phones
from kernel.phrases import Phrase
from kernel.settings import Duration, Secrets, Section

_ACCOUNT = re.compile(r"AC[0-9A-Za-z]{32}")
_SERVICE = re.compile(r"MG[0-9A-Za-z]{32}")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SHORT_CODE = re.compile(r"\d{3,8}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")
TOKEN_MIN = 8


def _account(value: str) -> str:
    if not _ACCOUNT.fullmatch(value):
        raise ValueError(
            Phrase(
                "an account SID, AC and 32 characters, for example {example}",
                example="AC0123456789abcdef0123456789abcdef",
            )
        )
    return value


def _tokens(values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    tokens = [value.get_secret_value() for value in values]
    if not tokens or any(len(token) < TOKEN_MIN or token != token.strip() for token in tokens):
        raise ValueError(
            Phrase("the auth token of Twilio's console, or a list of two while it is rotated (the new one first)")
        )
    return values


def _sender(value: str) -> str:
    if value and not any(form.fullmatch(value) for form in (_NUMBER, _SHORT_CODE, _NAME)):
        raise ValueError(Phrase("a number like +48600123456, a short code, or a name of at most 11 letters and digits"))
    return value


def _base(url: str) -> str:
    if not url.startswith(("https://", *_LOOPBACK)):
        raise ValueError(Phrase("an https URL of Twilio's API, for example {example}", example=wire.REST_HOST))
    return url.rstrip("/")


def _public(url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError(Phrase("the https URL under which Twilio finds this hub, for example https://desk.example"))
    return url.rstrip("/")


def _countries(value: object) -> object:
    if not isinstance(value, (list, tuple)):
        return value
    codes = [one.upper() if isinstance(one, str) else one for one in value]
    if wrong := [one for one in codes if not phones.is_country(one)]:
        raise ValueError(
            Phrase("countries as two letters, for example PL; not {names}", names=", ".join(map(str, wrong))[:40])
        )
    return codes


def _poll_every(value: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= value <= timedelta(hours=1):
        raise ValueError(Phrase("a duration from 1s to 1h, for example 15s"))
    return value


class Settings(Section):
    """`sender` or `messaging_service_sid`: from whom messages go. `public_url`: "" for that of the hub.

    `rate`: messages a second and sender; `account_rate`: in all. `per_recipient`, `per_prefix` (a number less its last
    four digits) and `per_day`: the most that goes out within 24 hours, 0 for no cap. `countries`: where messages may
    go, all if none is named. `one_way`: beginnings of numbers from which no answer comes back (Twilio has no two-way
    messages with Russia and Kazakhstan, +7). `fold`: leave out diacritics where that saves segments.
    """

    account_sid: Annotated[str, AfterValidator(_account)]
    auth_token: Annotated[Secrets, AfterValidator(_tokens)]
    sender: Annotated[str, AfterValidator(_sender)] = ""
    messaging_service_sid: str = Field(default="", validate_default=True)
    api_url: Annotated[str, AfterValidator(_base)] = wire.REST_HOST
    public_url: Annotated[str, AfterValidator(_public)] = ""
    receive: Literal["webhook", "poll"] = Field(default="webhook", validate_default=True)
    poll_every: Annotated[Duration, AfterValidator(_poll_every)] = timedelta(seconds=15)
    rate: float = Field(default=1, gt=0, le=1000)
    account_rate: float = Field(default=10, gt=0, le=1000)
    per_recipient: int = Field(default=50, ge=0)
    per_prefix: int = Field(default=200, ge=0)
    per_day: int = Field(default=5000, ge=0)
    countries: Annotated[tuple[str, ...], BeforeValidator(_countries)] = ()
    one_way: tuple[str, ...] = ("+7",)
    fold: bool = True

    @property
    def identity(self) -> str:
        """From whom messages go, as the account is named."""
        return self.sender or self.messaging_service_sid

    @property
    def token(self) -> str:
        """The one that signs in; all of them are good for callbacks."""
        return self.auth_token[0].get_secret_value()

    @property
    def keys(self) -> tuple[bytes, ...]:
        return tuple(one.get_secret_value().encode() for one in self.auth_token)

    @property
    def is_number(self) -> bool:
        return bool(_NUMBER.fullmatch(self.sender))

    @property
    def is_name(self) -> bool:
        """An alphanumeric sender: nobody can answer it."""
        return bool(self.sender) and not self.is_number and not _SHORT_CODE.fullmatch(self.sender)

    @field_validator("messaging_service_sid")
    @classmethod
    def _one_sender(cls, value: str, info: ValidationInfo) -> str:
        if value and not _SERVICE.fullmatch(value):
            raise ValueError(
                Phrase(
                    "a messaging service, MG and 32 characters, for example {example}",
                    example="MG0123456789abcdef0123456789abcdef",
                )
            )
        if "sender" in info.data and bool(info.data["sender"]) == bool(value):
            raise ValueError(
                Phrase(
                    "either {one} or {other}, one of them",
                    one='sender = "+48600123456"',
                    other='messaging_service_sid = "MG…"',
                )
            )
        return value

    @field_validator("receive")
    @classmethod
    def _is_reachable(cls, value: str, info: ValidationInfo) -> str:
        is_known = info.context is None or info.context.get("public_url") or info.data.get("public_url", "?")
        if value == "webhook" and not is_known:
            raise ValueError(Phrase('with a webhook public_url here or in [web]; without one receive = "poll"'))
        return value
