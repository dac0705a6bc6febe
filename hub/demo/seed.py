"""What the demo's tables hold from the start: stations, who wants to hear of them, and the companies they work for."""

from __future__ import annotations

from crmcore import companies, persons, stations, subscribers
from crmcore.exchange import stations as station_sheet
from crmcore.exchange import subscribers as subscriber_sheet
from hub.cli import importing
from hub.cli.subscribers import CHANNELS, SCHEMES
from hub.demo import people as cast
from kernel.unit import Store

STATIONS = """code;name;address;zone;nearest
0412;Gdynia;Morska 100;Europe/Warsaw;0415 0420
0415;Sopot;Haffnera 5;Europe/Warsaw;0412
0420;Gdańsk;Grunwaldzka 211;Europe/Warsaw;0415
0511;Žilina;Košická 2;Europe/Bratislava;0512
0512;Martin;Jilemnického 14;Europe/Bratislava;0511
0633;Győr;Budai út 27;Europe/Budapest;0634
0634;Tatabánya;Dózsa György út 78;Europe/Budapest;0633
"""
SUBSCRIBERS = f"""contact name;company;e-mail;phone;telegram id;language;stations;channel
Anna;Orlik Trans;;{cast.ANNA_PHONE};{cast.ANNA};pl;0412 0415 0420;telegram
Ferenc;Zefir;{cast.FERENC_MAIL};{cast.FERENC_PHONE};;hu;0412 0633;sms
Irina;Sever;{cast.IRINA_MAIL};;;ru;all;email
Zuzana;Tatran Cargo;zuzana@tatran.example;;;sk;0511 0512;email
"""
COMPANIES = {
    "Orlik Trans": {"country": "PL", "city": "Gdynia", "language": "pl", "area": "pl", "segment": "tender"},
    "Zefir": {"country": "HU", "city": "Győr", "language": "hu", "area": "hu", "segment": "tender"},
    "Sever": {"country": "SK", "city": "Košice", "language": "ru", "area": "sk", "segment": "fleet"},
    "Tatran Cargo": {"country": "SK", "city": "Žilina", "language": "sk", "area": "sk", "segment": "fleet"},
}
OF_ALL = {"activity": "transport", "relation": "buyer"}


async def sow(store: Store) -> None:
    """Once: what has been changed since is left as it is."""
    if await stations.listed(store.reading()):
        return
    found, problems = station_sheet.read(STATIONS.encode())
    importing.must_be_right(problems, skip_bad=False)
    await importing.in_units(store, found, stations.upsert, size=stations.CHUNK, dry_run=False)
    codes = {station.code for station in found}
    wishes, problems = subscriber_sheet.read(SUBSCRIBERS.encode(), codes, schemes=SCHEMES, channels=CHANNELS)
    wishes, doubtful = await subscribers.gathered(store.reading(), wishes)
    importing.must_be_right(problems + doubtful, skip_bad=False)
    await importing.in_units(store, wishes, subscribers.upsert, size=subscribers.CHUNK, dry_run=False)
    await _found(store)


async def _found(store: Store) -> None:
    """The companies, each with whoever is there."""
    people = await subscribers.listed(store.reading())
    async with store.unit() as work:
        for name, facts in COMPANIES.items():
            company, _ = await companies.register(work, None, name, facts | OF_ALL)
            for person in people:
                if person.company == name:
                    await persons.link(work, None, company, person.contact_id, {"function": "fleet"})
