"""Small exports of other help desks, written for the tests."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import orjson

MORNING = datetime(2024, 2, 1, 10)  # noqa: DTZ001 - a workbook knows no zones
MESSAGES = """\
Zgłoszenie;Temat;Klient;E-mail klienta;Utworzono;Zamknięto;Data;Autor;Typ;Treść;Priorytet
1001;Karta zablokowana;Jan Żak;jan@klient.example;01.02.2024 10:00;02.02.2024 12:30;01.02.2024 10:00;;klient;\
Nie działa karta;3
1001;;;;;;01.02.2024 11:00;Ewa;pracownik;Już działa;
1001;;;;;;01.02.2024 11:05;Ewa;notatka;Sprawdzić w SRF;
1002;Faktura;Jan Żak;jan@klient.example;05.03.2024;;05.03.2024 08:00;;klient;Gdzie faktura?;2
"""
ZAMMAD: dict[str, Any] = {
    "tickets": [
        {
            "id": 77,
            "number": "12345",
            "title": "Card blocked",
            "customer_id": 5,
            "group": "Cards",
            "created_at": "2024-02-01T10:00:00.000Z",
            "updated_at": "2024-02-02T12:30:00.000Z",
            "close_at": "2024-02-02T12:00:00.000Z",
        }
    ],
    "ticket_articles": [
        {
            "id": 701,
            "ticket_id": 77,
            "sender": "Customer",
            "from": "Eszter Nagy <eszter@example.hu>",
            "body": "<p>My card<br>is <b>blocked</b>.</p><script>alert(1)</script>",
            "content_type": "text/html",
            "message_id": "<first@example.hu>",
            "internal": False,
            "created_at": "2024-02-01T10:00:00.000Z",
        },
        {
            "id": 702,
            "ticket_id": 77,
            "sender_id": 1,
            "from": "Ewa via Desk <help@desk.example>",
            "body": "It works again.",
            "content_type": "text/plain",
            "message_id": "<second@desk.example>",
            "internal": False,
            "created_at": "2024-02-01T11:00:00.000Z",
        },
        {
            "id": 703,
            "ticket_id": 77,
            "sender": "Agent",
            "from": "Ewa",
            "body": "Ask SRF",
            "content_type": "text/plain",
            "internal": True,
            "created_at": "2024-02-01T11:05:00.000Z",
        },
    ],
    "users": [
        {"id": 5, "login": "eszter@example.hu", "firstname": "Eszter", "lastname": "Nagy", "email": "eszter@example.hu"}
    ],
}
FREESCOUT: dict[str, Any] = {
    "_embedded": {
        "conversations": [
            {
                "id": 9,
                "number": 31,
                "subject": "Invoice",
                "status": "closed",
                "createdAt": "2024-03-01T08:00:00Z",
                "updatedAt": "2024-03-02T08:00:00Z",
                "closedAt": "2024-03-02T09:00:00Z",
                "customer": {"id": 4, "firstName": "Eszter", "lastName": "Nagy", "email": "eszter@example.hu"},
                "_embedded": {
                    "threads": [
                        {
                            "id": 92,
                            "type": "message",
                            "state": "published",
                            "body": "<div>Here it is</div>",
                            "createdBy": {"id": 1, "type": "user", "firstName": "Ewa", "lastName": "Lis"},
                            "createdAt": "2024-03-01T09:00:00Z",
                        },
                        {
                            "id": 91,
                            "type": "customer",
                            "state": "published",
                            "body": "Where is my invoice?",
                            "createdBy": {"id": 4, "type": "customer", "email": "eszter@example.hu"},
                            "createdAt": "2024-03-01T08:00:00Z",
                        },
                        {
                            "id": 93,
                            "type": "lineitem",
                            "state": "published",
                            "body": None,
                            "action": {"type": "changed-status", "text": "Ewa Lis marked as Closed"},
                            "createdBy": {"id": 1, "type": "user", "firstName": "Ewa", "lastName": "Lis"},
                            "createdAt": "2024-03-02T09:00:00Z",
                        },
                        {
                            "id": 94,
                            "type": "message",
                            "state": "draft",
                            "body": "not sent",
                            "createdAt": "2024-03-02T09:00:00Z",
                        },
                    ]
                },
            }
        ]
    },
    "page": {"size": 50, "totalElements": 1, "totalPages": 1, "number": 1},
}


def mail(name: str, *, sender: str, to: str, date: str, subject: str, text: str, answers: str = "") -> bytes:
    answered = f"In-Reply-To: <{answers}>\nReferences: <{answers}>\n" if answers else ""
    head = f"From MAILER Thu Feb  1 10:00:00 2024\nMessage-ID: <{name}>\n{answered}From: {sender}\nTo: {to}\n"
    return f"{head}Subject: {subject}\nDate: {date}\n\n{text}\n\n".encode()


FOLDER = (
    mail(
        "answer@desk.example",
        sender="Ewa <help@desk.example>",
        to="eszter@example.hu",
        date="Thu, 01 Feb 2024 11:00:00 +0100",
        subject="Re: Card blocked",
        text="It works again.",
        answers="first@example.hu",
    )
    + mail(
        "first@example.hu",
        sender="Eszter Nagy <Eszter@example.hu>",
        to="help@desk.example",
        date="Thu, 01 Feb 2024 10:00:00 +0100",
        subject="Card blocked",
        text="My card is blocked.",
    )
    + mail(
        "other@example.pl",
        sender="Jan <jan@klient.example>",
        to="help@desk.example",
        date="Fri, 02 Feb 2024 10:00:00 +0100",
        subject="Card blocked",
        text="Mine too.",
    )
)


def many(count: int) -> bytes:
    """A Zammad export of `count` tickets, two articles each, of a hundred customers."""
    users = [
        {
            "id": number,
            "login": f"c{number}",
            "firstname": "C",
            "lastname": str(number),
            "email": f"c{number}@a.example",
        }
        for number in range(1, 101)
    ]
    tickets = [
        {
            "id": number,
            "number": str(50_000 + number),
            "title": f"Matter {number}",
            "customer_id": 1 + number % 100,
            "created_at": "2023-05-01T10:00:00Z",
            "close_at": "2023-05-02T10:00:00Z",
        }
        for number in range(1, count + 1)
    ]
    articles = [
        {
            "id": 2 * number + part,
            "ticket_id": number,
            "sender": ("Customer", "Agent")[part],
            "from": ("", "Ewa")[part],
            "body": f"Words {part} of {number}",
            "content_type": "text/plain",
            "created_at": f"2023-05-01T1{part}:00:00Z",
        }
        for number in range(1, count + 1)
        for part in (0, 1)
    ]
    return orjson.dumps({"users": users, "tickets": tickets, "ticket_articles": articles})


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def lines() -> list[list[Any]]:
    return [
        ["Номер", "Тема", "Клиент", "Почта", "Создано", "Дата", "Тип", "Текст"],
        [
            1001,
            "Карта",
            "Иван Петров",
            "ivan@klient.example",
            MORNING,
            MORNING,
            "входящее",
            "=1+1",
        ],
        [
            1002.0,
            "Счёт",
            "Иван Петров",
            "ivan@klient.example",
            "2024-02-02 10:00",
            "2024-02-02 10:00",
            "входящее",
            "Где счёт?",
        ],
    ]


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
