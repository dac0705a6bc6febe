"""How tickets, lists and alerts read: sentences, limits, and that nothing a customer writes breaks them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import views
from bot.views import Reading
from channels import rendering
from tickets.visible import EntryView, TicketView

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")
READING = Reading("en", UTC, NOW)
FACTS: dict[str, Any] = {
    "id": 1,
    "number": 12,
    "subject": "Card blocked",
    "state": "open",
    "queue": "inbox",
    "priority": 3,
    "tags": (),
    "assignee_id": None,
    "assignee": None,
    "contact_id": 1,
    "contact": "Eszter",
    "language": "hu",
    "channel": "telegram",
    "account": "telegram:1",
    "scheme": "telegram",
    "address": "2001",
    "version": 4,
    "answered_at": None,
    "created_at": NOW,
    "updated_at": NOW,
    "first_response_due": NOW + timedelta(hours=1),
    "is_breached": False,
}


def ticket(**changes: Any) -> TicketView:
    return TicketView(**FACTS | changes)


def entry(text: str, **changes: Any) -> EntryView:
    facts: dict[str, Any] = {"kind": "message", "author_kind": "customer", "author": "Eszter", "channel": "telegram"}
    facts |= {"at": NOW, "text": text, "delivery": None, "reason": None, "message_id": 1}
    return EntryView(**facts | changes)


CARDS = [
    ({}, "open · nobody has it · first answer by 10:00 UTC"),
    ({"assignee": "Anna"}, "open · Anna has it · first answer by 10:00 UTC"),
    ({"is_breached": True}, "open · nobody has it · first answer was due 10:00 UTC"),
    ({"state": "waiting", "first_response_due": None, "assignee": "Anna"}, "answered · Anna has it"),
    ({"state": "closed", "first_response_due": None}, "closed · nobody has it"),
    ({"first_response_due": NOW + timedelta(days=3)}, "open · nobody has it · first answer by Fri 13 Mar 09:00 UTC"),
]


@pytest.mark.parametrize(("changes", "last"), CARDS, ids=[last for _, last in CARDS])
def test_a_card_says_state_owner_and_due_time(changes: dict[str, Any], last: str) -> None:
    """M-9: no relative times: it is edited only when something changes."""
    lines = views.card(READING, ticket(**changes), "Telegram").split("\n")
    assert lines[:2] == ["T12 · Card blocked", "Eszter · Telegram · inbox · P3"]
    assert lines[2] == last


def test_a_card_shows_tags_and_local_times() -> None:
    """M-6."""
    text = views.card(Reading("en", WARSAW, NOW), ticket(tags=("card", "vip")), "Telegram")
    assert "P3 · card, vip" in text and "first answer by 11:00 CET" in text


def test_customers_words_cannot_add_lines_to_a_card() -> None:
    """S8: a name or subject with line breaks stands on its line."""
    text = views.card(READING, ticket(contact="E\nT99 · closed", subject="x\n\nanswered · Anna has it"), "Telegram")
    assert len(text.split("\n")) == 3


@pytest.mark.parametrize("state", ["open", "waiting", "closed"])
def test_the_buttons_of_a_card_fit_its_state_and_carry_its_version(state: str) -> None:
    """M-9."""
    [row] = views.card_buttons("en", ticket(state=state))
    labels = [button.label for button in row]
    assert labels == (["Reopen", "Show"] if state == "closed" else ["Take", "Close", "Show"])
    assert all(button.code.endswith(":12:4") for button in row)


@pytest.mark.parametrize("subject", ["x" * 500, "😀" * 500, "a " * 300], ids=["letters", "emoji", "words"])
def test_a_topics_title_fits(subject: str) -> None:
    """M-5: 128 characters at Telegram."""
    title = views.title(ticket(subject=subject, contact="E" * 300))
    assert len(title) <= 128 and title.endswith("…")


@pytest.mark.parametrize(
    ("dmarc", "mark"),
    [
        ("pass", ""),
        (None, ""),
        ("none", " (sender not proven)"),
        ("fail", " (sender forged? DMARC failed)"),
    ],
)
def test_who_was_not_proved_is_marked(dmarc: str | None, mark: str) -> None:
    """S3, M-9: behind his name, in the copy of his words and in the list of them; inside what one message takes."""
    assert views.copies("en", "Eszter", "Help", 4096, dmarc=dmarc) == [f"Eszter{mark}:\nHelp"]
    assert all(rendering.units(one) <= 100 for one in views.copies("en", "Eszter", "word " * 60, 100, dmarc=dmarc))
    assert views.entry(READING, entry("Help", dmarc=dmarc)) == f"09:00 Eszter{mark}: Help"


TEXTS = ["", "short", "x" * 4096, "word " * 2000, "😀" * 2048, "😀x" * 3000, "\n" * 9000 + "end", "line\n" * 3000]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_copies_fit_and_lose_nothing_but_white_space(text: str) -> None:
    """M-8: counted in UTF-16 units, as Telegram counts."""
    found = views.copies("en", "Eszter", text, 4096)
    assert all(rendering.units(one) <= 4096 for one in found)
    words = "".join(one.split(":\n", 1)[1] for one in found)
    assert "".join(words.split()) == "".join((text.strip() or "(no text)").split())


def test_a_text_without_end_becomes_five_copies_and_says_that_there_is_more() -> None:
    """M-8: one customer cannot flood the staff chat."""
    found = views.copies("en", "Eszter", "words " * 100_000, 4096)
    assert len(found) == views.PIECES
    assert found[-1].endswith("… (there is more: the ticket's page has it)")
    assert [one.split("\n")[0] for one in found][:2] == ["Eszter:", "Eszter (2):"]


@pytest.mark.parametrize(
    ("more", "first"),
    [
        ({}, "Eszter:\n(no text)"),
        ({"unreadable": True}, "Eszter:\n(a message that cannot be read; the original is kept)"),
        ({"edited": True}, "Eszter (edited):\n(no text)"),
    ],
)
def test_a_copy_without_words_says_so(more: dict[str, bool], first: str) -> None:
    """M-8."""
    assert views.copies("en", "Eszter", " \n", 4096, **more) == [first]


def test_the_detail_keeps_the_card_and_the_newest_entries() -> None:
    """M-9: /show of a long ticket fits into one message, and begins with the card."""
    entries = [entry(f"message {number} " + "😀" * 900) for number in range(20)]
    text = views.detail(READING, ticket(), "Telegram", entries, limit=4096)
    assert rendering.units(text) <= 4096
    assert text.startswith("T12 · Card blocked") and "message 19" in text and "message 0 " not in text


ENTRIES = [
    (entry("Hello"), "09:00 Eszter: Hello"),
    (entry("He called", kind="note", author="Anna"), "09:00 Anna (note): He called"),
    (entry("Anna took the ticket", kind="event"), "09:00 · Anna took the ticket"),
    (entry("On it", author="Anna", delivery="sent"), "09:00 Anna: On it [✓ sent]"),
    (entry("On it", author="Anna", delivery="maybe_sent"), "09:00 Anna: On it [? maybe sent]"),
    (entry("On it", author="Anna", delivery="failed"), "09:00 Anna: On it [✗ not sent]"),
    (entry("On it", author="Anna", delivery="queued"), "09:00 Anna: On it [on its way]"),
    (entry("On it", author="Anna", delivery="cancelled"), "09:00 Anna: On it [taken back]"),
]


@pytest.mark.parametrize(("one", "line"), ENTRIES, ids=[line for _, line in ENTRIES])
def test_an_entry_is_one_line_with_who_what_and_how_it_went(one: EntryView, line: str) -> None:
    """M-9."""
    assert views.entry(READING, one) == line


def test_a_list_says_how_many_more_there_are() -> None:
    """M-9: eight a page."""
    found = [ticket(number=number) for number in range(1, 9)]
    text = views.listing(READING, "Yours:", found, 11)
    assert text.startswith("Yours: 11\nT1 P3 Card blocked · first answer by 10:00 UTC")
    assert text.endswith("… and 3 more")
    assert [len(row) for row in views.list_buttons(found)] == [4, 4]


ALERTS = [
    ({}, 1, timedelta(), "First answer was due 10:00 UTC · nobody has it"),
    ({}, 1, timedelta(minutes=90), "First answer was due 10:00 UTC (1h 30m ago) · nobody has it"),
    (
        {"assignee": "Anna"},
        3,
        timedelta(0),
        "First answer was due 10:00 UTC · Anna has it · still unanswered, alert no. 3",
    ),
    ({"first_response_due": None}, 1, timedelta(0), "The first answer is late · nobody has it"),
]


@pytest.mark.parametrize(("changes", "run", "over", "line"), ALERTS, ids=[row[3] for row in ALERTS])
def test_an_alert_says_how_late_whose_and_the_last_words(
    changes: dict[str, Any], run: int, over: timedelta, line: str
) -> None:
    """M-10."""
    at = NOW + timedelta(hours=1) + over
    text = views.alert(Reading("en", UTC, at), ticket(**changes), "Please\ncall " + "x" * 300, views.Cause(run))
    head, second, words = text.split("\n")
    assert head == "P3 · T12 · Eszter · Card blocked"
    assert second == line
    assert words.startswith("“Please call x") and words.endswith("…”") and len(words) <= views.LAST_WORDS + 2
