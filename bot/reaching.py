"""One matter told to one colleague as he is reached: with buttons, by a text with a code, or by a letter."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec.structs import replace

from bot import cards, nights, reach, telling
from bot.house import Chat, House
from bot.telling import Matter
from channels import outbox
from channels.contract import Buttons
from channels.outbox import Draft
from crmcore.staff import Colleague
from kernel import folding
from kernel.unit import Work
from routing import rotas
from tickets.visible import TicketView

URGENT = 1  # the priority that rings at any hour


async def told(
    work: Work,
    house: House,
    colleague: Colleague,
    ticket: TicketView,
    matter: Matter,
    *,
    buttons: Buttons = (),
    chat: Chat | None = None,
) -> Draft | None:
    """The message that tells him; None if nothing reaches him. `chat`: another of his than the first."""
    place = chat or await reach.first(work, house, colleague)
    if place is None:
        return None
    if place.line.capabilities.buttons:
        return cards.draft(place, matter.purpose, matter.text, ticket, buttons=buttons)
    return await telling.told(work, house, place, colleague, ticket, matter)


def plain(chat: Chat, purpose: str, text: str, *, subject: str) -> Draft:
    """What is about no ticket that he may see. A letter needs a `subject`, and a text goes stale."""
    draft = replace(cards.plain(chat, purpose, text), priority=outbox.URGENT)
    if chat.line.capabilities.buttons:
        return draft
    return replace(draft, subject=subject, stale_after=telling.STALE)


def rested(work: Work, house: House, colleague: Colleague, ticket: TicketView, draft: Draft) -> Draft:
    """Held until his quiet hours are over; not the most urgent, and not for who is on duty."""
    over_at = nights.over_at(colleague.quiet, ZoneInfo(colleague.zone), work.now)
    if over_at is None or ticket.priority == URGENT:
        return draft
    if folding.fold(colleague.name) in rotas.on_duty(house.desk.rotas.values(), work.now):
        return draft
    return replace(draft, hold=over_at - work.now)
