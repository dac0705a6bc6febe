"""The chats and all that was written in them: numbering, changing, telling. Who may write is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec.structs import replace

from channels.telegram.simulator import privacy, wire
from channels.telegram.simulator.model import (
    Change,
    ChangeKind,
    Chat,
    Impossible,
    Json,
    Person,
    StoredMessage,
    Topic,
)
from channels.telegram.simulator.updates import UpdateQueue

Listener = Callable[[Change], None]


class Ledger:
    def __init__(self, bot: Person, clock: Callable[[], float]) -> None:
        self.bot = bot
        self.clock = clock
        self.updates = UpdateQueue(clock)
        self.chats: dict[int, Chat] = {}
        self._listeners: list[Listener] = []
        self.shared_id = 0
        self.hears_all = False  # privacy mode is on, as it is for every new bot

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def listen(self, callback: Listener) -> Callable[[], None]:
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def notice(self, change: Change) -> None:
        for listener in list(self._listeners):
            listener(change)

    def post(self, draft: StoredMessage) -> StoredMessage:
        """Number the message, put it into its chat, show it to the watchers."""
        chat = self.chats[draft.chat_id]
        number = self._next_id(chat)
        thread = number if "forum_topic_created" in draft.service else draft.thread
        posted = replace(draft, id=number, at=self.now(), thread=thread)
        chat.messages[number] = posted
        self.notice(Change(ChangeKind.POSTED, chat.id, posted))
        return posted

    def post_and_tell(self, draft: StoredMessage) -> StoredMessage:
        posted = self.post(draft)
        self.tell("message", posted)
        return posted

    def change(self, edited: StoredMessage) -> StoredMessage:
        edited = replace(edited, edited_at=self.now())
        self.chats[edited.chat_id].messages[edited.id] = edited
        self.notice(Change(ChangeKind.EDITED, edited.chat_id, edited))
        return edited

    def remove(self, message: StoredMessage) -> None:
        """Take it out of everybody's sight; bots are never told."""
        gone = replace(message, deleted=True)
        self.chats[message.chat_id].messages[message.id] = gone
        self.notice(Change(ChangeKind.DELETED, message.chat_id, gone))

    def tell(self, kind: str, message: StoredMessage) -> None:
        """Queue an update about the message, if the bot is there to hear it."""
        chat = self.chats[message.chat_id]
        if chat.bot_present and (self.hears_all or privacy.hears(self.bot, chat, message)):
            self.updates.add(kind, wire.message(chat, message))

    def find(self, chat: Chat, message_id: int) -> StoredMessage | None:
        """The message, unless it is deleted."""
        message = chat.messages.get(message_id)
        return None if message is None or message.deleted else message

    # Topics: the same acts whether the bot or a person does them. The bot hears of its own acts too, as at Telegram.

    def open_topic(self, chat: Chat, by: Person, *, name: str, icon_color: int) -> Topic:
        created = {"forum_topic_created": {"name": name, "icon_color": icon_color}}
        root = self.post(StoredMessage(chat.id, by, service=created))
        topic = Topic(root.id, name, icon_color)
        chat.topics[root.id] = topic
        self.tell("message", root)
        self.notice(Change(ChangeKind.TOPIC, chat.id, topic=topic))
        return topic

    def mark_topic(self, chat: Chat, topic: Topic, *, by: Person, service: Json) -> None:
        """A service message in the topic: closed, reopened, renamed."""
        self.post_and_tell(StoredMessage(chat.id, by, thread=topic.thread, service=service))
        self.notice(Change(ChangeKind.TOPIC, chat.id, topic=topic))

    def close_topic(self, chat: Chat, topic: Topic, by: Person, *, closed: bool) -> None:
        topic.closed = closed
        self.mark_topic(chat, topic, by=by, service={"forum_topic_closed" if closed else "forum_topic_reopened": {}})

    def drop_topic(self, chat: Chat, topic: Topic) -> None:
        """The topic goes with everything in it; no update tells the bot."""
        del chat.topics[topic.thread]
        for message in list(chat.messages.values()):
            if message.thread == topic.thread and not message.deleted:
                self.remove(message)
        self.notice(Change(ChangeKind.TOPIC, chat.id, topic=topic))

    def topic(self, chat: Chat, thread: int) -> Topic:
        if thread not in chat.topics:
            raise Impossible(f"no topic {thread} in chat {chat.id}")
        return chat.topics[thread]

    def _next_id(self, chat: Chat) -> int:
        """Supergroups number their own messages; private chats and basic groups share one count, the account's.
        So a message id means something only together with its chat."""
        if chat.kind == "supergroup":
            return max(chat.messages, default=0) + 1
        self.shared_id += 1
        return self.shared_id
