"""Who is in a group and what the bot may do there: joining, leaving, rights, blocking, the move to a supergroup."""

from __future__ import annotations

from channels.telegram.simulator import wire
from channels.telegram.simulator.ledger import Ledger
from channels.telegram.simulator.model import PRESENT, Chat, Impossible, Person, StoredMessage


def owner(chat: Chat) -> Person:
    if not chat.members:
        raise Impossible(f"nobody is left in {chat.title}")
    return next(iter(chat.members.values()))


def status(chat: Chat, person: Person) -> str:
    if person.id not in chat.members:
        return "left"
    if person.id in chat.admins:
        return "creator" if owner(chat) == person else "administrator"
    return "member"


def set_bot(ledger: Ledger, chat: Chat, new: str, *, by: Person) -> None:
    """The bot's place in the chat changes: it is told by my_chat_member, which reaches it even when it is put out."""
    before = wire.member(chat, ledger.bot, chat.bot_status)
    came = chat.bot_status not in PRESENT and new in PRESENT
    chat.bot_status = new
    after = wire.member(chat, ledger.bot, new)
    ledger.updates.add("my_chat_member", wire.membership(chat, by, at=ledger.now(), old=before, new=after))
    if came and not chat.is_private:
        _announce(ledger, chat, by, "new_chat_members", [wire.user(ledger.bot)])


def join(ledger: Ledger, chat: Chat, person: Person) -> None:
    before = status(chat, person)
    chat.members[person.id] = person
    _tell_member(ledger, chat, person, before)
    _announce(ledger, chat, person, "new_chat_members", [wire.user(person)])


def leave(ledger: Ledger, chat: Chat, person: Person) -> None:
    if person.id not in chat.members:
        raise Impossible(f"{person.name} is not in {chat.title}")
    before = status(chat, person)
    _announce(ledger, chat, person, "left_chat_member", wire.user(person))
    del chat.members[person.id]
    chat.admins.discard(person.id)
    _tell_member(ledger, chat, person, before)


def upgrade(ledger: Ledger, chat: Chat, new_id: int | None) -> Chat:
    if chat.kind != "group" or chat.migrated_to is not None:
        raise Impossible(f"{chat.title} is not a basic group")
    number = new_id if new_id is not None else -1_000_000_000_000 + chat.id
    if number in ledger.chats:
        raise Impossible(f"chat {number} exists already")
    moved = Chat(number, "supergroup", chat.title, bot_status=chat.bot_status)
    moved.members, moved.admins, moved.anonymous = dict(chat.members), set(chat.admins), set(chat.anonymous)
    ledger.chats[number] = moved
    by = owner(chat)
    _announce(ledger, chat, by, "migrate_to_chat_id", number)
    _announce(ledger, moved, by, "migrate_from_chat_id", chat.id)
    chat.migrated_to = number
    return moved


def _announce(ledger: Ledger, chat: Chat, by: Person, field: str, value: object) -> None:
    ledger.post_and_tell(StoredMessage(chat.id, by, service={field: value}))


def _tell_member(ledger: Ledger, chat: Chat, person: Person, before: str) -> None:
    """chat_member reaches only a bot that is an administrator and asked for such updates by name."""
    if chat.bot_status != "administrator":
        return
    old, new = wire.member(chat, person, before), wire.member(chat, person, status(chat, person))
    ledger.updates.add("chat_member", wire.membership(chat, person, at=ledger.now(), old=old, new=new))
