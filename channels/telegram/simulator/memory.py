"""What a world remembers over a restart of the demo: who wrote what where, and how far its numbers had come.

Faults, files, pending updates and button queries are not kept: nobody misses them the next day.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from channels.telegram.simulator.model import Chat, Json, Person, StoredMessage, Topic
from channels.telegram.simulator.world import World

LEAP = 1_000  # numbers jumped over, as the last moments before a crash were not written down


def remember(world: World) -> Json:
    """The world's chats as plain JSON values."""
    chats = {str(chat.id): _chat(chat) for chat in world.ledger.chats.values()}
    return {"chats": chats, "update_id": world.updates.last_id, "shared_id": world.ledger.shared_id}


def recall(world: World, memory: Json) -> None:
    """Put remembered messages back into chats that exist; go on counting well behind the old numbers."""
    world.updates.skip_to(int(memory["update_id"]) + LEAP)
    world.ledger.shared_id = int(memory["shared_id"]) + LEAP
    for chat_id, kept in memory["chats"].items():
        chat = world.ledger.chats.get(int(chat_id))
        if chat is None:
            continue
        chat.opened = bool(kept["opened"])
        chat.bot_status = kept.get("bot_status", chat.bot_status)
        for one in kept["topics"]:
            chat.topics[one["thread"]] = Topic(one["thread"], one["name"], one["icon_color"], one["closed"])
        for one in kept["messages"]:
            message = _recalled(chat, one, world)
            chat.messages[message.id] = message


def _chat(chat: Chat) -> Json:
    topics = [
        {"thread": one.thread, "name": one.name, "icon_color": one.icon_color, "closed": one.closed}
        for one in chat.topics.values()
    ]
    messages = [_message(one) for one in chat.messages.values() if not one.deleted]
    return {"opened": chat.opened, "bot_status": chat.bot_status, "topics": topics, "messages": messages}


def _message(one: StoredMessage) -> Json:
    return {
        "id": one.id,
        "sender": one.sender.id,
        "at": one.at.isoformat(),
        "text": one.text,
        "thread": one.thread,
        "reply_to": one.reply_to,
        "markup": one.markup,
        "service": one.service,
        "edited_at": one.edited_at.isoformat() if one.edited_at else None,
    }


def _recalled(chat: Chat, one: dict[str, Any], world: World) -> StoredMessage:
    nobody = Person(one["sender"], "Somebody")
    return StoredMessage(
        chat.id,
        world.people.get(one["sender"], nobody),
        id=one["id"],
        at=datetime.fromisoformat(one["at"]),
        text=one["text"],
        thread=one["thread"],
        reply_to=one["reply_to"],
        markup=one["markup"],
        service=one["service"],
        edited_at=datetime.fromisoformat(one["edited_at"]) if one["edited_at"] else None,
    )
