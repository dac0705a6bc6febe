"""Companies from files and into files, on a real database: keys, the wall, codes, repeats, cuts and undoing."""

from __future__ import annotations

from typing import Any

import pytest

from crmcore import codes, companies, numbering, visible
from crmcore.codes import Facts
from crmcore.exchange import batches, imports
from kernel.errors import Conflict, Forbidden
from kernel.unit import Store
from tests.crmcore import house
from tests.crmcore.exchange.brought import Brought, bring, export, prepared, undo

FILE = (
    "Id;Nazwa firmy;NIP;Kraj;Miasto;Telefon;E-mail;Obszar;Źródło\n"
    "K1;Żółta Gęś Sp. z o.o.;526-104-08-28;PL;Łódź;601 234 567;biuro@ges.example;pl;web\n"
    "K2;Orlik Trans;;SK;Žilina;;;Slovakia;\n"
    ";Lis;;;;;lis@lis.example;;\n"
)
FORMS = [";", ",", "\t", "|", "xlsx", "3.0", "4.0"]


async def every(store: Store, *, archived: bool = False) -> list[dict[str, Any]]:
    where = "" if archived else " WHERE archived_at IS NULL"
    return await store.reading().fetch(f"SELECT * FROM companies{where} ORDER BY number")


async def test_a_file_comes_in_and_the_second_time_nothing_changes(store: Store) -> None:
    """S1-2, crm.md 3.5."""
    first = await bring(store, "companies", FILE)
    assert (first.counts, first.batch and first.batch.counts["created"]) == ({"create": 3}, 3)
    [goose, orlik, _] = await every(store)
    assert (goose["number"], goose["tax_number"], goose["phone"], goose["source"]) == (
        1,
        "5261040828",
        "+48601234567",
        "web",
    )
    assert (orlik["area"], orlik["country"], orlik["state"]) == ("sk", "SK", "active")
    assert (await bring(store, "companies", FILE)).counts == {"unchanged": 3}
    assert [row["version"] for row in await every(store)] == [1, 1, 1]


async def test_a_dry_run_tells_the_same_and_writes_nothing(store: Store) -> None:
    """The very same steps, each unit taken back."""
    wrong = FILE + "K4;Zła;123;PL;;;;nowhere;\nK4;Ta sama;;;;;;;\n"
    dry = await bring(store, "companies", wrong, dry_run=True)
    assert await every(store) == []
    assert await store.reading().fetch("SELECT * FROM imports") == []
    real = await bring(store, "companies", wrong)
    assert [(one.draft.line, one.what, one.changes, one.faults) for one in dry.actions] == [
        (one.draft.line, one.what, one.changes, one.faults) for one in real.actions
    ]
    assert dry.faults(5) == [("tax_number", "format"), ("area", "code"), ("external id", "twice")]


async def test_an_empty_cell_leaves_and_clear_erases(store: Store) -> None:
    await bring(store, "companies", FILE)
    done = await bring(store, "companies", "Id;Name;City;Phone;Country\nK1;;;<clear>;\nK2;Orlik Cargo;<clear>;;\n")
    assert done.counts == {"update": 2}
    [goose, orlik, _] = await every(store)
    assert (goose["phone"], goose["city"], goose["name"]) == ("", "Łódź", "Żółta Gęś Sp. z o.o.")
    assert (orlik["name"], orlik["folded"], orlik["city"]) == ("Orlik Cargo", "orlik cargo", "")
    told = await store.reading().fetch("SELECT field, before, after FROM alterations WHERE ref_id = ?", orlik["id"])
    assert ("city", "Žilina", "") in {(row["field"], row["before"], row["after"]) for row in told}
    assert (await bring(store, "companies", "Id;Name\nK1;<clear>\n")).faults(2) == [("name", "missing")]


async def test_keys_go_by_their_strength(store: Store) -> None:
    await bring(store, "companies", FILE)
    text = (
        "Id;Name;NIP;Country;E-mail;City\n;Any;5261040828;;;A\n;Other;;;lis@lis.example;B\nK9;New;;;lis@lis.example;C\n"
    )
    done = await bring(store, "companies", text)
    assert [one.what for one in done.actions] == ["update", "error", "error"]  # an e-mail twice, once alone
    done = await bring(store, "companies", "Id;Name;E-mail;City\nK9;Lisek;lis@lis.example;C\n")
    assert done.counts == {"update": 1}  # it had no number yet, and gets this one
    done = await bring(store, "companies", "Id;Name;E-mail;City\nK8;Norka;lis@lis.example;D\n")
    assert done.counts == {"create": 1}  # the one with that e-mail has another number
    done = await bring(store, "companies", "Name;E-mail;City\nQ;lis@lis.example;E\n")
    assert done.faults(2) == [("e-mail", "match")]


