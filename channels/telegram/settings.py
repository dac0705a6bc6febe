"""Settings of a Telegram bot."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, SecretStr, ValidationInfo, model_validator

from kernel.phrases import Phrase
from kernel.settings import Section

_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{3,100}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


def _token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError(Phrase("a bot token as @BotFather gives it, for example 123456789:AA…"))
    return value


def _base(url: str) -> str:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
        raise ValueError(Phrase("an https URL of a Bot API server"))
    return url.rstrip("/")


class Settings(Section):
    """`staff_chat`: the id of the group where colleagues work, 0 for none."""

    token: Annotated[SecretStr, AfterValidator(_token)]
    api_url: Annotated[str, AfterValidator(_base)] = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    webhook_secret: SecretStr = SecretStr("")
    staff_chat: int = 0

    @property
    def bot_id(self) -> str:
        """The part of the token that is no secret."""
        return self.token.get_secret_value().split(":", 1)[0]

    @model_validator(mode="after")
    def _webhook_is_whole(self, info: ValidationInfo) -> Self:
        if self.mode != "webhook":
            return self
        if not _SECRET.fullmatch(self.webhook_secret.get_secret_value()):
            raise ValueError(Phrase("in webhook mode a webhook_secret of 16 to 256 letters, digits, _ or -"))
        if info.context is not None and not info.context.get("public_url"):
            raise ValueError(Phrase("in webhook mode web.public_url, the address under which Telegram finds this hub"))
        return self
