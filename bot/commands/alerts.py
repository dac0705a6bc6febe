"""Verbs of alerts: ack one, by its button or by the ticket's number, and call for help with a ticket."""

from __future__ import annotations

from datetime import timedelta

from bot import views
from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import access, staff
from crmcore.models.staff import Role
from kernel import errors, folding, texts
from kernel.durations import parse_duration
from routing import calling, escalation, whom
from tickets import visible

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(weeks=1)
_CALLED = "{ticket} is escalated: {name} hears of it now. Who sees to it shows on the card."
_CALLED_NEXT = "{ticket} is escalated: whoever is next hears of it now. Who sees to it shows on the card."


async def ack(call: Call) -> Answer:
    """Seen: the alert is quiet for a while and comes back if the customer still waits."""
    alert_id = await _alert(call)
    await _must_be_asked(call, alert_id)
    duration = None
    if call.rest.strip():
        try:
            duration = parse_duration(call.rest.strip())
        except ValueError as error:
            raise errors.Invalid("For how long? Write it like 30m, 2h or 1d. Nothing was done.") from error
        if not SHORTEST <= duration <= LONGEST:
            raise errors.Invalid("For how long? From 1m to 1w: an alert is never off for ever. Nothing was done.")
    back_at = await escalation.ack(call.work, call.actor, alert_id, duration=duration)
    for other in await escalation.unseen(call.work, call.the_ticket.id):  # who has seen one has seen the ticket
        await escalation.ack(call.work, call.actor, other, duration=duration)
    back = views.moment(call.reading, back_at)
    return Answer(
        texts.say(
            call.language,
            "{ticket}: seen by you. Back at {back} if it is still not answered.",
            ticket=call.the_ticket.name,
            back=back,
        )
    )


async def escalate(call: Call) -> Answer:
    """Call for help: the next of the queue's chain, or whom he names, is told now and reads why."""
    ticket = call.the_ticket
    who, why = await _whom(call)
    await calling.call(call.work, call.house.desk, call.actor, ticket, why, who=who)
    said = _CALLED if who else _CALLED_NEXT
    return Answer(texts.say(call.language, said, ticket=ticket.name, name=who.removeprefix("@")))


async def _whom(call: Call) -> tuple[str, str]:
    """Whom the first word names, as a step of a chain does ("@Marek", "duty:cards", "Marek"), and the rest."""
    word, _, rest = call.rest.strip().partition(" ")
    if word.startswith("@") and len(word) > 1:
        return f"@{(await staff.named(call.work, word)).name}", rest
    kind, _, name = word.partition(":")
    if kind in (whom.DUTY, whom.NEXT) and name and name not in call.house.desk.rotas:
        known = ", ".join(call.house.desk.rotas) or texts.say(call.language, "none is set")
        raise errors.NotFound(
            "There is no rota {name}. There are: {known}. Nothing was done.", name=views.short(name, 40), known=known
        )
    if whom.is_known(word):
        return word, rest
    everyone = await staff.listed(call.work)
    found = [one for one in everyone if word and folding.fold(one.name) == folding.fold(word)]
    return (f"@{found[0].name}", rest) if found else ("", call.rest)


async def _alert(call: Call) -> int:
    if call.is_press:
        row = await call.work.one("SELECT ticket_id FROM alerts WHERE id = ?", call.number)
        call.ticket = await visible.by_id(call.work, row["ticket_id"], call.scope) if row else None
        if call.ticket is None:
            raise errors.NotFound("There is no such alert any more.")
        return call.number
    if call.ticket is None:
        raise errors.Invalid("Which alert? Write the ticket's number: /ack T12, or press [Ack] under the alert.")
    found = await escalation.open_for(call.work, call.ticket.id)
    if found is None:
        raise errors.NotFound("There is no alert for {ticket}. Nothing was done.", ticket=call.ticket.name)
    return found


async def _must_be_asked(call: Call, alert_id: int) -> None:
    """A lead acks any alert; the manager that the settings name for a queue those of his queue, whatever his role.

    So does whoever was told of the very alert. Raises Forbidden.
    """
    queue = call.house.desk.queue(call.the_ticket.queue)
    if access.ranks(call.actor, Role.LEAD) or queue.is_managed_by(call.actor.name):
        return
    if not await _was_told(call, alert_id):
        raise errors.Forbidden(
            "/ack needs a lead (you: {role}), or to be told of the alert oneself. Nothing was done. /take"
            " {ticket} makes the ticket yours.",
            role=views.role(call.language, call.actor.role),
            ticket=call.the_ticket.name,
        )


async def _was_told(call: Call, alert_id: int) -> bool:
    """A message of this alert, alone or with others, has gone to an address of his own."""
    found = await call.work.one(
        "SELECT m.id FROM messages AS m JOIN staff_identities AS i ON i.value = m.address"
        " WHERE i.staff_id = ? AND m.direction = 'out' AND m.state NOT IN ('failed', 'cancelled')"
        " AND ((m.ref_kind = 'alert' AND m.ref_id = ? AND m.purpose = 'alert')"
        " OR m.id IN (SELECT message_id FROM bundled_alerts WHERE alert_id = ?)) LIMIT 1",
        call.actor.id,
        alert_id,
        alert_id,
    )
    return found is not None


VERBS = (
    Verb(
        "ack",
        ack,
        "you have seen the alert; it comes back if unanswered",
        "/ack T12 30m",
        ("ok", "seen"),
        "ak",
        needs_ticket=False,
        takes_ticket=True,
    ),
    Verb(
        "escalate",
        escalate,
        "call for help with a ticket and say why; the next in its chain is told now, or whom you name",
        "/escalate T12 @Marek he waits since Monday",
        ("e",),
        takes_text=True,
    ),
)
