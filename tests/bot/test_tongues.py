"""What colleagues read in five languages: cards, buttons, texts, letters, times and refusals, within their limits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from msgspec import Struct

from bot import calls, diary, mail_grammar, telling, views, words
from bot.commands import helping, registry
from bot.house import Chat, House
from bot.views import Reading
from channels.contract import Address, Buttons, Capabilities
from channels.email import quote
from channels.lines import Line, Lines
from channels.sms import compose
from crmcore.access import StaffId
from crmcore.models.staff import Role
from crmcore.staff import Colleague
from kernel import errors, texts
from kernel.phrases import Phrase
from kernel.unit import Work
from routing.desk import Desk, Queue
from routing.models import ReminderKind, ReminderState
from routing.visible import ReminderView
from tests.bot.test_views import NOW, ticket
from tickets import calendar
from tickets.models import ClockKind

LEARNT = registry()
words.learn(LEARNT)
CODE_BYTES, LABEL, ROW = 64, 32, 4  # Telegram's limit of a code; what a phone shows of a row of labels
SEGMENTS = {"en": 1, "pl": 1, "sk": 1, "hu": 1, "ru": 2}  # bot.md 4: sk and hu are folded to one
DESK = Desk({"inbox": Queue("inbox", calendar.always())})
AREAS = ("alerts", "answers", "refusals")
_VERB = re.compile(r"(?<![\w/.])/[a-z]+\b")


def shown(language: str) -> list[Buttons]:
    """Each set of buttons that stands under what the bot says by itself."""
    kind, state = ReminderKind.CALL, ReminderState.FIRED
    who, times = (1, "Anna", True, 1, 12, "x"), (NOW, "UTC", "Anna", NOW, NOW, False, None, None)
    reminder = ReminderView(1, 1, kind, state, *who, *times)
    return [
        views.card_buttons(language, ticket()),
        views.card_buttons(language, ticket(state="closed")),
        views.alert_buttons(language, ticket(), 2**62),
        diary.buttons(language, reminder, ticket()),
    ]


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_buttons_fit_in_every_language(language: str) -> None:
    """M-8, issue 5: a code of at most 64 bytes, labels that a phone shows side by side, and none that two share."""
    for rows in shown(language):
        for row in rows:
            labels = [button.label for button in row]
            assert all(button.label and len(button.code.encode()) <= CODE_BYTES for button in row)
            assert len(labels) <= ROW and len(set(labels)) == len(labels) and sum(map(len, labels)) <= LABEL + 8, labels


class _Now(Struct):
    """As much of a unit as a text asks for: half an hour after the first answer was due."""

    now: datetime = NOW + timedelta(hours=1.5)


CARDS = {
    "en": "open · Anna has it · first answer by 10:00 UTC",
    "pl": "otwarte · ma je Anna · pierwsza odpowiedź do 10:00 UTC",
    "sk": "otvorené · má ju Anna · prvá odpoveď do 10:00 UTC",
    "hu": "nyitott · nála van: Anna · első válasz eddig: 10:00 UTC",
    "ru": "открыто · у коллеги Anna · первый ответ до 10:00 UTC",
}
LATE = {
    "en": "First answer was due 10:00 UTC (1h 30m ago) · nobody has it",
    "pl": "Pierwsza odpowiedź: termin minął 10:00 UTC (1h 30m temu) · nikt tego nie ma",
    "sk": "Prvá odpoveď: termín uplynul 10:00 UTC (pred 1h 30m) · nikto to nemá",
    "hu": "Első válasz: lejárt 10:00 UTC (ennyivel ezelőtt: 1h 30m) · senkinél sincs",
    "ru": "Первый ответ: срок истёк 10:00 UTC (1h 30m назад) · ни у кого",
}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_card_and_an_alert_read_in_every_language(language: str) -> None:
    """M-8: what people wrote stays; what we say is the reader's."""
    reading = Reading(language, UTC, NOW)
    first, second, status = views.card(reading, ticket(assignee="Anna"), "Telegram").split("\n")
    assert (first, second) == ("T12 · Card blocked", "Eszter · Telegram · inbox · P3")
    assert status == CARDS[language]
    late = Reading(language, UTC, NOW + timedelta(hours=2.5))
    head, said, last = views.alert(late, ticket(is_breached=True), "Please", views.Cause(1)).split("\n")
    assert (head, said, last) == ("P3 · T12 · Eszter · Card blocked", LATE[language], "“Please”")


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("kind", list(ClockKind))
def test_every_clock_has_a_name(language: str, kind: ClockKind) -> None:
    assert (views.clock(language, kind) == views.clock("en", kind)) == (language == "en")


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("is_alert", [True, False], ids=["an alert", "a ticket"])
def test_a_text_stays_within_its_segments(language: str, is_alert: bool) -> None:
    """bot.md 4, S3-1: each segment is paid; the code and what may follow it stand at the end of each."""
    chat = Chat(Line("x", "x", Capabilities("X", "tel")), Address("tel", "+1"), language=language)
    matter_of = ticket(number=123, contact="Orlik Trans", subject="card blocked", priority=1)
    matter = telling.given(House(Lines([]), DESK), chat, matter_of, "Marek", "", cast(Work, _Now()))
    if is_alert:
        matter = telling.alert(chat, matter_of, 1, "", cast(Work, _Now()))
    text = f"{matter.brief}. {telling.ways(language, 'K7Q2', is_alert=is_alert)}"
    assert compose.segments_of(text, folds=True) <= SEGMENTS[language], text
    assert text.count("K7Q2") == 3 and "T123" in text and "Orlik Trans" in text


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_letter_is_cut_at_our_line_and_its_footer_is_understood(language: str) -> None:
    """Issue 5, bot.md 2.6: the footer's commands are words of that language, and each is one that we hear."""
    mark, footer = telling.mark(language), telling.footer(LEARNT.verbs, language)
    assert telling.is_mark(f"> {mark}")
    assert quote.newly(["Thanks", mark, *footer.splitlines()]) == "Thanks"
    assert mail_grammar.read(f"Thanks\n> {mark}\n#close") == mail_grammar.Letter()
    named = [line.split()[0] for line in footer.splitlines() if line.startswith("#") and "—" in line]
    found = [LEARNT.find(word.removeprefix("#")) for word in named]
    assert [verb.name for verb in found if verb] == list(telling.FOOTER)
    assert named[0] == f"#{texts.say(language, '/take').removeprefix('/')}"


