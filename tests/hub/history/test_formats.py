"""Each format as values: numbers, people, true dates, who wrote what; and what is wrong by file and line. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from msgspec.structs import replace

from channels.contract import Address
from channels.email import content
from crmcore.figures import Figure
from hub.history import columns, documents, files, words
from hub.history.columns import Mapped
from hub.history.reading import Bad, Told
from kernel import errors
from tests.hub.history import exports
from tickets.models import EntryKind
from tickets.past import PastEntry, PastTicket, Person, Record

ESZTER = Figure("Eszter Nagy", (Address("mailto", "eszter@example.hu"),))


def at(day: int, hour: int, minute: int = 0, month: int = 2) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=UTC)


def read(path: Path, format_: str, mapped: Mapped | None = None, told: Told | None = None) -> list[Record | Bad]:
    return list(files.read([path], format_, mapped or Mapped(), content.understand, told or Told()))


def ticket(found: Record | Bad) -> PastTicket:
    assert isinstance(found, PastTicket), found
    return found


def said(entries: tuple[PastEntry, ...]) -> list[tuple[datetime, EntryKind, str, str, bool]]:
    return [(one.at, one.kind, one.author, one.text, one.who is not None) for one in entries]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
def test_a_table_of_messages_is_tickets_with_entries(tmp_path: Path, encoding: str) -> None:
    """B-7: Polish headings, any encoding, local times; lines of one number are one ticket."""
    path = exports.put(tmp_path, "old.csv", exports.MESSAGES.encode(encoding))
    told = Told()
    first, second = map(ticket, read(path, "csv", Mapped(zone=ZoneInfo("Europe/Warsaw")), told))
    assert (first.number, first.subject, first.created_at) == ("1001", "Karta zablokowana", at(1, 9))
    assert first.person.figure == Figure("Jan Żak", (Address("mailto", "jan@klient.example"),))
    assert said(first.entries) == [
        (at(1, 9), EntryKind.MESSAGE, "Jan Żak", "Nie działa karta", True),
        (at(1, 10), EntryKind.MESSAGE, "Ewa", "Już działa", False),
        (at(1, 10, 5), EntryKind.NOTE, "Ewa", "Sprawdzić w SRF", False),
    ]
    assert first.closed_at == at(2, 11, 30)
    assert (second.number, second.created_at, second.closed_at) == ("1002", at(4, 23, month=3), at(5, 7, month=3))
    assert told.ignored == {"Priorytet": 4}


def test_a_workbook_is_read_and_its_formulas_are_not_worked_out(tmp_path: Path) -> None:
    """B-7: numbers stay numbers, dates are dates; what a formula came to was never saved, so there are no words."""
    path = exports.put(tmp_path, "old.xlsx", exports.workbook(exports.lines()))
    first, second = map(ticket, read(path, "xlsx"))
    assert (first.number, second.number) == ("1001", "1002")
    assert (first.created_at, second.created_at) == (at(1, 10), at(2, 10))
    assert first.entries == ()
    assert [one.text for one in second.entries] == ["Где счёт?"]


def test_a_table_of_people_only_is_contacts(tmp_path: Path) -> None:
    path = exports.put(
        tmp_path, "people.csv", "Név,E-mail cím,Telefon\nEszter Nagy,eszter@example.hu,+36301234567\n,,\n"
    )
    [found] = read(path, "csv")
    assert found == Person(
        Figure("Eszter Nagy", (Address("mailto", "eszter@example.hu"), Address("tel", "+36301234567"))),
        "mailto:eszter@example.hu",
    )


@pytest.mark.parametrize(
    ("line", "where", "field"),
    [
        pytest.param("1,S,Jan,jan@,2024-01-01,in,Hi", "line 2", "customer e-mail", id="no address"),
        pytest.param("1,S,Jan,jan@a.example,01/02/2024,in,Hi", "line 2", "created", id="a date that may be two days"),
        pytest.param("1,S,Jan,jan@a.example,2124-01-01,in,Hi", "line 2", "created", id="a date to come"),
        pytest.param("1,S,Jan,jan@a.example,2024-01-01,shout,Hi", "line 2", "kind", id="an unknown kind"),
        pytest.param(",S,Jan,jan@a.example,2024-01-01,in,Hi", "line 2", "number", id="no number"),
        pytest.param("1,S,,,2024-01-01,in,Hi", "line 2", "customer", id="nobody"),
    ],
)
def test_a_bad_line_is_told_by_place_and_field(tmp_path: Path, line: str, where: str, field: str) -> None:
    """B-7: the others come in all the same."""
    heading = "number,subject,name,email,created,kind,text"
    path = exports.put(tmp_path, "old.csv", f"{heading}\n{line}\n2,S,Ewa,ewa@a.example,2024-01-01,in,Hi\n")
    bad, good = read(path, "csv")
    assert isinstance(bad, Bad) and ticket(good).number == "2"
    assert bad.where == f"old.csv, {where}" and [one.field for one in bad.problems] == [field]
    assert all(one.expected for one in bad.problems)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        pytest.param("colour,size", "a column of people", id="nothing known"),
        pytest.param("number,email", "created or at", id="tickets without a date"),
        pytest.param("number,email,mail,created", "one column email", id="two of one"),
    ],
)
def test_a_heading_that_does_not_do_is_refused_whole(tmp_path: Path, heading: str, expected: str) -> None:
    path = exports.put(tmp_path, "old.csv", f"{heading}\n1,2\n")
    with pytest.raises(errors.Invalid) as raised:
        read(path, "csv")
    assert expected in raised.value.problems[0].expected


def test_a_mapping_names_columns_dates_and_ours(tmp_path: Path) -> None:
    """B-7: what no synonym covers is said once and saved."""
    mapping = exports.put(
        tmp_path,
        "map.toml",
        'system = "olddesk"\nzone = "Europe/Budapest"\ndate = "%d/%m/%Y %H:%M"\nown = ["help@desk.example"]\n'
        '[columns]\nnumber = "Ref"\nauthor = "Who"\nat = "When"\nemail = "Requester"\ntext = "Said"\n',
    )
    path = exports.put(
        tmp_path,
        "old.csv",
        "Ref|Who|When|Requester|Said\nA-7|eszter@example.hu|05/02/2024 10:00|eszter@example.hu|Hello\n"
        "A-7|help@desk.example|05/02/2024 11:00||Hi\n",
    )
    mapped = columns.load(mapping)
    [found] = map(ticket, read(path, "csv", mapped))
    assert (found.number, found.created_at, found.closed_at) == ("A-7", at(5, 9), at(5, 10))
    assert [(one.text, one.by_staff) for one in found.entries] == [("Hello", False), ("Hi", True)]
    recognised = files.recognised(path, "csv", mapped)
    assert recognised == {"number": "Ref", "author": "Who", "at": "When", "email": "Requester", "text": "Said"}
    assert columns.written(mapped, recognised)["zone"] == "Europe/Budapest"


def test_a_wrong_mapping_is_told_whole(tmp_path: Path) -> None:
    path = exports.put(tmp_path, "map.toml", 'zone = "Warsaw"\ncolour = 1\n[columns]\nsize = "x"\n')
    with pytest.raises(errors.Invalid) as raised:
        columns.load(path)
    fields = [one.field for one in raised.value.problems]
    assert fields == ["map.toml, colour", "map.toml, columns.size", "map.toml, zone"]


def test_every_heading_is_one_column_only() -> None:
    """A word above two columns would be read as the first by chance of order."""
    every = [word for some in words.COLUMNS.values() for word in some]
    assert sorted(every) == sorted(set(every))


def test_zammad_tickets_have_their_articles_and_people(tmp_path: Path) -> None:
    """B-7: HTML as words, internal articles as notes, Message-IDs kept; unknown fields counted."""
    told = Told()
    [found] = map(ticket, read(exports.put(tmp_path, "z.json", orjson.dumps(exports.ZAMMAD)), "zammad", told=told))
    assert (found.key, found.number, found.subject) == ("77", "12345", "Card blocked")
    assert found.person == Person(ESZTER, "user:5")
    assert (found.created_at, found.closed_at) == (at(1, 10), at(2, 12))
    assert said(found.entries) == [
        (at(1, 10), EntryKind.MESSAGE, "Eszter Nagy", "My card\nis blocked.", True),
        (at(1, 11), EntryKind.MESSAGE, "Ewa via Desk", "It works again.", False),
        (at(1, 11, 5), EntryKind.NOTE, "Ewa", "Ask SRF", False),
    ]
    assert [one.message_name for one in found.entries] == ["<first@example.hu>", "<second@desk.example>", ""]
    assert told.ignored == {"ticket.group": 1}


def test_zammad_in_pieces_is_the_same_as_whole(tmp_path: Path) -> None:
    """As its API hands them out: arrays, one object a line, assets by id."""
    ticket_, articles, users = (exports.ZAMMAD[part] for part in ("tickets", "ticket_articles", "users"))
    whole = read(exports.put(tmp_path, "z.json", orjson.dumps(exports.ZAMMAD)), "zammad")
    pieces = [
        exports.put(tmp_path, "articles.json", orjson.dumps(articles)),
        exports.put(tmp_path, "tickets.json", b"\n".join(orjson.dumps(one) for one in ticket_)),
        exports.put(tmp_path, "users.json", orjson.dumps({"assets": {"User": {"5": users[0]}}})),
    ]
    assert list(files.read(pieces, "zammad", Mapped(), content.understand, Told())) == whole


def test_freescout_conversations_have_their_threads(tmp_path: Path) -> None:
    """B-7: oldest first, drafts left out, a line item is an event."""
    [found] = map(ticket, read(exports.put(tmp_path, "f.json", orjson.dumps(exports.FREESCOUT)), "freescout"))
    assert (found.key, found.number, found.subject) == ("9", "31", "Invoice")
    assert found.person == Person(ESZTER, "customer:4")
    assert found.closed_at == at(2, 9, month=3)
    assert said(found.entries) == [
        (at(1, 8, month=3), EntryKind.MESSAGE, "eszter@example.hu", "Where is my invoice?", True),
        (at(1, 9, month=3), EntryKind.MESSAGE, "Ewa Lis", "Here it is", False),
        (at(2, 9, month=3), EntryKind.EVENT, "Ewa Lis", "Ewa Lis marked as Closed", False),
    ]


@pytest.mark.parametrize("format_", ["zammad", "freescout"])
def test_a_record_without_its_date_is_left_out_and_told(tmp_path: Path, format_: str) -> None:
    found = orjson.loads(orjson.dumps({"zammad": exports.ZAMMAD, "freescout": exports.FREESCOUT}[format_]))
    one = found["tickets"][0] if format_ == "zammad" else found["_embedded"]["conversations"][0]
    for name in ("created_at", "createdAt"):
        one.pop(name, None)
    [bad] = read(exports.put(tmp_path, "old.json", orjson.dumps(found)), format_)
    assert isinstance(bad, Bad) and "old.json, " in bad.where and "created" in bad.problems[0].field


def test_a_user_without_a_real_address_keeps_his_tickets(tmp_path: Path) -> None:
    found = orjson.loads(orjson.dumps(exports.ZAMMAD))
    found["users"][0] |= {"email": "root@localhost", "firstname": "", "lastname": ""}
    [one] = map(ticket, read(exports.put(tmp_path, "z.json", orjson.dumps(found)), "zammad"))
    assert one.person == Person(Figure("root@localhost"), "user:5")


def test_what_is_no_json_is_refused_with_its_line(tmp_path: Path) -> None:
    path = exports.put(tmp_path, "z.json", b'{"id": 1}\n{"id": \n')
    with pytest.raises(errors.Invalid) as raised:
        documents.read(path, path.read_bytes())
    assert raised.value.problems[0].field == "z.json, line 2"


def test_a_mail_folder_is_a_ticket_a_thread(tmp_path: Path) -> None:
    """B-7: in the order they were written, whatever order they lie in; one subject of two people is two tickets."""
    path = exports.put(tmp_path, "old.mbox", exports.FOLDER)
    first, second = map(ticket, read(path, "mbox", Mapped(own=frozenset({"help@desk.example"}))))
    assert first.person == Person(ESZTER) and first.key == "<first@example.hu>"
    assert said(first.entries) == [
        (at(1, 9), EntryKind.MESSAGE, "Eszter Nagy", "My card is blocked.", True),
        (at(1, 10), EntryKind.MESSAGE, "Ewa", "It works again.", False),
    ]
    assert b"Message-ID: <first@example.hu>" in first.entries[0].source
    assert second.person.figure.addresses == (Address("mailto", "jan@klient.example"),)


def test_the_same_mail_in_two_folders_is_one(tmp_path: Path) -> None:
    paths = [exports.put(tmp_path, name, exports.FOLDER) for name in ("in.mbox", "all.mbox")]
    own = Mapped(own=frozenset({"help@desk.example"}))
    found = list(files.read(paths, "mbox", own, content.understand, Told()))
    assert found == read(paths[0], "mbox", own)


def test_a_folder_of_our_own_mails_alone_is_told(tmp_path: Path) -> None:
    mail = exports.mail("a@x", sender="help@desk.example", to="help@desk.example", date="", subject="Test", text="Test")
    [bad] = read(exports.put(tmp_path, "old.mbox", mail), "mbox", Mapped(own=frozenset({"help@desk.example"})))
    assert isinstance(bad, Bad) and bad.problems[0].field == "Date"


def test_the_digest_knows_how_a_file_was_read(tmp_path: Path) -> None:
    path = exports.put(tmp_path, "old.csv", exports.MESSAGES)
    plain = files.digest([path], format_="csv", mapped=Mapped())
    assert plain == files.digest([path], format_="csv", mapped=Mapped())
    assert plain != files.digest([path], format_="csv", mapped=replace(Mapped(), date="%d/%m/%Y"))
    with pytest.raises(errors.Invalid):
        files.digest([tmp_path / "gone.csv"], format_="csv", mapped=Mapped())
