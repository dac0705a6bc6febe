"""How a colleague is told of one ticket where there are no buttons: a text that ends with a code, or a letter whose
answer comes back to the ticket.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import cards, views
from bot.grammar import Verb
from bot.house import Chat, House
from channels import outbox
from channels.outbox import Draft, Ref
from crmcore import staff_orders
from crmcore.staff import Colleague
from kernel.durations import format_duration
from kernel.unit import Work
from tickets.visible import TicketView

# Whatever stands below it in an answer was ours; the mail's reader (channels/email/quote) cuts there.
MARK = "##- Write above this line -##"
RULE = "-- "
FOOTER = ("take", "note", "close", "assign", "snooze", "show")  # six commands that fit under a letter
MINUTE = timedelta(minutes=1)
STALE = timedelta(hours=4)


class Matter(Struct, frozen=True):
    """What he is told: in one line (`brief`), and in full. `words`: the customer's own, below it."""

    purpose: str
    brief: str
    text: str
    words: str = ""
    alert_id: int | None = None


async def told(work: Work, house: House, chat: Chat, colleague: Colleague, ticket: TicketView, matter: Matter) -> Draft:
    """The message that tells it, for a line that takes a code or a token."""
    if chat.line.capabilities.commands == "token":
        return _lettered(house, chat, colleague, ticket, matter)
    if not chat.line.capabilities.hears_from(chat.address.value):  # no answer could arrive: none is promised
        return _texted(chat, ticket, matter, matter.brief)
    code = await staff_orders.open_ticket(work, colleague.id, chat.address, ticket.id, alert_id=matter.alert_id)
    return _texted(chat, ticket, matter, f"{matter.brief}. {ways(code, is_alert=matter.alert_id is not None)}")


def given(house: House, ticket: TicketView, by: str, words: str, work: Work) -> Matter:
    """A ticket that is his from now on."""
    face = cards.face(house, ticket, work.now)
    return Matter("given", f"{by} gave you {_name(ticket)}", f"{by} gave you {ticket.name}.\n{face}", words)


def wrote(house: House, ticket: TicketView, words: str, work: Work) -> Matter:
    """His customer has written again."""
    face = cards.face(house, ticket, work.now)
    return Matter("wrote", f"New words on {_name(ticket)}", face, words)


def ruled(house: House, ticket: TicketView, rule: str, work: Work) -> Matter:
    """A rule wants him to know of it."""
    face = cards.face(house, ticket, work.now)
    return Matter("notice", f"Rule {views.short(rule, 24)}: {_name(ticket)}", f"Rule {rule}:\n{face}")


def alert(house: House, ticket: TicketView, alert_id: int, text: str, work: Work, *, reason: str = "") -> Matter:
    """The first answer is late, or a colleague calls for help. `text`: what the alert says in a chat."""
    if reason:
        brief = f"ALERT {ticket.name}: {views.short(reason, 60)}; {about(ticket)}"
        return Matter("alert", brief, text, alert_id=alert_id)
    late = ""
    if ticket.first_response_due is not None and work.now - ticket.first_response_due >= MINUTE:
        over = work.now - ticket.first_response_due
        late = f" late {format_duration(over - over % MINUTE)}"
    brief = f"ALERT {ticket.name}{late}: {about(ticket)}, {views.owner(ticket)}"
    return Matter("alert", brief, text, alert_id=alert_id)


def ways(code: str, *, is_alert: bool) -> str:
    """What can be sent back: one line under a text."""
    last = f"{code} z 1h" if is_alert else f"{code} c"
    alone = "ack" if is_alert else "show"
    return f"{code} = {alone} | {code} r text | {last}"


def footer(verbs: tuple[Verb, ...]) -> str:
    """The commands under a letter, made from the registry. Pure."""
    shown = [verb for name in FOOTER for verb in verbs if verb.name == name]
    lines = [f"{_hashed(verb)} — {verb.effect}" for verb in shown]
    return "\n".join(
        [
            RULE,
            "What you write above the line goes to the customer. Commands stand first, each on a line of its own:",
            *lines,
            "## at the beginning of a line is a plain #.",
        ]
    )


def _hashed(verb: Verb) -> str:
    """How it is written in a letter, where the ticket is known: "/close T12 done" → "#close done"."""
    word, _, rest = verb.example.partition(" ")
    name, _, more = rest.partition(" ")
    told = more if name.startswith("T") else rest
    return f"#{word[1:]} {told}".strip()


def _texted(chat: Chat, ticket: TicketView, matter: Matter, text: str) -> Draft:
    draft = replace(cards.draft(chat, matter.purpose, text, ticket), priority=outbox.URGENT, stale_after=STALE)
    return replace(draft, ref=Ref("alert", matter.alert_id)) if matter.alert_id else draft


def _lettered(house: House, chat: Chat, colleague: Colleague, ticket: TicketView, matter: Matter) -> Draft:
    words = f"\n\n“{matter.words.strip()}”" if matter.words.strip() else ""
    text = f"{MARK}\n\n{matter.text}{words}\n\n{house.footer}"
    draft = _texted(chat, ticket, matter, text)
    return replace(
        draft, subject=subject(ticket), token=house.desk.tokens.issue_staff(ticket.number, int(colleague.id))
    )


def subject(ticket: TicketView) -> str:
    """[P1 T123] Orlik Trans: card blocked"""
    return views.short(f"[P{ticket.priority} {ticket.name}] {ticket.contact}: {ticket.subject}", 150)


def _name(ticket: TicketView) -> str:
    return f"{ticket.name}: {about(ticket)}"


def about(ticket: TicketView) -> str:
    """Whose it is and what it is, as short as a text needs it."""
    return f"{views.short(ticket.contact, 24)}, {views.short(ticket.subject, 32)}, P{ticket.priority}"
