"""How incidents read in a chat: a suggestion, a preview, a list, one of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from bot import codes, incident_texts, views
from bot.incident_telling import Count
from bot.incident_texts import Said
from channels.contract import Button, Buttons
from routing.incident_book import Change, Incident, Revision, State

OPEN, DISMISS, SEND, DROP = "ij", "ix", "is", "id"
TITLE_SHOWN, WORDS_SHOWN = 120, 400


def proposal(incident: Incident, count: Count, now: datetime, news: timedelta, zone: tzinfo) -> str:
    """What joining means, before anybody is told: whom it reaches, in which words, and what follows."""
    said = Said(None, "", now + news)
    first = incident_texts.text(said, "en", "T…", zone, now)
    why = f" ({incident.cause})" if incident.cause else ""
    later = "\nLater messages that show the same join by themselves." if incident.sign else ""
    return (
        f"{incident.name} · {views.short(incident.title, TITLE_SHOWN)} · one cause?{why}\n"
        f"{tickets(incident.tickets)}. {told(count)}\n\nEach is told once, in his language: {first}\n\n"
        f"Nobody is told yet.{later} /incident {incident.name} join, or /incident {incident.name} no."
    )


def proposal_buttons(incident: Incident) -> Buttons:
    return ((Button("Join all", codes.write(OPEN, incident.id)), Button("Not one", codes.write(DISMISS, incident.id))),)


def preview(incident: Incident, revision: Revision, count: Count, zone: tzinfo, now: datetime) -> str:
    """Who is told what, before it goes."""
    words = incident_texts.text(incident_texts.of(revision), "en", "T…", zone, now)
    ends = f"\nThen {tickets(incident.tickets)} are closed." if revision.change is Change.CLOSE else ""
    return (
        f"{incident.name}/{revision.number} · {revision.change.value} · {views.short(incident.title, TITLE_SHOWN)}\n"
        f"{told(count)}\n\nen: {views.short(words, WORDS_SHOWN)}{ends}\n\n"
        f"Nothing is sent yet. This preview holds for 10 minutes."
    )


def preview_buttons(revision: Revision, count: Count) -> Buttons:
    label = f"Send to {count.told}"
    return ((Button(label, codes.write(SEND, revision.id)), Button("Drop", codes.write(DROP, revision.id))),)


def told(count: Count) -> str:
    """Tells 4: 3 Telegram, 1 SMS · languages: pl 3, hu 1. Left out: 1 opted out."""
    if not count.told and not count.left_out:
        return "Nobody waits for this."
    by = ", ".join(f"{n} {label}" for label, n in count.channels.most_common())
    languages = ", ".join(f"{language} {n}" for language, n in count.languages.most_common())
    left = ", ".join(f"{n} {reason}" for reason, n in count.left_out.most_common())
    parts = [f"Tells {count.told}: {by} · languages: {languages}." if count.told else "Tells nobody."]
    return " ".join([*parts, f"Left out: {left}."] if left else parts)


def listing(incidents: Sequence[Incident], zone: tzinfo, now: datetime) -> str:
    """One a line."""
    if not incidents:
        return 'There is no incident. /incident T12 "card terminals down" proposes one.'
    return "\n".join(_line(one, zone, now) for one in incidents)


def shown(
    incident: Incident,
    revisions: Sequence[Revision],
    told_of: Mapping[int, tuple[int, int]],
    names: Sequence[str],
    zone: tzinfo,
    now: datetime,
) -> str:
    """One with what was told, and its first tickets."""
    lines = [_line(incident, zone, now)]
    if incident.cause:
        lines.append(f"Cause: {views.short(incident.cause, WORDS_SHOWN)}")
    if incident.outage:
        lines.append(f"Outage: O-{incident.outage}")
    for one in revisions:
        lines.append(f"/{one.number} {one.change.value} {one.stage.value}: {views.short(one.text, 100)}")
    for number, (sent, left) in sorted(told_of.items()):
        lines.append(f"{'that we know' if not number else f'/{number}'}: {sent} told, {left} left out")
    more = f" and {incident.tickets - len(names)} more" if incident.tickets > len(names) else ""
    return "\n".join([*lines, f"Tickets: {' '.join(names)}{more}" if names else "No ticket belongs to it."])


def overdue(incident: Incident, run: int, zone: tzinfo, now: datetime) -> str:
    """The promised news are late."""
    by = views.moment(incident.next_news_at, zone, now) if incident.next_news_at else "now"
    again = " · again" if run > 1 else ""
    return (
        f"{incident.name} · {views.short(incident.title, TITLE_SHOWN)}{again}\n"
        f"{tickets(incident.tickets)} were promised news by {by}. /incident {incident.name} update what is new,"
        f" /incident {incident.name} close"
    )


def tickets(count: int) -> str:
    return f"{count} ticket" if count == 1 else f"{count} tickets"


def _line(one: Incident, zone: tzinfo, now: datetime) -> str:
    news = ""
    if one.state is State.OPEN and one.next_news_at:
        news = f" · next news by {views.moment(one.next_news_at, zone, now)}"
    return f"{one.name} · {views.short(one.title, TITLE_SHOWN)} · {one.state.value} · {tickets(one.tickets)}{news}"
