"""The values the simulated Telegram is made of: people, chats, messages, changes. No behaviour beyond reading them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

Json = dict[str, Any]
Button = tuple[str, str]

PRESENT = frozenset({"creator", "administrator", "member"})
NEVER = datetime.fromtimestamp(0, UTC)


class Impossible(Exception):
    """A person could not do this in any Telegram app (a mistake in the test or in the demo's script)."""


class ChangeKind(StrEnum):
    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"
    TOAST = "toast"
    TOPIC = "topic"


class Person(Struct, frozen=True):
    """An account: a human being, or a bot when `is_bot`."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = ""
    is_bot: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class StoredFile(Struct, frozen=True):
    """A file Telegram keeps; `unique_id` is the same for the same content, `id` is not."""

    id: str
    unique_id: str
    kind: str
    content: bytes
    name: str = ""
    mime: str = ""
    width: int = 0
    height: int = 0


class Photo(Struct, frozen=True):
    """A picture on its way into a chat: the bytes of a PNG, JPEG, GIF or WebP."""

    content: bytes


class Document(Struct, frozen=True):
    """A file on its way into a chat."""

    content: bytes
    name: str = "file.bin"
    mime: str = "application/octet-stream"


class Topic(Struct, eq=False):
    thread: int
    name: str
    icon_color: int
    closed: bool = False


class StoredMessage(Struct, frozen=True):
    """One message as it stands in its chat now; an edit puts a new value in its place."""

    chat_id: int
    sender: Person
    id: int = 0
    at: datetime = NEVER
    thread: int | None = None
    text: str = ""  # of a photo or a document: its caption
    entities: Sequence[Json] = ()
    photo: Sequence[StoredFile] = ()  # sizes of one picture, the smallest first
    document: StoredFile | None = None
    contact: Json | None = None
    album: str = ""
    sender_chat: Chat | None = None
    reply_to: int | None = None
    markup: Json | None = None
    service: Json = field(default_factory=dict)
    edited_at: datetime | None = None
    deleted: bool = False

    @property
    def edited(self) -> bool:
        return self.edited_at is not None

    @property
    def has_file(self) -> bool:
        return bool(self.photo) or self.document is not None

    @property
    def inline_rows(self) -> list[list[Json]]:
        return list((self.markup or {}).get("inline_keyboard", []))

    @property
    def buttons(self) -> list[list[Button]]:
        """Rows of (label, callback data or address) under the message."""
        return [
            [(str(button["text"]), str(button.get("callback_data") or button.get("url") or "")) for button in row]
            for row in self.inline_rows
        ]


class Chat(Struct, eq=False):
    """A private chat (whose `id` is the person's), a basic group or a supergroup, as seen by the one bot."""

    id: int
    kind: str
    title: str = ""
    person: Person | None = None
    is_forum: bool = False
    members: dict[int, Person] = field(default_factory=dict)
    admins: set[int] = field(default_factory=set)
    anonymous: set[int] = field(default_factory=set)  # administrators who write as the group
    bot_status: str = "member"
    can_manage_topics: bool = False
    opened: bool = False  # private: the person has written, so the bot may write too
    migrated_to: int | None = None
    pinned: int | None = None
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, StoredMessage] = field(default_factory=dict)

    @property
    def is_private(self) -> bool:
        return self.kind == "private"

    @property
    def bot_present(self) -> bool:
        return self.bot_status in PRESENT


class Toast(Struct, frozen=True):
    """What a person saw after a button press was answered; an empty text only stops the spinner."""

    query_id: str
    person: Person
    chat_id: int
    message_id: int
    text: str = ""
    show_alert: bool = False
    url: str = ""


class Change(Struct, frozen=True):
    """Something a person looking at the chat would notice."""

    kind: ChangeKind
    chat_id: int
    message: StoredMessage | None = None
    toast: Toast | None = None
    topic: Topic | None = None


class Query(Struct, frozen=True):
    """A button press that waits for its answer."""

    id: str
    person: Person
    chat_id: int
    message_id: int
    data: str
    at: float


class Webhook(Struct, frozen=True):
    url: str
    secret: str = ""
    max_connections: int = 40


class Call(Struct, frozen=True):
    """One call the bot made, as it came over the wire; uploads stand under the name of their part."""

    method: str
    params: Json
