"""How incidents read in a chat: a suggestion, a preview, a list, one of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot import codes, incident_texts, views
from bot.incident_telling import Count
from bot.incident_texts import Said
from bot.views import Reading
from channels.contract import Button, Buttons
from kernel import texts
from routing.incident_book import Change, Incident, Revision, Stage, State

OPEN, DISMISS, SEND, DROP = "ij", "ix", "is", "id"
TITLE_SHOWN, WORDS_SHOWN = 120, 400


_STATES = {
    State.PROPOSED: "proposed",
    State.OPEN: "open",
    State.CLOSING: "closing",
    State.CLOSED: "closed",
    State.DISMISSED: "dismissed",
}
_CHANGES = {
    Change.UPDATE: "update",
    Change.CLOSE: "close",
}
_STAGES = {
    Stage.DRAFTED: "drafted",
    Stage.SENDING: "sending",
    Stage.SENT: "sent",
    Stage.DROPPED: "dropped",
}
_LATER = "Later messages that show the same join by themselves."
_ONCE = "Each is told once, in his language: {words}"
_OR = "/incident {incident} join, or /incident {incident} no."
_LATE = "{tickets} were promised news by {time}. /incident {incident} update what is new, /incident {incident} close"
_NONE = 'There is no incident. /incident T12 "card terminals down" proposes one.'


def state(language: str, incident: Incident) -> str:
    return texts.say(language, _STATES[incident.state])


def proposal(reading: Reading, incident: Incident, count: Count, news: timedelta) -> str:
    """What joining means, before anybody is told: whom it reaches, in which words, and what follows."""
    language = reading.language
    said = Said(None, "", reading.now + news)
    first = incident_texts.text(said, language, "T…", reading.zone, reading.now)
    why = f" ({incident.cause})" if incident.cause else ""
    later = f"\n{texts.say(language, _LATER)}" if incident.sign else ""
    once = texts.say(language, _ONCE, words=first)
    return (
        f"{incident.name} · {views.short(incident.title, TITLE_SHOWN)} · {texts.say(language, 'one cause?')}{why}\n"
        f"{tickets(language, incident.tickets)}. {told(language, count)}\n\n{once}\n\n"
        f"{texts.say(language, 'Nobody is told yet.')}{later} {texts.say(language, _OR, incident=incident.name)}"
    )


def proposal_buttons(language: str, incident: Incident) -> Buttons:
    join = Button(texts.say(language, "Join all"), codes.write(OPEN, incident.id))
    return ((join, Button(texts.say(language, "Not one"), codes.write(DISMISS, incident.id))),)


def opened(language: str, incident: Incident, joined: int, by: str) -> str:
    """What became of a suggestion."""
    said = "{incident} is open: {tickets} joined, opened by {name}."
    return texts.say(language, said, incident=incident.name, tickets=tickets(language, joined), name=by)


def preview(reading: Reading, incident: Incident, revision: Revision, count: Count) -> str:
    """Who is told what, before it goes."""
    language = reading.language
    words = incident_texts.text(incident_texts.of(revision), language, "T…", reading.zone, reading.now)
    change = texts.say(language, _CHANGES[revision.change])
    closed = texts.say(language, "Then {tickets} are closed.", tickets=tickets(language, incident.tickets))
    ends = f"\n{closed}" if revision.change is Change.CLOSE else ""
    return (
        f"{incident.name}/{revision.number} · {change} · {views.short(incident.title, TITLE_SHOWN)}\n"
        f"{told(language, count)}\n\n{language}: {views.short(words, WORDS_SHOWN)}{ends}\n\n"
        f"{texts.say(language, 'Nothing is sent yet.')} {texts.say(language, 'This preview holds for 10 minutes.')}"
    )


def preview_buttons(language: str, revision: Revision, count: Count) -> Buttons:
    label = texts.say(language, "Send to {count}", count=count.told)
    drop = Button(texts.say(language, "Drop"), codes.write(DROP, revision.id))
    return ((Button(label, codes.write(SEND, revision.id)), drop),)


def told(language: str, count: Count) -> str:
    """Tells 4: 3 Telegram, 1 SMS · languages: pl 3, hu 1. Left out: 1 opted out."""
    if not count.told and not count.left_out:
        return texts.say(language, "Nobody waits for this.")
    ways = ", ".join(f"{n} {label}" for label, n in count.channels.most_common())
    languages = ", ".join(f"{language} {n}" for language, n in count.languages.most_common())
    left = ", ".join(f"{n} {reason}" for reason, n in count.left_out.most_common())
    tells = texts.say(language, "Tells nobody.")
    if count.told:
        known = {"count": count.told, "ways": ways, "languages": languages}
        tells = f"{texts.say(language, 'Tells {count}: {ways} · languages: {languages}', **known)}."
    return f"{tells} {texts.say(language, 'Left out: {names}.', names=left)}" if left else tells


def listing(reading: Reading, incidents: Sequence[Incident]) -> str:
    """One a line."""
    if not incidents:
        return texts.say(reading.language, _NONE)
    return "\n".join(_line(reading, one) for one in incidents)


def shown(
    reading: Reading,
    incident: Incident,
    revisions: Sequence[Revision],
    told_of: Mapping[int, tuple[int, int]],
    names: Sequence[str],
) -> str:
    """One with what was told, and its first tickets."""
    language, lines = reading.language, [_line(reading, incident)]
    if incident.cause:
        lines.append(texts.say(language, "Cause: {cause}", cause=views.short(incident.cause, WORDS_SHOWN)))
    if incident.outage:
        lines.append(texts.say(language, "Outage: {outage}", outage=f"O-{incident.outage}"))
    for one in revisions:
        done = f"{texts.say(language, _CHANGES[one.change])} {texts.say(language, _STAGES[one.stage])}"
        lines.append(f"/{one.number} {done}: {views.short(one.text, 100)}")
    for number, (sent, left) in sorted(told_of.items()):
        what = f"/{number}" if number else texts.say(language, "that we know")
        lines.append(f"{what}: {texts.say(language, '{told} told, {left} left out', told=sent, left=left)}")
    if not names:
        return "\n".join([*lines, texts.say(language, "No ticket belongs to it.")])
    left_over = incident.tickets - len(names)
    more = texts.say_many(language, "and {count} more", "and {count} more", left_over)
    said = texts.say(language, "Tickets: {names}", names=" ".join(names))
    return "\n".join([*lines, f"{said} {more}" if left_over > 0 else said])


def overdue(reading: Reading, incident: Incident, run: int) -> str:
    """The promised news are late."""
    language = reading.language
    by = views.moment(reading, incident.next_news_at) if incident.next_news_at else texts.say(language, "now")
    again = f" · {texts.say(language, 'again')}" if run > 1 else ""
    known = {"tickets": tickets(language, incident.tickets), "time": by, "incident": incident.name}
    return f"{incident.name} · {views.short(incident.title, TITLE_SHOWN)}{again}\n{texts.say(language, _LATE, **known)}"


def tickets(language: str, count: int) -> str:
    return texts.say_many(language, "{count} ticket", "{count} tickets", count)


def _line(reading: Reading, one: Incident) -> str:
    news, language = "", reading.language
    if one.state is State.OPEN and one.next_news_at:
        by = views.moment(reading, one.next_news_at)
        news = f" · {texts.say(language, 'next news by {time}', time=by)}"
    title = views.short(one.title, TITLE_SHOWN)
    return f"{one.name} · {title} · {state(language, one)} · {tickets(language, one.tickets)}{news}"