async def test_a_word_that_is_not_in_the_codebook_names_the_near_ones(store: Store) -> None:
    done = await bring(store, "companies", "name;activity\nA;transpotr\n")
    [fault] = done.actions[0].faults
    assert (fault.column, fault.rule) == ("activity", "code")
    assert "near: transport" in fault.message and "centrala codes list activity" in fault.message


async def test_a_retired_word_may_stay_and_not_come(store: Store) -> None:
    """T12: what was chosen before keeps its meaning."""
    await bring(store, "companies", "name;area\nOrlik;sk\nLis;pl\n")
    async with store.unit() as work:
        await codes.upsert(work, [Facts("area", "sk", active=False)])
    done = await bring(store, "companies", "name;area\nOrlik;sk\nLis;sk\n")
    assert [one.what for one in done.actions] == ["unchanged", "error"]


async def test_the_first_source_is_kept(store: Store) -> None:
    await bring(store, "companies", FILE)
    done = await bring(store, "companies", "id;name;source\nK1;;fair\nK2;;fair\n")
    assert [one.what for one in done.actions] == ["error", "update"]


async def test_a_colleague_meets_the_wall(store: Store) -> None:
    """B-11: South's company is there, and not Anna's to see or change; Beta's she cannot know of."""
    alfa = await house.build(store)
    anna, bela, cyril = (alfa.staff[name] for name in ("Anna", "Bela", "Cyril"))
    hidden = await house.register(store, bela, "Geheim", tax_number="5261040828", country="PL", city="X")
    other = await house.register(store, cyril, "Beta Firma", tax_number="31333532", country="SK")
    text = (
        "number;name;tax number;country;city\n"
        f";Mine;5261040828;PL;Y\n{hidden.code};Q;;;Y\n{other.code};Q;;;Y\n;Beta Firma;31333532;SK;Y\n"
    )
    done = await bring(store, "companies", text, anna)
    assert [one.what for one in done.actions] == ["conflict", "error", "error", "create"]
    assert "ask Bela" in done.actions[0].faults[0].message and "Geheim" not in str(done.actions)
    [new] = [
        row for row in await every(store) if row["name"] == "Beta Firma" and row["owner_id"] == alfa.owners["Alfa"]
    ]
    assert (new["group_id"], new["responsible_id"]) == (alfa.groups["North"], anna.id)
    with pytest.raises(Forbidden):
        await bring(store, "companies", text, alfa.staff["Obcy"])


async def test_owner_group_and_responsible_are_named_by_words(store: Store) -> None:
    alfa = await house.build(store)
    text = "name;owner;group;responsible\nA;Alfa;North;Anna\nB;Alfa;West;Anna\nC;Beta;;Anna\nD;;;\nE;Alfa;;Nobody\n"
    done = await bring(store, "companies", text)
    assert done.counts == {"create": 1, "error": 4}
    assert [done.faults(line) for line in (3, 4, 5, 6)] == [
        [("group", "code")],
        [("responsible_id", "code")],
        [("owner", "missing")],
        [("responsible", "code")],
    ]
    [company] = await every(store)
    assert (company["group_id"], company["responsible_id"]) == (alfa.groups["North"], alfa.staff["Anna"].id)
    north = await bring(store, "companies", "name;group\nF;South\n", alfa.staff["Anna"])
    assert north.faults(2) == [("group", "wall")]


async def test_cut_off_it_goes_on_where_it_was(store: Store) -> None:
    """Killed between two units: the lines that are done are not done again, the rest is."""
    text = "id;name\n" + "".join(f"K{place};Firma {place}\n" for place in range(450))
    run, drafts, digest = await prepared(store, "companies", text)
    async with store.unit() as work:
        batch = await batches.begin(work, "companies", digest, "f.csv", None)
    cut = imports.run(store, run._replace(batch=batch), drafts)
    async for progress in cut:
        assert progress.done == imports.UNIT
        break
    await cut.aclose()
    done = await bring(store, "companies", text)
    assert done.batch is not None and done.batch.id == batch.id
    assert (len(done.actions), done.batch.counts["created"]) == (250, 450)
    assert [row["number"] for row in await every(store)] == list(range(1, 451))
    with pytest.raises(Conflict):  # another process that still thinks it is its own
        async with store.unit() as work:
            await batches.claim(work, batch, 0, 200)


