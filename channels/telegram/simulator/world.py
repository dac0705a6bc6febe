"""The far side of a bot: people, their chats and what they do there, and a view for whoever watches. No HTTP."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from channels.telegram.simulator import groups, texts, wire
from channels.telegram.simulator.faults import Faults
from channels.telegram.simulator.files import Files
from channels.telegram.simulator.ledger import Ledger, Listener
from channels.telegram.simulator.model import (
    Call,
    Chat,
    Document,
    Impossible,
    Json,
    Person,
    Photo,
    Query,
    StoredMessage,
    Toast,
    Topic,
    Webhook,
)

ANONYMOUS_ADMIN = Person(1087968824, "Group", username="GroupAnonymousBot", is_bot=True)
CHANNEL_MASK = Person(136817688, "Channel", username="Channel_Bot", is_bot=True)
TOPIC_COLOR = 7322096
KEPT_CALLS = 10_000
START_LINK = re.compile(r"https://t\.me/(\w{5,32})\?start=([A-Za-z0-9_-]{1,64})")


class World:
    """One bot's surroundings. Every act of a person is an update for the bot; a mistaken act raises `Impossible`."""

    def __init__(self, bot: Person, clock: Callable[[], float] = time.time) -> None:
        self.bot = bot
        self.clock = clock
        self.ledger = Ledger(bot, clock)
        self.updates = self.ledger.updates
        self.faults = Faults(clock)
        self.files = Files(clock)
        self.people: dict[int, Person] = {bot.id: bot}
        self.queries: dict[str, Query] = {}
        self.commands: dict[str, list[Json]] = {}
        self.descriptions: dict[str, str] = {}
        self.webhook: Webhook | None = None
        self.webhook_error: tuple[int, str] | None = None
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._toasts: deque[Toast] = deque(maxlen=KEPT_CALLS)
        self._count = 0

    # --- who and where

    def person(
        self, user_id: int, first_name: str, *, last_name: str = "", username: str = "", language_code: str = "en"
    ) -> Person:
        made = Person(user_id, first_name, last_name, username, language_code)
        self.people[user_id] = made
        self.private(made)
        return made

    def private(self, person: Person) -> Chat:
        """The person's chat with the bot; the bot may not write there before the person has."""
        known = self.ledger.chats.get(person.id)
        if known is None:
            known = self.ledger.chats[person.id] = Chat(person.id, "private", person=person, opened=person.is_bot)
        return known

    def group(
        self, chat_id: int, title: str, *, members: Sequence[Person], forum: bool = False, with_bot: bool = True
    ) -> Chat:
        """A group owned by its first member, the bot an administrator; a supergroup when its id begins with -100."""
        kind = "supergroup" if str(chat_id).startswith("-100") else "group"
        if chat_id >= 0 or (forum and kind == "group"):
            raise Impossible("a group's id is negative, and that of a group with topics begins with -100")
        chat = Chat(chat_id, kind, title, is_forum=forum, bot_status="administrator" if with_bot else "left")
        chat.members = {member.id: member for member in members}
        chat.admins = {member.id for member in members[:1]}
        chat.can_manage_topics = with_bot and forum
        self.ledger.chats[chat_id] = chat
        return chat

    # --- what a person does

    def say(
        self, person: Person, chat: Chat, text: str, *, reply_to: int | None = None, thread: int | None = None
    ) -> int:
        draft = StoredMessage(chat.id, person, thread=thread, reply_to=reply_to)
        return self._speak(chat, _written(draft, text, 4096)).id

    def send(
        self, person: Person, chat: Chat, file: Photo | Document, *, caption: str = "", thread: int | None = None
    ) -> int:
        draft = self._with_file(StoredMessage(chat.id, person, thread=thread), file)
        return self._speak(chat, _written(draft, caption, 1024)).id

    def send_album(
        self,
        person: Person,
        chat: Chat,
        files: Sequence[Photo | Document],
        *,
        caption: str = "",
        thread: int | None = None,
    ) -> list[int]:
        """Several messages with one media_group_id, the caption under the first: an album has no other shape."""
        if not 2 <= len(files) <= 10 or len({type(file) for file in files}) > 1:
            raise Impossible("an album is 2 to 10 files of one kind")
        album = StoredMessage(chat.id, person, thread=thread, album=self.serial("1390"))
        drafts = [self._with_file(album, file) for file in files]
        drafts[0] = _written(drafts[0], caption, 1024)
        return [self._speak(chat, draft).id for draft in drafts]

    def say_as_chat(self, chat: Chat, sender_chat: Chat, text: str, *, thread: int | None = None) -> int:
        """An administrator who stays anonymous (the group itself speaks), or a channel speaking in the group."""
        mask = ANONYMOUS_ADMIN if sender_chat is chat else CHANNEL_MASK
        draft = StoredMessage(chat.id, mask, thread=thread, sender_chat=sender_chat)
        return self._speak(chat, _written(draft, text, 4096)).id

    def share_contact(self, person: Person, chat: Chat, phone: str, *, user_id: int | None = None) -> int:
        """Own number by default; another `user_id` is somebody else's card, 0 one of nobody on Telegram."""
        owner = self.people.get(person.id if user_id is None else user_id)
        contact: Json = {"phone_number": phone, "first_name": owner.first_name if owner else "Somebody"}
        if user_id != 0:
            contact["user_id"] = person.id if user_id is None else user_id
        return self._speak(chat, StoredMessage(chat.id, person, contact=contact)).id

    def open_link(self, person: Person, link: str) -> int:
        """Follow a link to the bot and press START, which shows only where nothing has been written yet."""
        found = START_LINK.fullmatch(link)
        if found is None or found[1].casefold() != self.bot.username.casefold():
            raise Impossible(f"{link} is no link to @{self.bot.username}")
        chat = self.private(person)
        if chat.opened:
            raise Impossible("the chat exists: an app opens it without a START button")
        return self.say(person, chat, f"/start {found[2]}")

    def edit(self, person: Person, chat: Chat, message_id: int, text: str) -> None:
        message = self._own(person, chat, message_id)
        edited = self.ledger.change(_written(message, text, 1024 if message.has_file else 4096))
        self.ledger.tell("edited_message", edited)

    def delete(self, person: Person, chat: Chat, message_id: int) -> None:
        """The person's own message disappears; Telegram does not tell bots."""
        self.ledger.remove(self._own(person, chat, message_id))

    def press(self, person: Person, chat: Chat, message_id: int, data: str) -> str:
        """Press the button that carries this data, on a message as it stands now; the callback query's id."""
        self._present(person, chat)
        message = self.ledger.find(chat, message_id)
        shown = [button.get("callback_data") for row in message.inline_rows for button in row] if message else []
        if message is None or data not in shown:
            raise Impossible(f"no button with {data!r} on message {message_id}; there are {shown}")
        query = Query(self.serial("4382"), person, chat.id, message_id, data, self.clock())
        self.queries[query.id] = query
        if chat.bot_present:
            self.updates.add("callback_query", wire.callback_query(chat, query, message))
        return query.id

    def block(self, person: Person) -> None:
        groups.set_bot(self.ledger, self.private(person), "kicked", by=person)

    def unblock(self, person: Person) -> None:
        groups.set_bot(self.ledger, self.private(person), "member", by=person)

    # --- what happens to groups and topics

    @property
    def hears_all(self) -> bool:
        """False: privacy mode, which @BotFather switches."""
        return self.ledger.hears_all

    @hears_all.setter
    def hears_all(self, hears: bool) -> None:
        self.ledger.hears_all = hears

    def set_topics(self, chat: Chat, on: bool) -> None:
        """Its owner switches topics: bots are not told, but see it on whatever happens there next."""
        if chat.kind != "supergroup":
            raise Impossible(f"{chat.title} has to become a supergroup first")
        chat.is_forum = on
        chat.can_manage_topics = chat.can_manage_topics and on

    def hide(self, person: Person, chat: Chat, on: bool = True) -> None:
        """An administrator remains anonymous from now on, or does not."""
        if person.id not in chat.admins:
            raise Impossible(f"{person.name} is no administrator of {chat.title}")
        (chat.anonymous.add if on else chat.anonymous.discard)(person.id)

    def join(self, person: Person, chat: Chat) -> None:
        groups.join(self.ledger, chat, person)

    def leave(self, person: Person, chat: Chat) -> None:
        groups.leave(self.ledger, chat, person)

    def add_bot(self, chat: Chat, by: Person, *, admin: bool = True, can_manage_topics: bool = True) -> None:
        """The bot comes into the group, or gets other rights in it."""
        chat.can_manage_topics = admin and can_manage_topics and chat.is_forum
        groups.set_bot(self.ledger, chat, "administrator" if admin else "member", by=by)

    def remove_bot(self, chat: Chat, by: Person) -> None:
        groups.set_bot(self.ledger, chat, "kicked", by=by)

    def upgrade(self, chat: Chat, new_id: int | None = None) -> Chat:
        """The group becomes a supergroup under a new id; the old id is dead from now on."""
        return groups.upgrade(self.ledger, chat, new_id)

    def create_topic(self, chat: Chat, by: Person, name: str) -> int:
        return self.ledger.open_topic(chat, by, name=name, icon_color=TOPIC_COLOR).thread

    def delete_topic(self, chat: Chat, thread: int) -> None:
        self.ledger.drop_topic(chat, self.ledger.topic(chat, thread))

    def close_topic(self, chat: Chat, thread: int) -> None:
        self.ledger.close_topic(chat, self.ledger.topic(chat, thread), groups.owner(chat), closed=True)

    def reopen_topic(self, chat: Chat, thread: int) -> None:
        self.ledger.close_topic(chat, self.ledger.topic(chat, thread), groups.owner(chat), closed=False)

    def redeliver(self, update_id: int) -> None:
        """An update the bot has confirmed comes once more."""
        self.updates.redeliver(update_id)

    # --- watching

    def listen(self, callback: Listener) -> Callable[[], None]:
        """Hear of every change as it happens; call the result to stop."""
        return self.ledger.listen(callback)

    def messages(
        self, chat_id: int, *, thread: int | None = None, service: bool = False, deleted: bool = True
    ) -> list[StoredMessage]:
        """In order, deleted ones included and marked; the grey service lines only when asked for."""
        chat = self.ledger.chats.get(chat_id)
        return [
            message
            for message in (chat.messages.values() if chat else ())
            if (thread is None or message.thread == thread)
            and (service or not message.service)
            and (deleted or not message.deleted)
        ]

    def topics(self, chat_id: int) -> list[Topic]:
        return list(self.ledger.chats[chat_id].topics.values())

    @property
    def toasts(self) -> list[Toast]:
        """The answered button presses, in order (the last ten thousand)."""
        return list(self._toasts)

    @property
    def calls(self) -> list[Call]:
        """Every call the bot made, refused ones too, in order (the last ten thousand)."""
        return list(self._calls)

    def record(self, call: Call) -> None:
        self._calls.append(call)

    def show_toast(self, toast: Toast) -> None:
        self._toasts.append(toast)

    def serial(self, prefix: str) -> str:
        """An identifier that was never given before."""
        self._count += 1
        return f"{prefix}{self._count:012d}"

    # --- how it is done

    def _speak(self, chat: Chat, draft: StoredMessage) -> StoredMessage:
        if draft.sender_chat is None:
            self._present(draft.sender, chat)
        if draft.reply_to is not None and self.ledger.find(chat, draft.reply_to) is None:
            raise Impossible(f"no message {draft.reply_to} to reply to")
        if draft.thread is not None:
            topic = self.ledger.topic(chat, draft.thread)
            if topic.closed and draft.sender_chat is not chat and draft.sender.id not in chat.admins:
                raise Impossible("the topic is closed")
        if not (draft.text or draft.has_file or draft.contact):
            raise Impossible("nothing to send")
        chat.opened = True
        return self.ledger.post_and_tell(draft)

    def _present(self, person: Person, chat: Chat) -> None:
        if chat.migrated_to is not None:
            raise Impossible(f"the group has moved to {chat.migrated_to}")
        if chat.is_private:
            if chat.person != person or not chat.bot_present:
                raise Impossible("a private chat is its person's alone, and not of one who blocks the bot")
        elif person.id not in chat.members:
            raise Impossible(f"{person.name} is not in {chat.title}")

    def _own(self, person: Person, chat: Chat, message_id: int) -> StoredMessage:
        message = self.ledger.find(chat, message_id)
        if message is None or message.sender != person:
            raise Impossible(f"message {message_id} is not there or not {person.name}'s")
        return message

    def _with_file(self, draft: StoredMessage, file: Photo | Document) -> StoredMessage:
        if isinstance(file, Photo):
            return replace(draft, photo=self.files.keep_photo(file))
        return replace(draft, document=self.files.keep_document(file))


def _written(draft: StoredMessage, text: str, limit: int) -> StoredMessage:
    formatted = texts.plain(text)
    if texts.units(formatted.text) > limit:
        raise Impossible(f"an app would not send more than {limit} characters in one piece")
    return replace(draft, text=formatted.text, entities=formatted.entities)
