"""How a colleague is told of one ticket where there are no buttons: a text that ends with a code, or a letter whose
answer comes back to the ticket.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache, partial

from msgspec import Struct
from msgspec.structs import replace

from bot import cards, views
from bot.grammar import Verb
from bot.house import Chat, House
from channels import outbox
from channels.outbox import Draft, Ref
from crmcore import staff_orders
from crmcore.staff import Colleague
from kernel import texts
from kernel.durations import format_duration
from kernel.unit import Work
from tickets.visible import TicketView

# Whatever stands below it in an answer was ours; the mail's reader (channels/email/quote) cuts at its signs.
SIGNS = "##- ", " -##"
_MARK = "Write above this line"
_ABOVE = "What you write above the line goes to the customer. Commands stand first, each on a line of its own:"
_PLAIN = "## at the beginning of a line is a plain #."
_ALERT_WAYS = "{code} = ack | {code} r text | {code} z 1h"
_TICKET_WAYS = "{code} = show | {code} r text | {code} c"
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


def mark(language: str) -> str:
    """The line above which an answer to a letter is written."""
    return f"{SIGNS[0]}{texts.say(language, _MARK)}{SIGNS[1]}"


def is_mark(line: str) -> bool:
    """Our own line, in whatever language."""
    return SIGNS[0] in line and line.rstrip().endswith(SIGNS[1])


async def told(work: Work, house: House, chat: Chat, colleague: Colleague, ticket: TicketView, matter: Matter) -> Draft:
    """The message that tells it, for a line that takes a code or a token."""
    if chat.line.capabilities.commands == "token":
        return _lettered(house, chat, colleague, ticket, matter)
    if not chat.line.capabilities.hears_from(chat.address.value):  # no answer could arrive: none is promised
        return _texted(chat, ticket, matter, matter.brief)
    code = await staff_orders.open_ticket(work, colleague.id, chat.address, ticket.id, alert_id=matter.alert_id)
    return _texted(
        chat, ticket, matter, f"{matter.brief}. {ways(chat.language, code, is_alert=matter.alert_id is not None)}"
    )


def given(house: House, chat: Chat, ticket: TicketView, by: str, words: str, work: Work) -> Matter:
    """A ticket that is his from now on."""
    said = texts.say(chat.language, "{name} gave you {ticket}", name=by, ticket=ticket.name)
    face = cards.face(house, chat.language, ticket, work.now)
    return Matter("given", f"{said}: {about(ticket)}", f"{said}.\n{face}", words)


def wrote(house: House, chat: Chat, ticket: TicketView, words: str, work: Work) -> Matter:
    """His customer has written again."""
    said = texts.say(chat.language, "New words on {ticket}", ticket=ticket.name)
    return Matter("wrote", f"{said}: {about(ticket)}", cards.face(house, chat.language, ticket, work.now), words)


def ruled(house: House, chat: Chat, ticket: TicketView, rule: str, work: Work) -> Matter:
    """A rule wants him to know of it."""
    brief = texts.say(chat.language, "Rule {name}", name=views.short(rule, 24))
    whole = texts.say(chat.language, "Rule {name}", name=rule)
    face = cards.face(house, chat.language, ticket, work.now)
    return Matter("notice", f"{brief}: {ticket.name}: {about(ticket)}", f"{whole}:\n{face}")


def alert(chat: Chat, ticket: TicketView, alert_id: int, text: str, work: Work, *, reason: str = "") -> Matter:
    """The first answer is late, or a colleague calls for help. `text`: what the alert says in a chat."""
    head = texts.say(chat.language, "ALERT {ticket}", ticket=ticket.name)
    if reason:
        brief = f"{head}: {views.short(reason, 60)}; {about(ticket)}"
        return Matter("alert", brief, text, alert_id=alert_id)
    if ticket.first_response_due is not None and work.now - ticket.first_response_due >= MINUTE:
        over = work.now - ticket.first_response_due
        late = texts.say(chat.language, "late {time}", time=format_duration(over - over % MINUTE))
        head = f"{head} {late}"
    brief = f"{head}: {about(ticket)}, {views.owner(chat.language, ticket)}"
    return Matter("alert", brief, text, alert_id=alert_id)


def ways(language: str, code: str, *, is_alert: bool) -> str:
    """What can be sent back: one line under a text."""
    return texts.say(language, _ALERT_WAYS if is_alert else _TICKET_WAYS, code=code)


def footer(verbs: tuple[Verb, ...], language: str) -> str:
    """The commands under a letter, made from the registry, each by its word in the language. Pure."""
    shown = [verb for name in FOOTER for verb in verbs if verb.name == name]
    lines = [f"{_hashed(verb, language)} — {texts.say(language, verb.effect)}" for verb in shown]
    return "\n".join([RULE, texts.say(language, _ABOVE), *lines, texts.say(language, _PLAIN)])


def footers(verbs: tuple[Verb, ...]) -> Callable[[str], str]:
    """The same by language, each made when its first letter is."""
    return lru_cache(maxsize=len(texts.LANGUAGES))(partial(footer, verbs))


def _hashed(verb: Verb, language: str) -> str:
    """How it is written in a letter, where the ticket is known: "/close T12 done" → "#close done"."""
    _, _, rest = verb.example.partition(" ")
    name, _, more = rest.partition(" ")
    told = more if name.startswith("T") else rest
    return f"#{texts.say(language, verb.typed)[1:]} {told}".strip()


def _texted(chat: Chat, ticket: TicketView, matter: Matter, text: str) -> Draft:
    draft = replace(cards.draft(chat, matter.purpose, text, ticket), priority=outbox.URGENT, stale_after=STALE)
    return replace(draft, ref=Ref("alert", matter.alert_id)) if matter.alert_id else draft


def _lettered(house: House, chat: Chat, colleague: Colleague, ticket: TicketView, matter: Matter) -> Draft:
    words = f"\n\n“{matter.words.strip()}”" if matter.words.strip() else ""
    ends = house.footer(chat.language) if house.footer else ""
    text = f"{mark(chat.language)}\n\n{matter.text}{words}\n\n{ends}"
    draft = _texted(chat, ticket, matter, text)
    return replace(
        draft, subject=subject(ticket), token=house.desk.tokens.issue_staff(ticket.number, int(colleague.id))
    )


def subject(ticket: TicketView) -> str:
    """[P1 T123] Orlik Trans: card blocked"""
    return views.short(f"[P{ticket.priority} {ticket.name}] {ticket.contact}: {ticket.subject}", 150)


def about(ticket: TicketView) -> str:
    """Whose it is and what it is, as short as a text needs it."""
    return f"{views.short(ticket.contact, 24)}, {views.short(ticket.subject, 32)}, P{ticket.priority}"
