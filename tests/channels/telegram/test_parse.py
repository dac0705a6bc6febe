"""Updates as they come over the wire, and what they are understood as."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from channels.contract import Address, Inbound, Kind, Raw
from channels.telegram import parse, peek

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ESZTER = {"id": 2001, "is_bot": False, "first_name": "Eszter", "last_name": "Kovács", "language_code": "hu"}
BOT = {"id": 1000, "is_bot": True, "first_name": "Centrala", "username": "centrala_bot"}
PRIVATE = {"id": 2001, "type": "private", "first_name": "Eszter"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Desk", "is_forum": True}
FILE = {"file_id": "a", "file_unique_id": "b"}
ROOT = {"message_id": 5, "date": 1, "chat": GROUP, "from": BOT, "forum_topic_created": {"name": "T1", "icon_color": 1}}
COPY = {"message_id": 9, "date": 1, "chat": GROUP, "from": BOT, "text": "Eszter:\nHello"}


def raw(update: object, address: str = "2001") -> Raw:
    return Raw("telegram", "telegram:1000", "7", address, orjson.dumps(update), NOW)


def message(**changes: Any) -> dict[str, Any]:
    whole = {"message_id": 3, "date": 1_773_133_200, "chat": PRIVATE, "from": ESZTER}
    return {"update_id": 7, "message": whole | changes}


def understood(**changes: Any) -> Inbound:
    return parse.parse(raw(message(**changes)))


def test_a_text_is_a_message_with_all_that_is_known_of_its_sender() -> None:
    """M-8."""
    assert understood(text="Hello <b>") == Inbound(
        kind=Kind.MESSAGE,
        address=Address("telegram", "2001"),
        sender=Address("telegram", "2001"),
        name="Eszter Kovács",
        text="Hello <b>",
        external_id="3",
        language="hu",
        sent_at=datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
    )


WORDED: list[tuple[str, dict[str, Any], str]] = [
    ("photo", {"photo": [FILE | {"width": 1, "height": 1}]}, "[photo]"),
    ("photo with words", {"photo": [FILE | {"width": 1, "height": 1}], "caption": "Receipt"}, "[photo] Receipt"),
    ("document", {"document": FILE, "caption": "Invoice"}, "[file] Invoice"),
    ("voice", {"voice": FILE | {"duration": 1}}, "[voice message]"),
    ("audio", {"audio": FILE | {"duration": 1}}, "[audio]"),
    ("video", {"video": FILE | {"width": 1, "height": 1, "duration": 1}}, "[video]"),
    ("video note", {"video_note": FILE | {"length": 1, "duration": 1}}, "[video message]"),
    (
        "sticker",
        {"sticker": FILE | {"type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}},
        "[sticker]",
    ),
    ("place", {"location": {"latitude": 1.0, "longitude": 2.0}}, "[place]"),
    ("contact", {"contact": {"phone_number": "+361", "first_name": "E"}}, "[contact]"),
    ("dice", {"dice": {"emoji": "🎲", "value": 1}}, "[dice]"),
    ("story", {"story": {"chat": PRIVATE, "id": 1}}, "[story]"),
    ("game", {"game": {"title": "g", "description": "d", "photo": [FILE | {"width": 1, "height": 1}]}}, "[game]"),
]


@pytest.mark.parametrize(("content", "text"), [row[1:] for row in WORDED], ids=[row[0] for row in WORDED])
def test_what_is_no_text_is_named_in_brackets(content: dict[str, Any], text: str) -> None:
    """M-8: nothing a customer sends is dropped."""
    found = understood(**content)
    assert (found.kind, found.text) == (Kind.MESSAGE, text)
    assert found.attachments


SERVICE: list[dict[str, Any]] = [
    {"new_chat_members": [ESZTER]},
    {"left_chat_member": ESZTER},
    {"new_chat_title": "x"},
    {"pinned_message": COPY},
    {"forum_topic_created": {"name": "x", "icon_color": 1}},
    {"forum_topic_closed": {}},
    {"message_auto_delete_timer_changed": {"message_auto_delete_time": 1}},
    {"group_chat_created": True},
    {"migrate_from_chat_id": -5},
    {},
]


@pytest.mark.parametrize("content", SERVICE, ids=[str(next(iter(one), "empty")) for one in SERVICE])
def test_a_service_message_is_nothing(content: dict[str, Any]) -> None:
    """M-5."""
    assert understood(**content).kind is Kind.NOTHING


def test_a_group_that_moves_says_where_to() -> None:
    """R6."""
    found = understood(chat={"id": -5, "type": "group", "title": "Desk"}, migrate_to_chat_id=-1005)
    assert (found.kind, found.address.value, found.moved_to) == (Kind.MEMBERSHIP, "-5", "-1005")


THREADS = [
    ("a reply", {"reply_to_message": COPY}, "9", ""),
    ("plain talk in a topic", {"message_thread_id": 5, "is_topic_message": True, "reply_to_message": ROOT}, "", "5"),
    ("a reply in a topic", {"message_thread_id": 5, "is_topic_message": True, "reply_to_message": COPY}, "9", "5"),
    ("a thread that is no topic", {"message_thread_id": 9, "reply_to_message": COPY}, "9", ""),
    ("plain", {}, "", ""),
]


@pytest.mark.parametrize(("content", "replies_to", "thread"), [row[1:] for row in THREADS], ids=[r[0] for r in THREADS])
def test_a_gesture_and_a_topic_are_told_apart(content: dict[str, Any], replies_to: str, thread: str) -> None:
    """M-9: in a topic Telegram shows plain talk as a reply to the topic's root."""
    found = understood(chat=GROUP, text="x", **content)
    assert (found.replies_to, found.thread, found.group) == (replies_to, thread, True)


