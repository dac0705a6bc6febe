"""By which way somebody is told: by his wish, else as he is reached best; and why somebody cannot be."""

from __future__ import annotations

import pytest

from channels.contract import Address, Capabilities
from channels.lines import Line, Lines
from crmcore import notice_plan
from crmcore.audience import Reached, Recipient
from crmcore.ledger import Change
from crmcore.notice_plan import LeftOut, Plan, Way

LETTERS = Line("letter", "letter:1", Capabilities("Letter", "mailto", conversational=False))
TEXTS = Line("text", "text:1", Capabilities("Text", "tel", keywords=True, one_way=("+7",)))
CHAT = Line("chat", "chat:1", Capabilities("Chat", "chat", buttons=True))
LINES = Lines([LETTERS, TEXTS, CHAT]).ordered()
CHAT_AT, PHONE, LETTER_AT = Address("chat", "7"), Address("tel", "+48600"), Address("mailto", "a@b.pl")


def somebody(*reached: Reached | Address, language: str = "", prefers: tuple[str, ...] = ()) -> Recipient:
    addresses = tuple(one if isinstance(one, Reached) else Reached(one) for one in reached)
    return Recipient(1, "Jan", "", language, "", prefers, "subscribed", addresses)


def test_lines_are_ordered_by_what_they_can() -> None:
    """Chats with buttons, chats, letters: whatever order the settings have."""
    assert [line.channel for line in LINES] == ["chat", "text", "letter"]


@pytest.mark.parametrize(
    ("who", "channel"),
    [
        (somebody(LETTER_AT, PHONE, CHAT_AT), "chat"),
        (somebody(LETTER_AT, PHONE), "text"),
        (somebody(LETTER_AT), "letter"),
        (somebody(LETTER_AT, PHONE, CHAT_AT, prefers=("mailto",)), "letter"),
        (somebody(LETTER_AT, PHONE, CHAT_AT, prefers=("tel", "mailto")), "text"),
        (somebody(LETTER_AT, CHAT_AT, prefers=("tel", "mailto")), "letter"),
        (somebody(Reached(CHAT_AT, blocked=True), PHONE), "text"),
        (somebody(CHAT_AT, Reached(PHONE, opted_out=True), prefers=("tel",)), "chat"),
        (somebody(Reached(Address("tel", "+48"), blocked=True), PHONE), "text"),
    ],
    ids=[
        "best",
        "no chat",
        "only letters",
        "wish",
        "two wishes",
        "half a wish",
        "blocked",
        "opted out",
        "second phone",
    ],
)
def test_the_first_open_way_is_taken(who: Recipient, channel: str) -> None:
    """S0-8."""
    way = notice_plan.choose(who, LINES)
    assert isinstance(way, Way) and way.line.channel == channel


@pytest.mark.parametrize(
    ("who", "tried", "reason"),
    [
        (somebody(), (), "no address is known"),
        (somebody(Address("web", "x")), (), "no channel here reaches a web address"),
        (
            somebody(Reached(CHAT_AT, blocked=True), Reached(PHONE, opted_out=True)),
            (),
            "Chat refuses us (blocked); opted out of Text",
        ),
        (somebody(CHAT_AT), ("chat",), "Chat failed"),
    ],
)
def test_who_cannot_be_told_is_left_out_with_the_reason(who: Recipient, tried: tuple[str, ...], reason: str) -> None:
    """S0-8: told before anything is sent."""
    way = notice_plan.choose(who, LINES, tried=tried)
    assert isinstance(way, LeftOut) and way.reason == reason


@pytest.mark.parametrize(
    ("who", "language"),
    [
        (somebody(PHONE, language="hu"), "hu"),
        (somebody(LETTER_AT, PHONE), "pl"),
        (somebody(Address("tel", "+421900")), "sk"),
        (somebody(Address("tel", "+3620")), "hu"),
        (somebody(Address("tel", "+7912")), "ru"),
        (somebody(Address("tel", "+44")), "en"),
        (somebody(LETTER_AT), "en"),
    ],
)
def test_the_language_is_his_own_or_his_phones_or_english(who: Recipient, language: str) -> None:
    assert notice_plan.language(who) == language


def test_stop_is_offered_only_where_it_can_arrive() -> None:
    """Not by a chat without keywords, not to a country from which no answer comes."""
    ways = [notice_plan.choose(somebody(one), LINES) for one in (PHONE, Address("tel", "+7912"), CHAT_AT)]
    assert [isinstance(way, Way) and way.may_stop for way in ways] == [True, False, False]


def test_a_plan_adds_up() -> None:
    plan = Plan()
    people = [somebody(CHAT_AT, language="hu"), somebody(PHONE), *[somebody()] * 12]
    plan.add(notice_plan.plan(people, LINES, Change.ANNOUNCE))
    assert (plan.told, plan.by_label, plan.by_language) == (2, {"Chat": 1, "Text": 1}, {"hu": 1, "pl": 1})
    assert plan.left_out == {"no address is known": 12} and len(plan.named) == 10


def test_who_was_never_told_needs_no_end() -> None:
    who = somebody(CHAT_AT)
    counts = [len(notice_plan.plan([who], LINES, change)) for change in Change]
    assert dict(zip(Change, counts, strict=True)) == {
        Change.ANNOUNCE: 1,
        Change.MOVE: 1,
        Change.END: 0,
        Change.CANCEL: 0,
    }
