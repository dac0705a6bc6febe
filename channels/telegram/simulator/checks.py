"""What the Bot API refuses before anything is done: unreachable chats and topics, wrong lengths, wrong keyboards."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import orjson

from channels.telegram.simulator import texts
from channels.telegram.simulator.model import Chat, Json, StoredMessage, Topic
from channels.telegram.simulator.params import Params
from channels.telegram.simulator.refusals import bad, forbidden, migrated
from channels.telegram.simulator.world import World

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
CALLBACK_LIMIT_BYTES = 64
MARKUP_LIMIT_BYTES = 10_000
BUTTON_LIMIT = 100
ACTIONS = ("url", "callback_data", "web_app", "login_url", "switch_inline_query", "copy_text", "pay")
BAD_MARKUP = "can't parse reply keyboard markup JSON object"


def chat(world: World, params: Params) -> Chat:
    """The chat of the call, if the bot can see it."""
    if not params.text("chat_id"):
        raise bad("chat_id is empty")
    found = None if params.chat_id is None else world.ledger.chats.get(params.chat_id)
    if found is None:
        raise bad("chat not found")
    if found.migrated_to is not None:
        raise migrated(found.migrated_to)
    if not found.is_private and not found.bot_present:
        kind = "supergroup" if found.kind == "supergroup" else "group"
        if found.bot_status == "kicked":
            raise forbidden(f"bot was kicked from the {kind} chat")
        raise forbidden(f"bot is not a member of the {kind} chat")
    return found


def writable(world: World, params: Params) -> Chat:
    """The chat of the call, if the bot may write there."""
    found = chat(world, params)
    if not found.is_private:
        return found
    if found.person is not None and found.person.is_bot:
        raise forbidden("bots can't send messages to bots")
    if not found.bot_present:
        raise forbidden("bot was blocked by the user")
    if not found.opened:
        raise forbidden("bot can't initiate conversation with a user")
    return found


def thread(place: Chat, params: Params) -> int | None:
    """The topic to write into; the closed ones take words only from those who manage topics."""
    number = params.integer("message_thread_id")
    if not number:
        return None
    topic = place.topics.get(number)
    if topic is None:
        raise bad("message thread not found")
    if topic.closed and not place.can_manage_topics:
        raise bad("TOPIC_CLOSED")
    return number


def replied(world: World, place: Chat, params: Params) -> int | None:
    """The message to answer; None too when it is gone and the caller said that does not matter."""
    given = params.structure("reply_parameters", "can't parse reply parameters JSON object")
    if given is None:
        given = {"message_id": params.integer("reply_to_message_id")}
    if not isinstance(given, dict):
        raise bad("object expected as reply parameters")
    number = Params(given).integer("message_id")
    if not number:
        return None
    if world.ledger.find(place, number) is not None:
        return number
    if given.get("allow_sending_without_reply") or params.boolean("allow_sending_without_reply"):
        return None
    raise bad("message to be replied not found")


def message_text(params: Params) -> texts.Formatted:
    if not params.text("text"):
        raise bad("message text is empty")
    formatted = _formatted(params, "text", "entities")
    if not formatted.text:
        raise bad("text must be non-empty")
    if texts.units(formatted.text) > TEXT_LIMIT:
        raise bad("message is too long")
    return formatted


def caption(params: Params) -> texts.Formatted:
    formatted = _formatted(params, "caption", "caption_entities")
    if texts.units(formatted.text) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    return formatted


def _formatted(params: Params, name: str, entities: str) -> texts.Formatted:
    given = params.objects(entities, "can't parse entities JSON object")
    return texts.read(params.text(name), params.text("parse_mode"), given)


def own_message(world: World, place: Chat, params: Params) -> StoredMessage:
    """The message to edit: there, and the bot's."""
    number = params.integer("message_id")
    if not number:
        raise bad("message identifier is not specified")
    message = world.ledger.find(place, number)
    if message is None:
        raise bad("message to edit not found")
    if message.sender != world.bot or message.service:
        raise bad("message can't be edited")
    return message


def topic(place: Chat, params: Params) -> Topic:
    """The topic to manage, if the bot may."""
    manageable(place)
    found = place.topics.get(params.integer("message_thread_id") or 0)
    if found is None:
        raise bad("TOPIC_ID_INVALID")
    return found


def manageable(place: Chat) -> None:
    if not place.is_forum:
        raise bad("the chat is not a forum")
    if not place.can_manage_topics:
        raise bad("not enough rights to create a topic")


def keyboard(params: Params, place: Chat) -> Json | None:
    """The reply_markup of the call, None when there is none."""
    markup = params.structure("reply_markup", BAD_MARKUP)
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in markup:
        _rows(markup["inline_keyboard"], "inline keyboard")
        _inline(markup)
        return markup
    if "keyboard" in markup:
        _rows(markup["keyboard"], "keyboard")
        _reply_keyboard(markup, place)
    return markup


def _rows(rows: object, what: str) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad(f'field "{what.replace(" ", "_")}" must be an Array of Arrays')
    for button in (button for row in rows for button in row):
        label = button.get("text") if isinstance(button, dict) else button
        if not isinstance(label, str) or (isinstance(button, str) and what == "inline keyboard"):
            raise bad(f'can\'t parse {what} button: Field "text" must be of type String')
        if not label.strip():
            # Telegram may drop such a button without a word; nobody ever wants that.
            raise bad("BUTTON_TEXT_INVALID")


def _inline(markup: Json) -> None:
    buttons = [button for row in markup["inline_keyboard"] for button in row]
    for button in buttons:
        if not any(action in button for action in ACTIONS):
            raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        data = button.get("callback_data")
        if data is not None and not 1 <= len(str(data).encode()) <= CALLBACK_LIMIT_BYTES:
            raise bad("BUTTON_DATA_INVALID")
        if "url" in button and not _reachable(str(button["url"])):
            raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if len(buttons) > BUTTON_LIMIT or len(orjson.dumps(markup)) > MARKUP_LIMIT_BYTES:
        raise bad("reply markup is too long")


def _reachable(url: str) -> bool:
    """Only what looks like a public address: a host needs a dot, so http://localhost is refused, 127.0.0.1 is not."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return False
    if parts.scheme == "tg":
        return bool(parts.netloc)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    try:
        ip_address(parts.hostname)
    except ValueError:
        return "." in parts.hostname.strip(".") and " " not in url
    return True


def _reply_keyboard(markup: Json, place: Chat) -> None:
    buttons = [button for row in markup["keyboard"] for button in row if isinstance(button, dict)]
    if any(button.get("request_contact") for button in buttons) and not place.is_private:
        raise bad("phone number can be requested in private chats only")