ANONYMOUS = [
    ("himself", {}, False),
    (
        "as the group",
        {"sender_chat": GROUP, "from": {"id": parse.ANONYMOUS_ADMIN, "is_bot": True, "first_name": "G"}},
        True,
    ),
    ("as a channel", {"sender_chat": {"id": -1009, "type": "channel", "title": "C"}}, True),
]


@pytest.mark.parametrize(("content", "anonymous"), [row[1:] for row in ANONYMOUS], ids=[row[0] for row in ANONYMOUS])
def test_who_hides_behind_a_chat_is_nobody(content: dict[str, Any], anonymous: bool) -> None:
    """S20."""
    assert understood(chat=GROUP, text="/close T1", **content).anonymous is anonymous


def test_an_edit_is_an_edit_of_its_message() -> None:
    """M-5."""
    update = message(text="new words", edit_date=1_773_133_300)
    found = parse.parse(raw({"update_id": 7, "edited_message": update["message"]}))
    assert (found.kind, found.external_id, found.text) == (Kind.EDIT, "3", "new words")


def test_a_press_is_its_presser_and_its_button() -> None:
    """M-9: whose message it was under does not matter for who presses."""
    query = {"id": "88", "from": ESZTER, "message": COPY, "chat_instance": "1", "data": "t:tk:1:1"}
    found = parse.parse(raw({"update_id": 7, "callback_query": query}))
    assert (found.kind, found.sender.value, found.address.value) == (Kind.PRESS, "2001", "-100123")
    assert (found.code, found.query, found.replies_to, found.group) == ("t:tk:1:1", "88", "9", True)


PRESSES: list[tuple[str, dict[str, Any], str]] = [
    ("without a message", {}, "2001"),
    ("on one too old", {"message": {"chat": GROUP, "message_id": 9, "date": 0}}, "-100123"),
]


@pytest.mark.parametrize(("content", "address"), [row[1:] for row in PRESSES], ids=[row[0] for row in PRESSES])
def test_a_press_may_lack_its_message_and_its_data(content: dict[str, Any], address: str) -> None:
    """M-9."""
    query = {"id": "88", "from": ESZTER, "chat_instance": "1", **content}
    found = parse.parse(raw({"update_id": 7, "callback_query": query}))
    assert (found.kind, found.address.value, found.code) == (Kind.PRESS, address, "")


@pytest.mark.parametrize(("status", "expected"), [("kicked", "gone"), ("left", "gone"), ("member", "here")])
def test_a_customer_who_goes_or_comes_back(status: str, expected: str) -> None:
    """R6."""
    until = {"until_date": 0} if status == "kicked" else {}
    change = {"chat": PRIVATE, "from": ESZTER, "date": 1, "old_chat_member": {"status": "member", "user": BOT}}
    change["new_chat_member"] = {"status": status, "user": BOT, **until}
    found = parse.parse(raw({"update_id": 7, "my_chat_member": change}))
    assert (found.kind, found.status, found.group) == (Kind.MEMBERSHIP, expected, False)


UNREADABLE = [
    {"update_id": 7, "message": {"message_id": 3}},
    {"update_id": 7, "message": {"message_id": "x", "date": 1, "chat": PRIVATE, "text": "x"}},
    {"update_id": 7, "message": 1},
    {"update_id": 7, "edited_message": {"text": "x"}},
]


@pytest.mark.parametrize("update", UNREADABLE, ids=range(len(UNREADABLE)))
def test_words_that_cannot_be_read_are_a_message_of_their_chat(update: dict[str, Any]) -> None:
    """M-4: never an exception, never silence."""
    found = parse.parse(raw(update))
    assert found.kind is Kind.MESSAGE and found.unreadable.startswith("not an update that is known")
    assert found.address == found.sender == Address("telegram", "2001")


