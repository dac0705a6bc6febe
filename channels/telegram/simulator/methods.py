"""The table of the Bot API's methods, and those about messages. getUpdates, which waits, is not among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from channels.telegram.simulator import checks, methods_bot, methods_chats, wire
from channels.telegram.simulator.model import (
    Change,
    ChangeKind,
    Chat,
    Document,
    Json,
    Photo,
    StoredFile,
    StoredMessage,
    Toast,
)
from channels.telegram.simulator.params import Params, Upload
from channels.telegram.simulator.refusals import bad
from channels.telegram.simulator.world import World

Method = Callable[[World, Params], Any]

QUERY_LIFETIME_S = 60.0
DELETABLE_S = 48 * 3600.0
TOAST_LIMIT = 200
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"
ALBUM_KINDS = ("photo", "document")


def send_message(world: World, params: Params) -> Json:
    body = checks.message_text(params)
    chat, draft = _draft(world, params)
    return _post(world, chat, replace(draft, text=body.text, entities=body.entities))


def send_photo(world: World, params: Params) -> Json:
    return _send_file(world, params, "photo")


def send_document(world: World, params: Params) -> Json:
    return _send_file(world, params, "document")


def send_media_group(world: World, params: Params) -> list[Json]:
    media = params.objects("media", "can't parse media JSON object") or []
    if not 2 <= len(media) <= 10:
        raise bad("message must be non-empty" if not media else "wrong number of messages in the album")
    kinds = {str(item.get("type")) for item in media}
    if len(kinds) > 1 or not kinds <= set(ALBUM_KINDS):
        raise bad("document can't be mixed with other media types")
    chat, draft = _draft(world, params)
    draft = replace(draft, album=world.serial("1390"))
    drafts = [_album_item(world, params, draft, item) for item in media]
    return [_post(world, chat, item) for item in drafts]


def _album_item(world: World, params: Params, draft: StoredMessage, item: Json) -> StoredMessage:
    body = checks.caption(Params(item))
    draft = replace(draft, text=body.text, entities=body.entities)
    reference = str(item.get("media", ""))
    return _with_file(world, draft, str(item["type"]), params.attached(reference) or reference)


def edit_message_text(world: World, params: Params) -> Json:
    body = checks.message_text(params)
    chat = checks.writable(world, params)
    message = checks.own_message(world, chat, params)
    if message.has_file or not message.text:
        raise bad("there is no text in the message to edit")
    markup = checks.keyboard(params, chat)
    return _edit(world, chat, message, replace(message, text=body.text, entities=body.entities, markup=markup))


def edit_message_caption(world: World, params: Params) -> Json:
    body = checks.caption(params)
    chat = checks.writable(world, params)
    message = checks.own_message(world, chat, params)
    if not message.has_file:
        raise bad("there is no caption in the message to edit")
    markup = checks.keyboard(params, chat)
    return _edit(world, chat, message, replace(message, text=body.text, entities=body.entities, markup=markup))


def edit_message_reply_markup(world: World, params: Params) -> Json:
    chat = checks.writable(world, params)
    message = checks.own_message(world, chat, params)
    return _edit(world, chat, message, replace(message, markup=checks.keyboard(params, chat)))


def _edit(world: World, chat: Chat, message: StoredMessage, edited: StoredMessage) -> Json:
    """An edit without a keyboard takes the keyboard away: the markup is part of what is set."""
    same_text = (message.text, list(message.entities)) == (edited.text, list(edited.entities))
    if same_text and message.inline_rows == edited.inline_rows:
        raise bad(NOT_MODIFIED)
    return wire.message(chat, world.ledger.change(edited))


def delete_message(world: World, params: Params) -> bool:
    chat = checks.chat(world, params)
    message = world.ledger.find(chat, params.integer("message_id") or 0)
    if message is None:
        raise bad("message to delete not found")
    if message.sender != world.bot and not chat.is_private and chat.bot_status != "administrator":
        raise bad("message can't be deleted")
    if chat.kind != "supergroup" and world.clock() - message.at.timestamp() > DELETABLE_S:
        raise bad("message can't be deleted for everyone")
    world.ledger.remove(message)
    return True


def answer_callback_query(world: World, params: Params) -> bool:
    query = world.queries.get(params.text("callback_query_id"))
    if query is None or world.clock() - query.at > QUERY_LIFETIME_S:
        raise bad(OLD_QUERY)
    if len(params.text("text")) > TOAST_LIMIT:
        raise bad("MESSAGE_TOO_LONG")
    del world.queries[query.id]
    toast = Toast(
        query.id,
        query.person,
        query.chat_id,
        query.message_id,
        params.text("text"),
        params.boolean("show_alert"),
        params.text("url"),
    )
    world.show_toast(toast)
    world.ledger.notice(Change(ChangeKind.TOAST, query.chat_id, toast=toast))
    return True


def pin_chat_message(world: World, params: Params) -> bool:
    chat = checks.writable(world, params)
    message = world.ledger.find(chat, params.integer("message_id") or 0)
    if message is None:
        raise bad("message to pin not found")
    if not chat.is_private and chat.bot_status != "administrator":
        raise bad("not enough rights to manage pinned messages in the chat")
    if chat.pinned != message.id:
        chat.pinned = message.id
        pinned = {"pinned_message": wire.message(chat, message, nested=True)}
        world.ledger.post_and_tell(StoredMessage(chat.id, world.bot, thread=message.thread, service=pinned))
    return True


def unpin_chat_message(world: World, params: Params) -> bool:
    chat = checks.writable(world, params)
    if chat.pinned is None or params.integer("message_id") not in (None, chat.pinned):
        raise bad("message to unpin not found")
    chat.pinned = None
    return True


def _draft(world: World, params: Params) -> tuple[Chat, StoredMessage]:
    """All of a new message but its content."""
    chat = checks.writable(world, params)
    draft = StoredMessage(
        chat.id,
        world.bot,
        thread=checks.thread(chat, params),
        reply_to=checks.replied(world, chat, params),
        markup=checks.keyboard(params, chat),
    )
    return chat, draft


def _send_file(world: World, params: Params, kind: str) -> Json:
    body = checks.caption(params)
    chat, draft = _draft(world, params)
    given = params.upload(kind) or params.text(kind)
    filled = _with_file(world, draft, kind, given)
    return _post(world, chat, replace(filled, text=body.text, entities=body.entities))


def _with_file(world: World, draft: StoredMessage, kind: str, given: Upload | str) -> StoredMessage:
    if isinstance(given, Upload):
        if kind == "photo":
            return replace(draft, photo=world.files.keep_photo(Photo(given.content)))
        document = Document(given.content, given.name, given.mime)
        return replace(draft, document=world.files.keep_document(document))
    known = _known_file(world, kind, given)
    return replace(draft, photo=(known,)) if kind == "photo" else replace(draft, document=known)


def _known_file(world: World, kind: str, file_id: str) -> StoredFile:
    if not file_id:
        raise bad(f"there is no {kind} in the request")
    if "://" in file_id:
        # The simulator has no internet to fetch from.
        raise bad("failed to get HTTP URL content")
    known = world.files.find(file_id)
    if known is None:
        raise bad("wrong file identifier/HTTP URL specified")
    if known.kind != kind:
        raise bad(f"can't use file of type {known.kind.title()} as {kind.title()}")
    return known


def _post(world: World, chat: Chat, draft: StoredMessage) -> Json:
    return wire.message(chat, world.ledger.post(draft))


MESSAGES: Mapping[str, Method] = {
    "sendmessage": send_message,
    "sendphoto": send_photo,
    "senddocument": send_document,
    "sendmediagroup": send_media_group,
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "answercallbackquery": answer_callback_query,
    "pinchatmessage": pin_chat_message,
    "unpinchatmessage": unpin_chat_message,
}
METHODS: Mapping[str, Method] = {**MESSAGES, **methods_chats.CHATS, **methods_bot.BOT}
WAITING: Sequence[str] = ("getupdates",)
