"""Settings of the bot: how it holds answers, hears plain talk, and reaches colleagues."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from channels import registry
from kernel import texts
from kernel.phrases import Phrase, one_of
from kernel.settings import Section


def _channel(name: str) -> str:
    if name not in registry.names():
        names = ", ".join(registry.names())
        raise ValueError(Phrase("a channel ({names}), the one that tells colleagues first at the front", names=names))
    return name


def _language(name: str) -> str:
    if name and name not in texts.LANGUAGES:
        raise ValueError(one_of(texts.LANGUAGES))
    return name


class Bot(Section):
    """`language`: of the staff chats, and of colleagues who have chosen none; "": the company's.

    `asks_solved`: customers are asked if it is solved; `ratings`: and how we did. `channels`: by which colleagues are
    told who have no order of their own; empty: chats, then texts, then mail. `commands_a_minute`: by one colleague, in
    his chats and by letter. `unproven_an_hour`: automatic texts by one account, after which addresses without proof get
    none.
    """

    ratings: bool = True
    asks_solved: bool = True
    hold_s: float = Field(default=3, ge=0, le=60)
    topic_talk: Literal["note", "reply"] = "note"
    commands_a_minute: int = Field(default=60, ge=5, le=10_000)
    language: Annotated[str, AfterValidator(_language)] = ""
    unproven_an_hour: int = Field(default=100, ge=0, le=100_000)
    channels: tuple[Annotated[str, AfterValidator(_channel)], ...] = ()

    @property
    def limits(self) -> tuple[int, int]:
        """Commands a minute, and automatic texts an hour."""
        return self.commands_a_minute, self.unproven_an_hour