@pytest.mark.parametrize("language", [one for one in texts.LANGUAGES if one != "en"])
def test_a_hint_names_the_same_commands_in_every_language(language: str) -> None:
    """As the menu shows them and as a phone can press them; a translation neither loses one nor makes one up."""
    checked = 0
    for area in AREAS:
        with (texts.LOCALES / language / "LC_MESSAGES" / f"{area}.po").open("rb") as source:
            for message in read_po(source, locale=language):
                if not isinstance(message.id, str) or not message.id:
                    continue
                wanted, found = (sorted(_VERB.findall(str(one))) for one in (message.id, message.string))
                assert found == wanted, message.id
                assert all(LEARNT.find(word.removeprefix("/")) for word in found), message.id
                checked += len(wanted)
    assert checked > 50


MOMENTS = {
    "en": ("Tue 10 Mar 10:00 CET", "Tue 10 Mar 2026 10:00 CET"),
    "pl": ("wt., 10 marca 10:00 CET", "wt., 10 marca 2026 10:00 CET"),
    "sk": ("ut 10. marca 10:00 CET", "ut 10. 3. 2026 10:00 CET"),
    "hu": ("márc. 10., K 10:00 CET", "2026. márc. 10., K 10:00 CET"),
    "ru": ("вт, 10 мар. 10:00 CET", "вт, 10 мар. 2026\u202fг. 10:00 CET"),
}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_times_are_read_in_the_readers_language_with_their_zone(language: str) -> None:
    zone = ZoneInfo("Europe/Warsaw")
    assert texts.in_zone(language, NOW, zone, now=NOW) == "10:00 CET"
    said = (texts.in_zone(language, NOW, zone, now=NOW + timedelta(days=2)), texts.in_full(language, NOW, zone))
    assert said == MOMENTS[language]


def test_a_refusal_is_said_in_the_readers_language_or_as_it_was_raised() -> None:
    """2.3: what happened, what was not done, the next step."""
    closed = errors.Conflict("{ticket} is closed already. /reopen {ticket} opens it again.", ticket="T1")
    assert str(closed) == "T1 is closed already. /reopen T1 opens it again."
    assert texts.refusal("en", closed) == str(closed)
    assert texts.refusal("pl", closed) == "T1 jest już zamknięte. /reopen T1 otwiera je ponownie."
    assert texts.refusal("pl", errors.Invalid("Nobody translated {this}")) == "Nobody translated {this}"
    assert texts.refusal("hu", errors.Invalid("Nic", language="pl")) == "Nic"


def test_a_colleague_reads_his_own_language_and_else_the_houses() -> None:
    """docs/decisions/0023."""
    house = House(Lines([]), Desk({}), language="sk")
    anna = Colleague(StaffId(1), "Anna", Role.AGENT, "UTC", True, language="pl")
    marek = Colleague(StaffId(2), "Marek", Role.AGENT, "UTC", True)
    assert (house.reads(anna), house.reads(marek)) == ("pl", "sk")


def test_help_shows_each_verb_by_its_word_and_by_the_others() -> None:
    """Issue 5: help is made from the registry."""
    [take] = [verb for verb in LEARNT.verbs if verb.name == "take"]
    assert helping.line(take, "en") == "/take T12 (/tk, /claim) — make the ticket yours"
    assert helping.line(take, "pl") == "/wez T12 (/take, /tk, /claim) — weź zgłoszenie"
    assert helping.line(take, "ru") == "/взять T12 (/take, /tk, /claim) — взять обращение себе"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            errors.Invalid("nothing was written", problems=(errors.Problem("segment", Phrase("a whole number")),)),
            "Segment: oczekiwano: liczba całkowita. Nic nie zapisano.",
        ),
        (
            errors.Invalid("When? {why}. Nothing was done.", why=Phrase("That has passed")),
            "Kiedy? To już minęło. Nic nie zrobiono.",
        ),
        (
            errors.NotFound(
                "There is no colleague called {name}. There are: {names}.", name="X", names=Phrase("nobody yet")
            ),
            "W zespole nie ma X. Są: jeszcze nikt.",
        ),
    ],
    ids=["what was expected", "a time", "a name"],
)
def test_what_was_expected_is_said_in_the_readers_language(error: errors.CentralaError, said: str) -> None:
    """M-8: the sentence, and what stands in its places."""
    assert calls.refusal("pl", error) == said
    assert "expected" not in calls.refusal("hu", error)
