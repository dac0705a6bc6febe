"""What may stand above a column, and in a column of kinds: English, Polish, Slovak, Hungarian and Russian. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kernel import folding


def bare(text: str) -> str:
    """A heading as it is compared: case, accents and signs between words do not count."""
    return folding.fold(text.replace("_", " ").replace("-", " ").replace(".", " "))


def _table(rows: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {name: frozenset(bare(word) for word in words.split(",")) for name, words in rows.items()}


COLUMNS = _table(
    {
        "number": "number, ticket, ticket number, ticket id, ticket#, id, no, conversation, case number,"
        "numer, nr, zgłoszenie, numer zgłoszenia, nr zgłoszenia, číslo, tiket, číslo tiketu, požiadavka,"
        "szám, jegy, jegyszám, azonosító, номер, тикет, заявка, номер заявки, обращение",
        "subject": "subject, title, topic, temat, tytuł, predmet, názov, tárgy, cím, тема, заголовок",
        "name": "name, customer, customer name, contact, requester, client, klient, imię i nazwisko, nazwa,"
        "zákazník, meno, kontakt, név, ügyfél, ügyfél neve, имя, клиент, фио, заявитель",
        "email": "email, e-mail, mail, customer email, requester email, adres e-mail, e-mail klienta,"
        "e-mailová adresa, e-mail zákazníka, e-mail cím, ügyfél e-mail, почта, эл. почта, электронная почта",
        "phone": "phone, telephone, mobile, customer phone, telefon, numer telefonu, komórka, telefón, mobil,"
        "telefonszám, телефон, мобильный",
        "created": "created, created at, opened, date created, data utworzenia, utworzono, vytvorené,"
        "dátum vytvorenia, létrehozva, létrehozás dátuma, создано, дата создания, создана",
        "closed": "closed, closed at, resolved, date closed, data zamknięcia, zamknięto, uzavreté, zatvorené,"
        "lezárva, lezárás dátuma, закрыто, дата закрытия, закрыта",
        "at": "at, date, time, message date, sent, data, dátum, dátum správy, kelt, дата, время",
        "author": "author, sender, written by, agent, autor, nadawca, odosielateľ, szerző, feladó, автор,"
        "отправитель, сотрудник",
        "kind": "kind, type, rodzaj, typ, druh, típus, fajta, тип, вид",
        "text": "text, message, body, content, description, treść, wiadomość, opis, správa, obsah, popis,"
        "szöveg, üzenet, leírás, текст, сообщение, описание, содержание",
    }
)
KINDS = _table(
    {
        "customer": "customer, client, in, incoming, inbound, klient, przychodząca, zákazník, prichádzajúca,"
        "ügyfél, bejövő, клиент, входящее",
        "staff": "staff, agent, user, out, outgoing, outbound, message, reply, pracownik, wychodząca, odpoveď,"
        "odchádzajúca, munkatárs, kimenő, válasz, сотрудник, исходящее, ответ",
        "note": "note, internal, internal note, notatka, poznámka, megjegyzés, jegyzet, заметка, примечание",
    }
)


def column(heading: str) -> str | None:
    """The column that a heading stands above; None for one that means nothing to us."""
    word = bare(heading)
    return next((name for name, words in COLUMNS.items() if word in words), None)


def kind(written: str) -> str | None:
    """customer, staff or note; None for a word that is none of those."""
    word = bare(written)
    return next((name for name, words in KINDS.items() if word in words), None)
