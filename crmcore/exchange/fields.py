"""The fields that files of companies and contacts may have, and the words that stand above their columns. Pure.

Words are folded as `kernel.folding` does it, without - and _: English, Polish, Slovak, Hungarian, Russian, and what
phones and mail programs write.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

IGNORED = "-"  # a column that means nothing to us


class Field(Struct, frozen=True):
    """`is_many`: several columns may hold it, and several values a cell, parted by ; or |. `is_told`: only exported."""

    words: tuple[str, ...]
    help: str
    is_many: bool = False
    is_told: bool = False


def _field(words: str, help: str, *, is_many: bool = False, is_told: bool = False) -> Field:
    return Field(tuple(word.strip() for word in words.split(",")), help, is_many, is_told)


COMPANY: Mapping[str, Field] = {
    "number": _field("b number, numer b, cislo b, b szam, номер b", "our number, B12; empty for a new company"),
    "external_id": _field(
        "id, code, customer number, kod, numer klienta, cislo zakaznika, kod zakaznika, ugyfelszam, vevokod, код,"
        " номер клиента",
        "the number another system has for it",
    ),
    "name": _field(
        "company, company name, organization, organisation, account name, firma, nazwa, nazwa firmy, nazov,"
        " nazov firmy, spolocnost, obchodne meno, nev, cegnev, ceg, название, наименование, компания, фирма",
        "its name",
    ),
    "tax_number": _field(
        "tax id, tax no, vat, vat id, vat number, nip, ico, ic dph, dic, adoszam, инн", "its tax number"
    ),
    "country": _field("country code, kraj, panstwo, krajina, stat, orszag, страна", "two letters, PL"),
    "state": _field("status, stan, stav, allapot, состояние, статус", "active or passive"),
    "relation": _field("relacja, vztah, kapcsolat, отношение", "a word of the codebook relation"),
    "area": _field("region, obszar, rejon, oblast, terulet, область, регион", "a word of the codebook area"),
    "activity": _field(
        "industry, branza, dzialalnosc, odvetvie, cinnost, agazat, tevekenyseg, отрасль, деятельность",
        "a word of the codebook activity",
    ),
    "segment": _field("segmentum, сегмент", "free text"),
    "sales_channel": _field(
        "channel, kanal sprzedazy, predajny kanal, ertekesitesi csatorna, канал продаж",
        "a word of the codebook channel",
    ),
    "source": _field(
        "lead source, zrodlo, zdroj, forras, источник", "a word of the codebook source; the first one stays"
    ),
    "street": _field("address, adres, ulica, adresa, cim, utca, адрес, улица", "street and house number"),
    "city": _field("town, miasto, miejscowosc, mesto, obec, varos, telepules, город", "the town"),
    "postcode": _field(
        "postal code, zip, zip code, kod pocztowy, psc, iranyitoszam, индекс, почтовыи индекс", "the postcode"
    ),
    "phone": _field(
        "telephone, tel, phone number, mobile, telefon, numer telefonu, komorka, mobil, telefonszam, телефон",
        "with +48, or a number of the country",
    ),
    "mail": _field(
        "e mail, email, email address, adres e mail, poczta, e mail cim, почта, эл почта", "an e-mail address"
    ),
    "web": _field("website, www, url, homepage, strona, strona www, stranka, honlap, weboldal, саит", "its page"),
    "language": _field("lang, jezyk, jazyk, nyelv, язык", "en, pl, sk, hu or ru"),
    "payment_terms": _field(
        "terms, warunki platnosci, platobne podmienky, fizetesi feltetelek, условия оплаты", "free text"
    ),
    "responsible": _field(
        "owner name, account manager, salesperson, opiekun, handlowiec, zodpovedny, obchodnik, felelos, ertekesito,"
        " ответственныи, менеджер",
        "a colleague's name",
    ),
    "group": _field("team, grupa, zespol, skupina, csoport, группа", "a group of the owner's"),
    "owner": _field("wlasciciel, vlastnik, tulajdonos, владелец", "for whom we act, where there are several"),
    "archived": _field("archived at, zarchiwizowano, archivovane, archivalva, в архиве", "when archived", is_told=True),
}

CONTACT: Mapping[str, Field] = {
    "number": _field("contact id, id kontaktu, kapcsolat id, id контакта", "our id; empty for a new contact"),
    "external_id": _field("id, code, kod, код", "the number another system has for him"),
    "name": _field(
        "full name, contact, contact name, display name, imie i nazwisko, osoba, kontakt, meno a priezvisko,"
        " teljes nev, nev, фио, имя и фамилия, контакт",
        "his name",
    ),
    "given_name": _field("first name, imie, meno, krstne meno, keresztnev, utonev, имя", "in front of the family name"),
    "family_name": _field("last name, surname, nazwisko, priezvisko, vezeteknev, фамилия", "after the given name"),
    "mail": _field(
        "e mail, email, email address, e mail address, e mail 1 value, e mail 2 value, adres e mail, poczta,"
        " e mail cim, почта, эл почта",
        "e-mail addresses, parted by ;",
        is_many=True,
    ),
    "phone": _field(
        "telephone, tel, phone number, mobile, mobile phone, business phone, phone 1 value, phone 2 value, telefon,"
        " numer telefonu, komorka, mobil, telefonszam, телефон, мобильныи",
        "phone numbers with +48, parted by ;",
        is_many=True,
    ),
    "language": _field("lang, jezyk, jazyk, nyelv, язык", "en, pl, sk, hu or ru"),
    "function": _field(
        "title, job title, position, role, stanowisko, funkcja, funkcia, pozicia, beosztas, должность",
        "what he is there",
    ),
    "source": _field(
        "lead source, zrodlo, zdroj, forras, источник", "a word of the codebook source; the first one stays"
    ),
    "company": _field(
        "company name, organization, organisation, account, firma, spolocnost, ceg, cegnev, компания, фирма,"
        " организация",
        "numbers (B12 B15), or one name or tax number of a company that is here",
        is_many=True,
    ),
    "country": _field("country code, kraj, panstwo, krajina, orszag, страна", "two letters: whose phone numbers"),
    "archived": _field("archived at, zarchiwizowano, archivovane, archivalva, в архиве", "when archived", is_told=True),
}

KINDS: Mapping[str, Mapping[str, Field]] = {"companies": COMPANY, "contacts": CONTACT}
