"""From a stored update to an Inbound, through aiogram's types. Pure; raises nothing."""

from __future__ import annotations

import re

from aiogram.types import CallbackQuery, ChatMemberUpdated, InaccessibleMessage, Message, Update, User
from pydantic import ValidationError

from channels.contract import Address, Inbound, Kind, Raw
from channels.telegram import files, peek

WORDS = frozenset({"message", "edited_message"})
GONE = frozenset({"kicked", "left"})
ANONYMOUS_ADMIN = 1087968824  # the account Telegram shows for admins who hide behind their group
# /start with what a link has put after it (t.me/our_bot?start=payload); or that link itself, written as text: in a chat
# that exists already the apps show no START button for it.
_STARTED = re.compile(
    r"(?:/start(?:@\w{1,40})?\s+|(?:https?://)?(?:t|telegram)\.me/\w{1,40}\?start=)([A-Za-z0-9_-]{1,64})", re.IGNORECASE
)
PLACEHOLDERS = (
    ("photo", "photo"),
    ("document", "file"),
    ("voice", "voice message"),
    ("audio", "audio"),
    ("video", "video"),
    ("video_note", "video message"),
    ("sticker", "sticker"),
    ("location", "place"),
    ("contact", "contact"),
    ("story", "story"),
    ("poll", "poll"),
    ("dice", "dice"),
    ("game", "game"),
    ("checklist", "checklist"),
    ("paid_media", "paid media"),
)


def parse(raw: Raw) -> Inbound:
    """The update in `raw`. What aiogram cannot read becomes an unreadable message of that chat."""
    try:
        update = Update.model_validate_json(raw.body)
    except ValidationError as error:
        update_as_sent = peek.decode(raw.body)
        if isinstance(update_as_sent, dict) and not WORDS & update_as_sent.keys():
            return _nothing(raw)  # a press, a membership, a kind of update that we never asked for: nobody's words
        return _unreadable(raw, f"not an update that is known ({error.error_count()} faults)")
    if update.message is not None:
        return _message(update.message, Kind.MESSAGE)
    if update.edited_message is not None:
        return _message(update.edited_message, Kind.EDIT)
    if update.callback_query is not None:
        return _press(update.callback_query, raw)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    return _nothing(raw)


def _message(message: Message, kind: Kind) -> Inbound:
    if message.migrate_to_chat_id is not None:
        here = _chat(message.chat.id)
        return Inbound(Kind.MEMBERSHIP, here, here, group=True, moved_to=str(message.migrate_to_chat_id))
    text = message.text or message.caption or ""
    held = tuple(label for name, label in PLACEHOLDERS if getattr(message, name))
    if not text and not held:
        kind = Kind.NOTHING  # a service message: somebody joined, a topic was made, a message was pinned
    sender = message.from_user
    person = _user(sender) if sender else _chat(message.chat.id)
    return Inbound(
        kind=kind,
        address=_chat(message.chat.id),
        sender=person,
        name=_name(sender) if sender else (message.chat.title or ""),
        text=_worded(text, held),
        external_id=str(message.message_id),
        language=(sender.language_code or "") if sender else "",
        sent_at=message.date,
        replies_to=_answered(message),
        thread=str(message.message_thread_id) if message.is_topic_message and message.message_thread_id else "",
        group=message.chat.type in ("group", "supergroup"),
        anonymous=message.sender_chat is not None or (sender is not None and sender.id == ANONYMOUS_ADMIN),
        attachments=held,
        files=files.of(message),
        shared=_shared(message),
        started=_started(text),
    )


def _started(text: str) -> str:
    found = _STARTED.fullmatch(text.strip())
    return found[1] if found else ""


def _shared(message: Message) -> str:
    """The sender's own number. Telegram says whose account a shared contact is; anybody can share somebody else's."""
    contact, sender = message.contact, message.from_user
    if contact is None or sender is None or contact.user_id != sender.id:
        return ""
    if message.forward_origin is not None or message.via_bot is not None:
        return ""  # made elsewhere: what number stands on it was somebody else's to write
    digits = "".join(char for char in contact.phone_number if char.isdecimal() and char.isascii())
    return f"+{digits}" if digits else ""


def _worded(text: str, held: tuple[str, ...]) -> str:
    """Words, with what cannot be shown yet named in brackets: [photo] My receipt."""
    marks = " ".join(f"[{label}]" for label in held)
    return f"{marks} {text}".strip() if marks else text


def _answered(message: Message) -> str:
    """The message replied to. Plain talk in a topic carries the topic's root as a reply: that is no gesture."""
    replied = message.reply_to_message
    if replied is None or (message.is_topic_message and replied.message_id == message.message_thread_id):
        return ""
    return str(replied.message_id)


def _press(query: CallbackQuery, raw: Raw) -> Inbound:
    message = query.message
    thread, group, chat_id = "", False, query.from_user.id
    if message is not None:
        chat_id, group = message.chat.id, message.chat.type in ("group", "supergroup")
        if not isinstance(message, InaccessibleMessage) and message.is_topic_message and message.message_thread_id:
            thread = str(message.message_thread_id)
    return Inbound(
        kind=Kind.PRESS,
        address=_chat(chat_id),
        sender=_user(query.from_user),
        name=_name(query.from_user),
        language=query.from_user.language_code or "",
        replies_to=str(message.message_id) if message else "",
        thread=thread,
        group=group,
        code=query.data or "",
        query=query.id,
    )


def _membership(change: ChatMemberUpdated) -> Inbound:
    return Inbound(
        kind=Kind.MEMBERSHIP,
        address=_chat(change.chat.id),
        sender=_user(change.from_user),
        name=_name(change.from_user),
        group=change.chat.type != "private",
        status="gone" if change.new_chat_member.status in GONE else "here",
    )


def _unreadable(raw: Raw, why: str) -> Inbound:
    chat = Address(peek.SCHEME, raw.address)
    is_group = raw.address.startswith("-")
    return Inbound(Kind.MESSAGE, chat, chat, unreadable=why, group=is_group)


def _nothing(raw: Raw) -> Inbound:
    chat = Address(peek.SCHEME, raw.address)
    return Inbound(Kind.NOTHING, chat, chat)


def _chat(chat_id: int) -> Address:
    return Address(peek.SCHEME, str(chat_id))


def _user(user: User) -> Address:
    return Address(peek.SCHEME, str(user.id))


def _name(user: User) -> str:
    return user.full_name
