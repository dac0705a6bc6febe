"""How outages read in a chat: previews, lists, what has become of a notice. Pure: values in, text and buttons out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from bot import codes, views
from channels import rendering
from channels.contract import Button, Buttons
from crmcore import notice_texts
from crmcore.ledger import Change, Line, Outage, Revision
from crmcore.notice_plan import Plan
from crmcore.notice_texts import Facts

TEXT_SHOWN = 500
_WHAT = {
    Change.ANNOUNCE: "",
    Change.MOVE: "CHANGE · ",
    Change.END: "END · ",
    Change.CANCEL: "CANCEL · ",
}


def window(starts_at: datetime, ends_at: datetime | None, zone: tzinfo, now: datetime) -> str:
    """From when to when, as staff read it."""
    until = f"to {views.moment(ends_at, zone, now)}" if ends_at else "until further notice"
    return f"{views.moment(starts_at, zone, now)} {until}"


def headline(outage: Outage, revision: Revision, zone: tzinfo, now: datetime) -> str:
    """What is drafted, in one or two lines."""
    places = "; ".join(views.short(station.label, 80) for station in outage.stations)
    kind = "for good" if outage.for_good else "planned" if outage.planned else "unplanned"
    head = f"{_WHAT[revision.change]}{outage.name}/{revision.number} · {places} · {kind}"
    if revision.change is Change.CANCEL:
        return f"{head}\nNot out of service after all."
    if revision.change is Change.END and revision.ends_at:
        return f"{head}\nWorks again since {views.moment(revision.ends_at, zone, now)}."
    why = f" Reason: {revision.why}." if revision.why else ""
    return f"{head}\nOut of service {window(revision.starts_at, revision.ends_at, zone, now)}.{why}"


def preview(
    outage: Outage, revision: Revision, plan: Plan, said: Facts, zone: tzinfo, now: datetime, *, limit: int
) -> str:
    """All that a person has to know before he confirms: whom it reaches, whom it does not, and every text."""
    parts = [headline(outage, revision, zone, now), counts(plan)]
    if plan.left_out:
        parts.append(left_out(plan))
    parts += [
        f"{language}: {views.short(notice_texts.text(said, language, '', may_stop=False), TEXT_SHOWN)}"
        for language, _ in plan.by_language.most_common()
    ]
    parts.append(closing(outage, revision, zone, now))
    text = "\n\n".join(parts)
    return text if rendering.units(text) <= limit else rendering.pieces(text, limit - 1)[0] + "…"


def counts(plan: Plan) -> str:
    """Tells 4: 3 Telegram, 1 SMS · pl 2, hu 1, en 1."""
    if not plan.told:
        return "Nobody is to be told: nobody who can be reached wants to hear of it."
    return f"Tells {plan.told}: {_counted(plan.by_label)} · languages: {_counted(plan.by_language)}"


def left_out(plan: Plan) -> str:
    """How many are left out, and the first of them with the reason."""
    total = sum(plan.left_out.values())
    lines = [f"Left out: {total}"]
    for one in plan.named:
        company = f" ({views.short(one.recipient.company, 40)})" if one.recipient.company else ""
        lines.append(f"– {views.short(one.recipient.name, 60)}{company}: {one.reason}")
    if total > len(plan.named):
        lines.append(f"… and {total - len(plan.named)} more: {_counted(plan.left_out)}")
    return "\n".join(lines)


def closing(outage: Outage, revision: Revision, zone: tzinfo, now: datetime) -> str:
    """What happens next."""
    typed = f"/confirm {outage.name} sends it, /discard {outage.name} drops it."
    if revision.publish_due is not None:
        return f"It goes out by itself at {views.moment(revision.publish_due, zone, now)}. {typed}"
    return f"Nothing is sent yet. {typed} This preview holds for 10 minutes."


def buttons(plan: Plan, revision: Revision) -> Buttons:
    label = f"Send to {plan.told}" if plan.told else "Record it"
    return ((Button(label, codes.write("oc", revision.id)), Button("Cancel", codes.write("od", revision.id))),)


def done(outage: Outage, revision: Revision) -> str:
    """Said once all of a revision is queued."""
    left = f", {revision.left_out} left out" if revision.left_out else ""
    return f"{outage.name}/{revision.number}: {revision.told} told{left}. /outage {outage.name} shows whom."


def shown(
    outage: Outage,
    revisions: Sequence[Revision],
    counted: Mapping[str, int],
    lines: Sequence[Line],
    zone: tzinfo,
    now: datetime,
) -> str:
    """One outage with its revisions, how its notices fared, and some of those they went to."""
    told = [f"/{one.number} {one.change.value} {one.stage.value}: {_told(one)}" for one in revisions]
    fared = {_delivery(state): count for state, count in counted.items()}
    people = [_line(one) for one in lines]
    return "\n".join([listing([outage], zone, now), *told, *([_counted(fared)] if fared else []), *people])


def _told(revision: Revision) -> str:
    return f"{revision.told} told, {revision.left_out} left out"


def _line(one: Line) -> str:
    """Jan (Orlik) · telegram · pl · sent"""
    company = f" ({views.short(one.company, 40)})" if one.company else ""
    why = f": {views.short(one.reason, 80)}" if one.reason else ""
    way = f"{one.channel} · " if one.channel else ""
    return f"– {views.short(one.contact, 60)}{company} · {way}{one.language} · {_delivery(one.state)}{why}"


def _delivery(state: str) -> str:
    return views.DELIVERY.get(state, state.replace("_", " "))


def listing(outages: Sequence[Outage], zone: tzinfo, now: datetime) -> str:
    """Outages that are not over, one a line."""
    if not outages:
        return "No station is out."
    lines = [
        f"{one.name} · {one.codes} · {one.shown_state(now)} · {window(one.starts_at, one.ends_at, zone, now)}"
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
