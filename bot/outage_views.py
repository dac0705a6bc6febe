"""How outages read in a chat: previews, lists, what has become of a notice. Pure: values in, text and buttons out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot import codes, views
from bot.views import Reading
from channels import rendering
from channels.contract import Button, Buttons
from crmcore import notice_texts
from crmcore.ledger import Change, Line, Outage, Revision, Stage
from crmcore.notice_plan import Plan
from crmcore.notice_texts import Facts
from kernel import texts

TEXT_SHOWN = 500
_WHAT = {
    Change.MOVE: "CHANGE",
    Change.END: "END",
    Change.CANCEL: "CANCEL",
}
_CHANGES = {
    Change.ANNOUNCE: "announce",
    Change.MOVE: "move",
    Change.END: "end",
    Change.CANCEL: "cancel",
}
_STAGES = {
    Stage.DRAFTED: "drafted",
    Stage.COUNTED: "counted",
    Stage.SENDING: "sending",
    Stage.SENT: "sent",
    Stage.DROPPED: "dropped",
}
_STATES = {
    "draft": "draft",
    "scheduled": "scheduled",
    "active": "active",
    "ended": "ended",
    "cancelled": "cancelled",
}
_SENDS = "/confirm {outage} sends it, /discard {outage} drops it."


def window(reading: Reading, starts_at: datetime, ends_at: datetime | None) -> str:
    """From when to when, as staff read it."""
    begin = views.moment(reading, starts_at)
    if ends_at is None:
        return texts.say(reading.language, "{begin} until further notice", begin=begin)
    return texts.say(reading.language, "{begin} to {end}", begin=begin, end=views.moment(reading, ends_at))


def headline(reading: Reading, outage: Outage, revision: Revision) -> str:
    """What is drafted, in one or two lines."""
    language = reading.language
    places = "; ".join(views.short(station.label, 80) for station in outage.stations)
    kind = texts.say(language, "for good" if outage.for_good else "planned" if outage.planned else "unplanned")
    what = f"{texts.say(language, _WHAT[revision.change])} · " if revision.change in _WHAT else ""
    head = f"{what}{outage.name}/{revision.number} · {places} · {kind}"
    if revision.change is Change.CANCEL:
        return f"{head}\n{texts.say(language, 'Not out of service after all.')}"
    if revision.change is Change.END and revision.ends_at:
        since = views.moment(reading, revision.ends_at)
        return f"{head}\n{texts.say(language, 'Works again since {time}.', time=since)}"
    out = texts.say(language, "Out of service {window}.", window=window(reading, revision.starts_at, revision.ends_at))
    why = f" {texts.say(language, 'Reason: {why}.', why=revision.why)}" if revision.why else ""
    return f"{head}\n{out}{why}"


def preview(reading: Reading, outage: Outage, revision: Revision, plan: Plan, said: Facts, *, limit: int) -> str:
    """All that a person has to know before he confirms: whom it reaches, whom it does not, and every text."""
    parts = [headline(reading, outage, revision), counts(reading.language, plan)]
    if plan.left_out:
        parts.append(left_out(reading.language, plan))
    parts += [
        f"{language}: {views.short(notice_texts.text(said, language, '', may_stop=False), TEXT_SHOWN)}"
        for language, _ in plan.by_language.most_common()
    ]
    parts.append(closing(reading, outage, revision))
    text = "\n\n".join(parts)
    return text if rendering.units(text) <= limit else rendering.pieces(text, limit - 1)[0] + "…"


def counts(language: str, plan: Plan) -> str:
    """Tells 4: 3 Telegram, 1 SMS · pl 2, hu 1, en 1."""
    if not plan.told:
        return texts.say(language, "Nobody is to be told: nobody who can be reached wants to hear of it.")
    ways, languages = _counted(plan.by_label), _counted(plan.by_language)
    return texts.say(
        language, "Tells {count}: {ways} · languages: {languages}", count=plan.told, ways=ways, languages=languages
    )


def left_out(language: str, plan: Plan) -> str:
    """How many are left out, and the first of them with the reason."""
    total = sum(plan.left_out.values())
    lines = [texts.say(language, "Left out: {count}", count=total)]
    for one in plan.named:
        company = f" ({views.short(one.recipient.company, 40)})" if one.recipient.company else ""
        lines.append(f"– {views.short(one.recipient.name, 60)}{company}: {one.reason}")
    if total > len(plan.named):
        more = texts.say(language, "… and {count} more", count=total - len(plan.named))
        lines.append(f"{more}: {_counted(plan.left_out)}")
    return "\n".join(lines)


def closing(reading: Reading, outage: Outage, revision: Revision) -> str:
    """What happens next."""
    language = reading.language
    typed = texts.say(language, _SENDS, outage=outage.name)
    if revision.publish_due is not None:
        at = views.moment(reading, revision.publish_due)
        return f"{texts.say(language, 'It goes out by itself at {time}.', time=at)} {typed}"
    nothing, holds = (
        texts.say(language, "Nothing is sent yet."),
        texts.say(language, "This preview holds for 10 minutes."),
    )
    return f"{nothing} {typed} {holds}"


def buttons(language: str, plan: Plan, revision: Revision) -> Buttons:
    label = texts.say(language, "Send to {count}" if plan.told else "Record it", count=plan.told)
    cancel = Button(texts.say(language, "Cancel"), codes.write("od", revision.id))
    return ((Button(label, codes.write("oc", revision.id)), cancel),)


def done(language: str, outage: Outage, revision: Revision) -> str:
    """Said once all of a revision is queued."""
    told = _told(language, revision) if revision.left_out else texts.say(language, "{count} told", count=revision.told)
    shows = texts.say(language, "/outage {outage} shows whom.", outage=outage.name)
    return f"{outage.name}/{revision.number}: {told}. {shows}"


def shown(
    reading: Reading, outage: Outage, revisions: Sequence[Revision], counted: Mapping[str, int], lines: Sequence[Line]
) -> str:
    """One outage with its revisions, how its notices fared, and some of those they went to."""
    language = reading.language
    told = [
        f"/{one.number} {texts.say(language, _CHANGES[one.change])} {texts.say(language, _STAGES[one.stage])}:"
        f" {_told(language, one)}"
        for one in revisions
    ]
    fared = {_delivery(language, state): count for state, count in counted.items()}
    people = [_line(language, one) for one in lines]
    return "\n".join([listing(reading, [outage]), *told, *([_counted(fared)] if fared else []), *people])


def _told(language: str, revision: Revision) -> str:
    return texts.say(language, "{told} told, {left} left out", told=revision.told, left=revision.left_out)


def _line(language: str, one: Line) -> str:
    """Jan (Orlik) · telegram · pl · sent"""
    company = f" ({views.short(one.company, 40)})" if one.company else ""
    why = f": {views.short(one.reason, 80)}" if one.reason else ""
    way = f"{one.channel} · " if one.channel else ""
    return f"– {views.short(one.contact, 60)}{company} · {way}{one.language} · {_delivery(language, one.state)}{why}"


def _delivery(language: str, state: str) -> str:
    return views.delivered(language, state).replace("_", " ")


def listing(reading: Reading, outages: Sequence[Outage]) -> str:
    """Outages that are not over, one a line."""
    if not outages:
        return texts.say(reading.language, "No station is out.")
    lines = [
        f"{one.name} · {one.codes} · {texts.say(reading.language, _STATES[one.shown_state(reading.now)])}"
        f" · {window(reading, one.starts_at, one.ends_at)}"
        for one in outages
    ]
    return "\n".join(lines)


def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name or "UTC")


def _counted(counted: Mapping[str, int]) -> str:
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    if any(len(name) > 12 for name in counted):
        return ", ".join(f"{count} {name}" for name, count in ordered)
    return ", ".join(f"{count} {name}" if len(name) > 2 else f"{name} {count}" for name, count in ordered)
