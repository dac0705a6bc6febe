"""What customers read of an incident, each in his language. What a colleague has written stays in his words. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from msgspec import Struct

from kernel import texts
from routing.incident_book import Change, Incident, Revision


class Said(Struct, frozen=True):
    """What is told. `change` None: that we know."""

    change: Change | None
    words: str
    next_news_at: datetime | None


def first(incident: Incident) -> Said:
    """That we know, and when there will be news."""
    return Said(None, "", incident.next_news_at)


def of(revision: Revision) -> Said:
    return Said(revision.change, revision.text, revision.next_news_at)


def text(said: Said, language: str, number: str, zone: tzinfo, now: datetime) -> str:
    """`number`: of his ticket."""
    time = texts.moment(language, said.next_news_at, zone, now=now) if said.next_news_at else ""
    parts = [_headline(said, language, number)]
    if said.change is Change.CLOSE and said.words:
        parts.append(said.words)
    if time and said.change is not Change.CLOSE:
        parts.append(texts.say(language, "Next news by {time}.", time=time))
    return " ".join(parts)


def _headline(said: Said, language: str, number: str) -> str:
    if said.change is None:
        return texts.say(
            language,
            "We know of the problem you wrote about ({number}). It affects others too, and we are working on it.",
            number=number,
        )
    if said.change is Change.CLOSE:
        return texts.say(language, "The problem you wrote about ({number}) is solved.", number=number)
    return texts.say(
        language, "News of the problem you wrote about ({number}): {words}", number=number, words=said.words
    )
