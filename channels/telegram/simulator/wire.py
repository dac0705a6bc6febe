"""How people, chats and messages look in the Bot API's JSON. Reads the model; decides nothing."""

from __future__ import annotations

import hashlib
from datetime import datetime

from channels.telegram.simulator.model import Chat, Json, Person, Query, StoredFile, StoredMessage

ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
    "can_pin_messages",
)
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


def user(person: Person) -> Json:
    written: Json = {"id": person.id, "is_bot": person.is_bot, "first_name": person.first_name}
    optional = {"last_name": person.last_name, "username": person.username, "language_code": person.language_code}
    return written | {key: value for key, value in optional.items() if value}


def chat(place: Chat) -> Json:
    written: Json = {"id": place.id, "type": place.kind}
    if place.person is not None:
        names = {name: getattr(place.person, name) for name in ("first_name", "last_name", "username")}
        return written | {key: value for key, value in names.items() if value}
    written["title"] = place.title
    if place.is_forum:
        written["is_forum"] = True
    return written


def full_chat(place: Chat) -> Json:
    written = chat(place) | {"accent_color_id": 0, "max_reaction_count": 11}
    written["accepted_gift_types"] = dict.fromkeys(GIFTS, False)
    if place.pinned in place.messages:
        written["pinned_message"] = message(place, place.messages[place.pinned], nested=True)
    return written


def member(place: Chat, person: Person, status: str) -> Json:
    """A ChatMember of the given status; the bot's right to manage topics is the chat's to say."""
    written: Json = {"status": status, "user": user(person)}
    if status == "creator":
        written["is_anonymous"] = person.id in place.anonymous
    if status == "administrator":
        written |= dict.fromkeys(ADMIN_RIGHTS, True)
        written |= {"can_be_edited": False, "is_anonymous": person.id in place.anonymous, "can_promote_members": False}
        written["can_manage_topics"] = place.can_manage_topics if person.is_bot else place.is_forum
    if status == "kicked":
        written["until_date"] = 0
    return written


def message(place: Chat, stored: StoredMessage, *, nested: bool = False) -> Json:
    """A Message; a nested one (replied to, pinned) does not carry the message it replies to."""
    written: Json = {
        "message_id": stored.id,
        "from": user(stored.sender),
        "chat": chat(place),
        "date": int(stored.at.timestamp()),
        **_thread(place, stored),
        **_content(stored),
        **stored.service,
    }
    if stored.sender_chat is not None:
        written["sender_chat"] = chat(stored.sender_chat)
    if stored.edited_at is not None:
        written["edit_date"] = int(stored.edited_at.timestamp())
    if stored.inline_rows:  # reply keyboards are never told back
        written["reply_markup"] = {"inline_keyboard": stored.inline_rows}
    target = None if nested else _replied(place, stored)
    if target is not None:
        written["reply_to_message"] = message(place, target, nested=True)
    return written


def callback_query(place: Chat, query: Query, pressed: StoredMessage) -> Json:
    instance = int.from_bytes(hashlib.sha256(str(place.id).encode()).digest()[:8], "big", signed=True)
    return {
        "id": query.id,
        "from": user(query.person),
        "message": message(place, pressed),
        "chat_instance": str(instance),
        "data": query.data,
    }


def membership(place: Chat, by: Person, *, at: datetime, old: Json, new: Json) -> Json:
    """A ChatMemberUpdated."""
    return {
        "chat": chat(place),
        "from": user(by),
        "date": int(at.timestamp()),
        "old_chat_member": old,
        "new_chat_member": new,
    }


def _thread(place: Chat, stored: StoredMessage) -> Json:
    if stored.thread is not None:
        return {"message_thread_id": stored.thread, "is_topic_message": True}
    if place.kind == "supergroup" and not place.is_forum and stored.reply_to:
        # A reply in a plain supergroup starts a thread too: message_thread_id alone does not mean a forum topic.
        return {"message_thread_id": _root(place, stored)}
    return {}


def _root(place: Chat, stored: StoredMessage) -> int:
    while stored.reply_to and stored.reply_to in place.messages:
        stored = place.messages[stored.reply_to]
    return stored.id


def _replied(place: Chat, stored: StoredMessage) -> StoredMessage | None:
    """In a topic every message that answers nothing is shown as an answer to the message that opened the topic."""
    target = place.messages.get(stored.reply_to or stored.thread or 0)
    return None if target is None or target.deleted or target.id == stored.id else target


def _content(stored: StoredMessage) -> Json:
    written: Json = {}
    if stored.photo:
        written["photo"] = [_picture(size) for size in stored.photo]
    if stored.document is not None:
        written["document"] = _document(stored.document)
    if stored.contact is not None:
        written["contact"] = stored.contact
    if stored.album:
        written["media_group_id"] = stored.album
    text, entities = ("caption", "caption_entities") if stored.has_file else ("text", "entities")
    if stored.text:
        written[text] = stored.text
    if stored.entities:
        written[entities] = list(stored.entities)
    return written


def _picture(size: StoredFile) -> Json:
    return file(size) | {"width": size.width, "height": size.height}


def _document(document: StoredFile) -> Json:
    named = {"file_name": document.name, "mime_type": document.mime}
    return file(document) | {key: value for key, value in named.items() if value}


def file(stored: StoredFile) -> Json:
    return {"file_id": stored.id, "file_unique_id": stored.unique_id, "file_size": len(stored.content)}
