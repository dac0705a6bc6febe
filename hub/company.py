"""The settings of our own company: what is true of everybody who has not chosen otherwise."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from kernel import texts
from kernel.phrases import Phrase, one_of
from kernel.settings import Section


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError; a folder's name an OSError
        raise ValueError(Phrase("a time zone, for example Europe/Warsaw")) from error


def _language(name: str) -> str:
    if name not in texts.LANGUAGES:
        raise ValueError(one_of(texts.LANGUAGES))
    return name


class Company(Section):
    """Our own: its name, the language and the time zone of whoever has not chosen his own."""

    name: str = Field(default="", max_length=120)
    language: Annotated[str, AfterValidator(_language)] = "en"
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
