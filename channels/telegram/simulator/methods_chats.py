"""The Bot API's methods about chats: what they are, who is in them, their topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from channels.telegram.simulator import checks, groups, wire
from channels.telegram.simulator.model import Json
from channels.telegram.simulator.params import Params
from channels.telegram.simulator.refusals import bad
from channels.telegram.simulator.world import TOPIC_COLOR, World

TOPIC_COLORS = frozenset({7322096, 16766590, 13338331, 9367192, 16749490, 16478047})
TOPIC_NAME_LIMIT = 128
CHAT_ACTIONS = frozenset(
    {"typing", "choose_sticker", "find_location"}
    | {f"{act}_{what}" for act in ("record", "upload") for what in ("video", "voice", "video_note")}
    | {"upload_photo", "upload_document"}
)


def get_chat(world: World, params: Params) -> Json:
    chat = checks.chat(world, params)
    if chat.is_private and not chat.opened:
        raise bad("chat not found")
    return wire.full_chat(chat)


def get_chat_member(world: World, params: Params) -> Json:
    chat = checks.chat(world, params)
    person = world.people.get(params.integer("user_id") or 0)
    if person == world.bot:
        return wire.member(chat, world.bot, chat.bot_status)
    if person is None or chat.is_private:
        raise bad("PARTICIPANT_ID_INVALID")
    return wire.member(chat, person, groups.status(chat, person))


def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """Those of a group that are people: other bots are never told of."""
    chat = checks.chat(world, params)
    if chat.is_private:
        raise bad("there are no administrators in the private chat")
    people = [person for person in chat.members.values() if person.id in chat.admins and not person.is_bot]
    return [wire.member(chat, person, groups.status(chat, person)) for person in people]


def leave_chat(world: World, params: Params) -> bool:
    chat = checks.chat(world, params)
    if chat.is_private:
        raise bad("chat member status can't be changed in private chats")
    groups.set_bot(world.ledger, chat, "left", by=world.bot)
    return True


def send_chat_action(world: World, params: Params) -> bool:
    chat = checks.writable(world, params)
    checks.thread(chat, params)
    if params.text("action") not in CHAT_ACTIONS:
        raise bad("wrong parameter action in request")
    return True


def create_forum_topic(world: World, params: Params) -> Json:
    chat = checks.writable(world, params)
    checks.manageable(chat)
    name = _topic_name(params)
    color = params.integer("icon_color") or TOPIC_COLOR
    if color not in TOPIC_COLORS:
        raise bad("invalid icon color specified")
    topic = world.ledger.open_topic(chat, world.bot, name=name, icon_color=color)
    return {"message_thread_id": topic.thread, "name": topic.name, "icon_color": topic.icon_color}


def edit_forum_topic(world: World, params: Params) -> bool:
    chat = checks.writable(world, params)
    topic = checks.topic(chat, params)
    name = _topic_name(params) if "name" in params.given else topic.name
    if name == topic.name and "icon_custom_emoji_id" not in params.given:
        raise bad("TOPIC_NOT_MODIFIED")
    topic.name = name
    world.ledger.mark_topic(chat, topic, by=world.bot, service={"forum_topic_edited": {"name": name}})
    return True


def close_forum_topic(world: World, params: Params) -> bool:
    return _toggle(world, params, closed=True)


def reopen_forum_topic(world: World, params: Params) -> bool:
    return _toggle(world, params, closed=False)


def delete_forum_topic(world: World, params: Params) -> bool:
    chat = checks.writable(world, params)
    world.ledger.drop_topic(chat, checks.topic(chat, params))
    return True


def _toggle(world: World, params: Params, *, closed: bool) -> bool:
    chat = checks.writable(world, params)
    topic = checks.topic(chat, params)
    if topic.closed == closed:
        raise bad("TOPIC_NOT_MODIFIED")
    world.ledger.close_topic(chat, topic, world.bot, closed=closed)
    return True


def _topic_name(params: Params) -> str:
    name = params.text("name").strip()
    if not name:
        raise bad("title must be non-empty")
    if len(name) > TOPIC_NAME_LIMIT:
        # The documented limit. Telegram may cut the name instead; a caller should not leave that to it.
        raise bad("TOPIC_TITLE_TOO_LONG")
    return name


CHATS: Mapping[str, Callable[[World, Params], Any]] = {
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "getchatadministrators": get_chat_administrators,
    "leavechat": leave_chat,
    "sendchataction": send_chat_action,
    "createforumtopic": create_forum_topic,
    "editforumtopic": edit_forum_topic,
    "closeforumtopic": close_forum_topic,
    "reopenforumtopic": reopen_forum_topic,
    "deleteforumtopic": delete_forum_topic,
}
