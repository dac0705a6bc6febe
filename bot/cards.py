"""The cards of tickets in staff chats: which stand where, what a new one consists of, how one is edited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from bot import views
from bot.house import Chat, House
from bot.views import Reading
from channels.contract import Address, Buttons, Operation
from channels.outbox import Draft, Ref
from kernel import rows
from kernel.unit import Reader
from tickets.visible import TicketView


class Card(Struct, frozen=True):
    """A card that stands in a chat: its message, and the topic it is in."""

    id: int
    ticket_id: int
    chat: Chat
    topic_id: int | None


class Words(Struct, frozen=True):
    """A customer's message as it is shown to staff."""

    text: str
    unreadable: bool
    edited: bool = False
    dmarc: str | None = None  # what was found of a letter's sender


async def standing(reader: Reader, house: House, ticket_ids: Iterable[int]) -> list[Card]:
    """The cards of tickets, the newest first."""
    wanted = list(set(ticket_ids))
    if not wanted:
        return []
    found = await reader.fetch(
        "SELECT id, ref_id, account, address, within_id FROM messages WHERE purpose = 'card'"
        " AND ref_kind = 'ticket' AND state NOT IN ('failed', 'cancelled')"
        f" AND ref_id IN ({rows.marks(wanted)}) ORDER BY id DESC LIMIT 1000",
        *wanted,
    )
    return [
        Card(row["id"], row["ref_id"], chat, row["within_id"])
        for row in found
        if (chat := chat_at(house, row["account"], row["address"]))
    ]


async def in_closed_topics(reader: Reader, cards: Sequence[Card]) -> list[Card]:
    """Those whose topic was closed by us and not opened again since."""
    topics = list({card.topic_id for card in cards if card.topic_id})
    if not topics:
        return []
    found = await reader.fetch(
        "SELECT target_id, operation FROM messages WHERE purpose = 'topic_turn'"
        f" AND target_id IN ({rows.marks(topics)}) ORDER BY id",
        *topics,
    )
    last = {row["target_id"]: row["operation"] for row in found}
    return [card for card in cards if last.get(card.topic_id) == Operation.CLOSE_TOPIC]


def chat_at(house: House, account: str, address: str) -> Chat | None:
    """The chat at an address of ours; None if its line is gone from the settings.

    What the owner of a private one reads is known to `audience.sight`.
    """
    line = house.lines.by_account(account)
    if line is None:
        return None
    place = Address(line.capabilities.scheme, address)
    return house.staff_chat(account, place) or Chat(line, place, language=house.language)


def one_a_chat(cards: Iterable[Card]) -> list[Card]:
    """The newest card of each ticket and chat."""
    found: dict[tuple[int, str, Address], Card] = {}
    for card in cards:
        found.setdefault((card.ticket_id, card.chat.line.account, card.chat.address), card)
    return list(found.values())


def new(
    house: House, ticket: TicketView, chat: Chat, words: Sequence[Words], *, topic_id: int | None, now: datetime
) -> list[Draft]:
    """A topic if the chat has them and none is given, the card, and the customer's words under it. Pure."""
    drafts = []
    if chat.topics and topic_id is None:
        topic = replace(draft(chat, "topic", views.title(ticket), ticket), operation=Operation.OPEN_TOPIC)
        drafts.append(topic)
        topic_id = topic.id
    text, buttons = face(house, chat.language, ticket, now), views.card_buttons(chat.language, ticket)
    card = replace(draft(chat, "card", text, ticket, buttons=buttons), within_id=topic_id)
    drafts.append(card)
    for one in words:
        drafts += copies(Card(card.id, ticket.id, chat, topic_id), ticket, one)
    return drafts


def copies(card: Card, ticket: TicketView, words: Words) -> list[Draft]:
    """The customer's words, hung under the card; more than one message if they are long. Replying answers him. Pure."""
    limit, language = card.chat.line.capabilities.text_limit, card.chat.language
    texts = views.copies(
        language, ticket.contact, words.text, limit, unreadable=words.unreadable, edited=words.edited, dmarc=words.dmarc
    )
    return [
        replace(draft(card.chat, "copy", text, ticket), target_id=card.id, within_id=card.topic_id) for text in texts
    ]


def refreshed(house: House, cards: Iterable[Card], tickets: dict[int, TicketView], now: datetime) -> list[Draft]:
    """Edits that bring cards up to date. Pure."""
    drafts = []
    for card in cards:
        ticket = tickets[card.ticket_id]
        text, language = face(house, card.chat.language, ticket, now), card.chat.language
        fresh = draft(card.chat, "card_edit", text, ticket, buttons=views.card_buttons(language, ticket))
        drafts.append(edit(fresh, card.id))
    return drafts


def turned(cards: Sequence[Card], ticket_id: int, operation: Operation) -> list[Draft]:
    """Close or reopen the topics that a ticket's cards stand in. Pure."""
    topics = {card.topic_id: card for card in cards if card.ticket_id == ticket_id and card.topic_id}
    return [
        replace(plain(card.chat, "topic_turn", ""), operation=operation, target_id=topic_id)
        for topic_id, card in topics.items()
    ]


def face(house: House, language: str, ticket: TicketView, now: datetime) -> str:
    """What a card says now."""
    reading = Reading(language, house.desk.queue(ticket.queue).calendar.zone, now)
    return views.card(reading, ticket, house.lines.label(ticket.channel), house.desk.states)


def draft(chat: Chat, purpose: str, text: str, ticket: TicketView, *, buttons: Buttons = ()) -> Draft:
    """A message about a ticket into a chat."""
    return replace(plain(chat, purpose, text), ref=Ref("ticket", ticket.id), buttons=buttons)


def plain(chat: Chat, purpose: str, text: str) -> Draft:
    """A message into a chat."""
    return Draft(chat.line.channel, chat.line.account, chat.address, purpose, text)


def edit(draft: Draft, target_id: int) -> Draft:
    """The same as an edit of a message that stands."""
    return replace(draft, operation=Operation.EDIT, target_id=target_id)