async def test_an_import_is_taken_back_where_nobody_has_changed_it(store: Store) -> None:
    """crm.md 3.5: per-batch undo; what somebody changed since is kept and told."""
    await bring(store, "companies", FILE)
    done = await bring(
        store,
        "companies",
        "Id;Name;City;Street\nK1;;Sopot;Morska 1\nK2;;Nitra;\nK3;Nowa;;\nK4;Inna;;\n",
    )
    assert done.counts == {"update": 2, "create": 2}
    async with store.unit() as work:
        await work.change("UPDATE owners SET name = name")
        goose, new = await visible.meant(work, "B1", None), await visible.meant(work, "B4", None)
        await companies.change(work, None, goose, {"city": "Hel"})
        await companies.change(work, None, new, {"city": "Hel"})
    backs = {back.done.line: back for back in await undo(store, "companies", done.batch)}
    assert [backs[line].archived for line in (2, 3, 4, 5)] == [False, False, False, True]
    assert (backs[2].kept, backs[4].kept) == (("city was changed since",), ("it was changed since",))
    [goose_row, orlik, _, new_row] = await every(store)
    assert (goose_row["city"], goose_row["street"], orlik["city"], new_row["name"]) == ("Hel", "", "Žilina", "Nowa")
    with pytest.raises(Conflict):
        await undo(store, "companies", done.batch)
    again = await bring(store, "companies", "Id;Name\nK4;Inna\n")
    assert again.counts == {"create": 1}  # the archived one's number is free


@pytest.mark.parametrize("form", FORMS)
async def test_what_was_exported_comes_back_unchanged(store: Store, form: str) -> None:
    """S4-11: what begins like a formula, line breaks, quotes, delimiters, look-alikes; archived ones when asked."""
    walls = await house.build(store)
    bold = {"segment": "=1+1", "street": '-5, "Dolna"; 3 | x', "city": "@Home", "payment_terms": "'=cmd"}
    await house.register(store, walls.staff["Anna"], "Żółta Gęś, Sp. z o.o.", **bold)
    await house.register(store, walls.staff["Cyril"], "+Plus; 00123", postcode="00123", phone="+48601234567")
    gone = await house.register(store, walls.staff["Dora"], "Gone", mail="gone@x.example", source="web")
    async with store.unit() as work:
        await work.change("UPDATE owners SET name = name")
        await companies.archive(work, None, gone)
        # as older versions and other ways in may have left it
        await work.change("UPDATE companies SET segment = ? WHERE name = ?", "two  \nlines\t", "+Plus; 00123")
    done = await bring(store, "companies", await export(store, "companies", form, archived=True))
    assert done.counts == {"unchanged": 3}, [one.faults or one.changes for one in done.actions]
    assert (await bring(store, "companies", await export(store, "companies", form))).counts == {"unchanged": 2}


async def test_an_export_goes_through_the_wall(store: Store) -> None:
    """B-11."""
    walls = await house.build(store)
    for name, who in (("Mine", "Anna"), ("Geheim", "Bela"), ("Beta", "Cyril")):
        await house.register(store, walls.staff[who], name)
    assert [
        name in (await export(store, "companies", ";", walls.staff["Anna"])).decode()
        for name in ("Mine", "Geheim", "Beta")
    ] == [True, False, False]


async def test_every_import_is_a_line_of_the_history(store: Store) -> None:
    done: Brought = await bring(store, "companies", FILE)
    assert done.batch is not None
    [line] = await store.reading().fetch("SELECT * FROM alterations WHERE kind = 'import'")
    assert line["ref_id"] == done.batch.id and "3 created" in line["after"]


async def test_numbers_are_taken_many_at_once(store: Store) -> None:
    async with store.unit() as work:
        assert [await numbering.take(work, "companies", count) for count in (1, 3, 1)] == [1, 4, 5]