def test_in_a_group_what_cannot_be_read_is_no_customers() -> None:
    """S20."""
    assert parse.parse(raw({"update_id": 7, "message": 1}, address="-100123")).group


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 7},
        {"update_id": 7, "callback_query": {}},
        {"update_id": 7, "poll": {}},
        {"update_id": 7, "new": 1},
    ],
    ids=["nothing", "a broken press", "a broken poll", "a kind of later days"],
)
def test_what_holds_nobodys_words_is_nothing(update: dict[str, Any]) -> None:
    """M-4."""
    assert parse.parse(raw(update)).kind is Kind.NOTHING


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"\xff", b"[" * 5000])
def test_what_is_no_json_object_raises_nothing(body: bytes) -> None:
    """S17: parse promises so."""
    found = parse.parse(Raw("telegram", "telegram:1", "7", "2001", body, NOW))
    assert found.unreadable


PEEKED = [
    ("a message", message(text="x"), "2001"),
    ("a press", {"update_id": 1, "callback_query": {"message": {"chat": {"id": -5}}}}, "-5"),
    ("a press without a message", {"update_id": 1, "callback_query": {"from": {"id": 5}}}, peek.QUARANTINE),
    ("a chat without an id", {"update_id": 1, "message": {"chat": {}}}, peek.QUARANTINE),
    ("an id that is text", {"update_id": 1, "message": {"chat": {"id": "5"}}}, peek.QUARANTINE),
    ("nothing else", {"update_id": 1}, peek.QUARANTINE),
    ("odd parts", {"update_id": 1, "message": None, "x": [1]}, peek.QUARANTINE),
]


@pytest.mark.parametrize(("update", "address"), [row[1:] for row in PEEKED], ids=[row[0] for row in PEEKED])
def test_the_peek_finds_the_chat_or_the_quarantine(update: dict[str, Any], address: str) -> None:
    """M-4: before storing, without understanding."""
    found = peek.from_update(update, b"", bot_id="1", at=NOW)
    assert found is not None and found.address == address


@pytest.mark.parametrize("update", [None, [], 1, "x", {}, {"update_id": "1"}, {"update_id": True}, {"update_id": 1.0}])
def test_what_has_no_update_id_is_no_update(update: object) -> None:
    """S12."""
    assert peek.from_update(update, b"", bot_id="1", at=NOW) is None


TOKEN = f"i_{'x' * 43}"
STARTED = [
    ("by a link's button", f"/start {TOKEN}", TOKEN),
    ("in a group", f"/start@centrala_bot {TOKEN}", TOKEN),
    ("the link as text", f" https://t.me/centrala_bot?start={TOKEN}\n", TOKEN),
    ("without a scheme", "t.me/centrala_bot?start=shop-42_a", "shop-42_a"),
    ("the word alone", "/start", ""),
    ("more words", f"/start {TOKEN} please", ""),
    ("too long for a link", f"/start {'x' * 65}", ""),
    ("within a sentence", f"see https://t.me/centrala_bot?start={TOKEN}", ""),
    ("another place", f"https://t.me.evil.example/centrala_bot?start={TOKEN}", ""),
]


@pytest.mark.parametrize(("text", "started"), [row[1:] for row in STARTED], ids=[row[0] for row in STARTED])
def test_what_a_link_carries_is_read_where_it_is_all_there_is(text: str, started: str) -> None:
    """B-11."""
    assert understood(text=text).started == started


CARD = {"phone_number": "36 30 123-4567", "first_name": "Eszter", "user_id": 2001}
FORWARDED = {"forward_origin": {"type": "user", "date": 1, "sender_user": BOT}}
SHARED = [
    ("his own", {"contact": CARD}, "+36301234567"),
    ("another's", {"contact": CARD | {"user_id": 4711}}, ""),
    ("of nobody with an account", {"contact": {"phone_number": "+36301234567", "first_name": "E"}}, ""),
    ("his own, forwarded", {"contact": CARD} | FORWARDED, ""),
    ("his own, made by a bot", {"contact": CARD, "via_bot": BOT}, ""),
    ("without a digit", {"contact": CARD | {"phone_number": "+"}}, ""),
]


@pytest.mark.parametrize(("content", "shared"), [row[1:] for row in SHARED], ids=[row[0] for row in SHARED])
def test_only_the_card_of_his_own_account_shares_a_number(content: dict[str, Any], shared: str) -> None:
    """S20: anybody can share, forward or have made a card with anybody's number."""
    assert understood(**content).shared == shared
